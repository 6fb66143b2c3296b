"""Where the pixel goes: the last place in the body where an image is an image, or the first."""

import re
from collections.abc import Iterator
from operator import attrgetter

import turbohtml

from mailpixel.links.options import PixelPlace
from mailpixel.links.source import Source

_TRIES = 16
_LONGEST_TAIL = 2000
_AFTER_NAME = tuple("\t\n\f\r />")
_PROLOGUE = re.compile(r"(?:\s|<!--.*?-->|<\?[^>]*>|<!doctype[^>]*>)*", re.IGNORECASE | re.DOTALL)
_MARK_SRC = "mailpixel-probe:"
_PROBE = f'<img src="{_MARK_SRC}">'
_LAST_TAG = re.compile(r"</?([A-Za-z][A-Za-z0-9]*)")
_TREE_MATTERS = frozenset({"template", "select", "noscript", "svg", "math", "plaintext"})
"""Elements in which the tree decides what is markup, or whether an image is one: a tokenizer alone cannot tell."""
_NEAR = ("a", "td", "p", "div", "span")
_TAG_OF = attrgetter("tag")
_HTML = turbohtml.Namespace.HTML


def has_pixel(document: turbohtml.Document, prefix: str) -> bool:
    """True when an image of ours is in the document already."""
    return any(str(image.attrs.get("src") or "").startswith(prefix) for image in document.find_all("img"))


def pixel_offset(document: turbohtml.Document, source: Source, place: PixelPlace) -> int | None:
    """Where in the text (code points) the pixel goes; None when there is no place for one.

    `bottom` means before the last real `</body>`, else the last real `</html>`, else the end. What only looks like
    an end tag, inside a comment, script, attribute or title, is no place; where the text ends inside such a thing,
    the pixel goes to the top. A frameset has no body and no place.
    """
    body = document.find("body")
    if place == "none" or body is None:
        return None
    foreign = document.find_all("svg") or document.find_all("math")
    for offset in _places(document, body, source, place):
        if offset is not None and (not foreign or _keeps_links(document, source.view, offset)):
            return offset
    return None


def _places(
    document: turbohtml.Document, body: turbohtml.Element, source: Source, place: PixelPlace
) -> Iterator[int | None]:
    if place == "bottom":
        yield _bottom(document, body, source)
    yield _top(document, body, source)


def _keeps_links(document: turbohtml.Document, view: str, offset: int) -> bool:
    """True when an image here leaves all links what they are: in an open `<svg>` it would end it."""
    probed = turbohtml.parse(view[:offset] + _PROBE + view[offset:])
    before, after = ([link.namespace for link in tree.select("a, area")] for tree in (document, probed))
    return before == after


def _bottom(document: turbohtml.Document, body: turbohtml.Element, source: Source) -> int | None:
    for tag, element in (("</body", body), ("</html", document.find("html"))):
        location = element.source_location if element is not None else None
        if location is not None and location.end_tag is not None:
            return source.at(location.end_tag.start_offset)
        offset = _probed_end_tag(document, source, tag)
        if offset is not None:
            return offset
    end = len(source.view)
    return end if _is_markup_at(document, source, end) else None


def _probed_end_tag(document: turbohtml.Document, source: Source, tag: str) -> int | None:
    """The last place of an end tag without a start tag, whose place the tree does not tell."""
    view = source.lowered
    offset = len(view)
    for _ in range(_TRIES):
        offset = view.rfind(tag, 0, offset)
        if offset < 0:
            break
        if view.startswith(_AFTER_NAME, offset + len(tag)) and _is_markup_at(document, source, offset):
            return offset
    return None


def _is_markup_at(document: turbohtml.Document, source: Source, offset: int) -> bool:
    """True when an image written at this place is an image. Tokens from the last link or block tell it at a tenth of
    the price of parsing again."""
    start = _near(document, source, offset)
    if start >= 0 and not document.find_all("select"):
        tokens = list(turbohtml.tokenize(source.view[start:offset] + _PROBE))
        if _TREE_MATTERS.isdisjoint(map(_TAG_OF, tokens)):
            return tokens[-1].tag == "img" and tokens[-1].attr("src") == _MARK_SRC
    return _is_image_at(source.view, offset)


def _near(document: turbohtml.Document, source: Source, offset: int) -> int:
    """The start of a real tag not far before the place, or -1: one of the last tag's kind, else of a frequent kind."""
    last = _LAST_TAG.match(source.view, max(0, source.view.rfind("<", 0, offset)))
    for tag in (last[1].lower(), *_NEAR) if last else _NEAR:
        elements = document.find_all(tag)
        if (
            elements
            and elements[-1].namespace is _HTML
            and (location := elements[-1].source_location) is not None
        ):
            start = source.at(location.start_tag.start_offset)
            if 0 <= offset - start <= _LONGEST_TAIL:
                return start
    return -1


def _is_image_at(view: str, offset: int) -> bool:
    document = turbohtml.parse(view[:offset] + _PROBE + view[offset:])
    probes = (image for image in document.find_all("img") if image.attrs.get("src") == _MARK_SRC)
    return any(probe.closest("template") is None for probe in probes)


def _top(document: turbohtml.Document, body: turbohtml.Element, source: Source) -> int | None:
    location = body.source_location
    if location is not None:
        return source.at(location.start_tag.end_offset)
    prologue = _PROLOGUE.match(source.view)
    first = prologue.end() if prologue else 0
    offsets = (max(first, source.at(_head_end(document))), first)
    return next((offset for offset in offsets if _is_image_at(source.view, offset)), None)


def _head_end(document: turbohtml.Document) -> int:
    """Where the head ends, as far as tags say so: its own, those of what it holds, and the start tag of `<html>`."""
    head = document.find("head")
    ends = [0]
    for element in (document.find("html"), head, *(head.children if head is not None else ())):
        location = element.source_location if isinstance(element, turbohtml.Element) else None
        if location is not None and isinstance(element, turbohtml.Element):
            closed = location.end_tag is not None and element.tag != "html"
            ends.append((location.end_tag if closed and location.end_tag else location.start_tag).end_offset)
    return max(ends)
