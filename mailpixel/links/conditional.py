"""Conditional comments, `<!--[if mso]> ... <![endif]-->`: comments to everyone but classic Outlook.

A parser says what a comment holds but not where it stands. So each `<!--[if` of the source is marked, before parsing,
with a letter of its own in place of its bracket; the comments of the tree that carry a mark are the real ones, and
nothing in a script, a title or an attribute is mistaken for one. Offsets do not move.
"""

import re
from collections.abc import Iterator

import turbohtml

_OPENING = re.compile(r"<!--\[if", re.IGNORECASE)
_MARKS_START, _MARKS_END = 0xF0000, 0xFFFFD
_PRIVATE = re.compile("[\U000f0000-\U000ffffd]")
_MARKED = re.compile("(<!--)[\U000f0000-\U000ffffd](if)", re.IGNORECASE)
_BRACKET_AT = len("<!--")


def mark(text: str) -> tuple[str, list[int]]:
    """The text with marked brackets, and where each marked comment's content starts (code points).

    A text that holds letters of the range used for marks comes back unmarked.
    """
    starts = [match.start() + _BRACKET_AT for match in _OPENING.finditer(text)]
    if not starts or len(starts) > _MARKS_END - _MARKS_START or _PRIVATE.search(text):
        return text, []
    marks = iter(range(_MARKS_START, _MARKS_END))
    return _OPENING.sub(lambda match: f"<!--{chr(next(marks))}{match[0][-2:]}", text), starts


def unmark(value: str) -> str:
    """A value of the marked text as it was."""
    return _MARKED.sub(r"\1[\2", value)


def comments(document: turbohtml.Document, starts: list[int]) -> Iterator[tuple[int, str]]:
    """Real conditional comments: where the content starts, and the content."""
    if not starts:
        return
    for node in document.descendants:
        if isinstance(node, turbohtml.Comment) and (content := node.data) and _PRIVATE.match(content):
            yield starts[ord(content[0]) - _MARKS_START], "[" + content[1:]


def linking(content: str) -> list[turbohtml.Element]:
    """Elements of a comment's content that classic Outlook follows: `a`, `area` and VML with an href."""
    if "href" not in content.lower():
        return []
    document = turbohtml.parse(content, source_locations=True)
    return [el for el in document.select("[href]") if el.tag in ("a", "area") or el.tag.startswith("v:")]
