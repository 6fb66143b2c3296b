"""Conditional comments, `<!--[if mso]> ... <![endif]-->`: comments to every program but classic Outlook.

A parser says what a comment contains but not where it is. So before parsing, the bracket of each `<!--[if` in
the source is replaced by a private letter. Comments of the tree with such a mark are the real ones, so
nothing in a script, a title or an attribute is mistaken for one. Offsets do not change.
"""

import re
from collections.abc import Iterator, Mapping
from itertools import islice, pairwise

import turbohtml

from mailpixel.links.splicing.parsed import parsed

_OPENING = "<!--["
_CLOSING = "-->"
_MARKED = re.compile("(<!--)[\ue000-\uf8ff]")
_PRIVATE = tuple(map(chr, range(0xE000, 0xF900)))
_BRACKET_AT = len("<!--")
_IF = ("if", "IF", "If", "iF")


def mark(text: str) -> tuple[str, Mapping[str, int]]:
    """The text with marked brackets, and for each mark where the comment's content starts (code points).

    A text with more conditional comments than free private letters comes back unmarked.
    """
    starts = list(_starts(text)) if _OPENING in text else ()
    if not starts:
        return text, {}
    marks = list(islice((letter for letter in _PRIVATE if letter not in text), len(starts)))
    if len(marks) < len(starts):
        return text, {}
    pieces = [text[start + 1 : end] for start, end in pairwise((*starts, len(text)))]
    marked = text[: starts[0]] + "".join(letter + piece for letter, piece in zip(marks, pieces, strict=True))
    return marked, dict(zip(marks, starts, strict=True))


def _starts(text: str) -> Iterator[int]:
    """Where the brackets of `<!--[if` are that have an href before the next `-->`. Most have none.

    It searches by hand, because a regular expression takes five times as long.
    """
    end = last_href = -1
    at = text.find(_OPENING)
    while at >= 0:
        at += _BRACKET_AT
        if at > end:
            found = text.find(_CLOSING, at)
            end = found if found >= 0 else len(text)
            last_href = at + text[at:end].lower().rfind("href")
        if at <= last_href and text[at + 1 : at + 3] in _IF:
            yield at
        at = text.find(_OPENING, at)


def unmark(value: str) -> str:
    """A value of the marked text in its original form."""
    return _MARKED.sub(r"\1[", value)


def comments(document: turbohtml.Document, marks: Mapping[str, int]) -> Iterator[tuple[int, str]]:
    """Real conditional comments: where the content starts, and the content."""
    if not marks:
        return
    nodes = document.xpath("//comment()")
    for node in nodes if isinstance(nodes, list) else ():
        if isinstance(node, turbohtml.Comment) and node.data[:1] in marks:
            yield marks[node.data[0]], "[" + node.data[1:]


def linking(content: str) -> list[turbohtml.Element]:
    """Elements of a comment's content that classic Outlook follows: `a`, `area` and VML with an href."""
    if "href" not in content.lower():
        return []
    document = parsed(content)
    return [el for el in document.select("[href]") if el.tag in ("a", "area") or el.tag.startswith("v:")]
