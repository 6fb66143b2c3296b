"""Where the pixel goes: the last place in the body where an image is an image, or the first."""

import re
from collections.abc import Iterator

import turbohtml

from mailpixel.links.options import PixelPlace

_TRIES = 16
_PROLOGUE = re.compile(r"\ufeff?(?:\s|<!--.*?-->|<\?[^>]*>|<!doctype[^>]*>)*", re.IGNORECASE | re.DOTALL)
_MARK_SRC = "mailpixel-probe:"
_PROBE = f'<img src="{_MARK_SRC}">'
_LAST_END_TAG = re.compile(r"</([A-Za-z][A-Za-z0-9]*)\s*>[^<]*\Z")


def has_pixel(document: turbohtml.Document, prefix: str) -> bool:
    """True when an image of ours is in the document already; `prefix` is lower case."""
    return any(str(image.attrs.get("src") or "").lower().startswith(prefix) for image in document.find_all("img"))


def pixel_offset(document: turbohtml.Document, text: str, place: PixelPlace) -> int | None:
    """Where in the parsed text (code points) the pixel goes; None when there is no place for one.

    `bottom` means before the last real `</body>`, else the last real `</html>`, else the end. What only looks like
    an end tag, inside a comment, script, attribute or title, is no place; where the text ends inside such a thing,
    the pixel goes to the top. A frameset has no place.
    """
    if place == "none" or document.find("frameset") is not None:
        return None
    body = document.find("body")
    places = _bottoms(document, body, text) if place == "bottom" else iter(())
    for offset in places:
        if offset >= 0:
            return offset
    return _top(document, body, text)


def _bottoms(document: turbohtml.Document, body: turbohtml.Element | None, text: str) -> Iterator[int]:
    for tag, element in (("body", body), ("html", document.find("html"))):
        location = element.source_location if element is not None else None
        if location is not None and location.end_tag is not None:
            yield location.end_tag.start_offset
        else:
            yield _probed_end_tag(text, tag)
    yield len(text) if _ends_in_text(document, text) or _is_image_at(text, len(text)) else -1


def _probed_end_tag(text: str, tag: str) -> int:
    found = [match.start() for match in re.finditer(rf"</{tag}(?=[\s/>])", text, re.IGNORECASE)]
    return next((offset for offset in found[-1 : -_TRIES - 1 : -1] if _is_image_at(text, offset)), -1)


def _ends_in_text(document: turbohtml.Document, text: str) -> bool:
    """True when a real end tag is the last markup, so that what is added is markup again. False means: not known."""
    match = _LAST_END_TAG.search(text, max(0, len(text) - 400))
    if match is None or match[1].lower() in ("svg", "math", "template"):
        return False
    elements = document.find_all(match[1].lower())
    location = elements[-1].source_location if elements else None
    return location is not None and location.end_tag is not None and location.end_tag.start_offset == match.start()


def _is_image_at(text: str, offset: int) -> bool:
    document = turbohtml.parse(text[:offset] + _PROBE + text[offset:])
    return any(image.attrs.get("src") == _MARK_SRC for image in document.find_all("img"))


def _top(document: turbohtml.Document, body: turbohtml.Element | None, text: str) -> int | None:
    location = body.source_location if body is not None else None
    if location is not None:
        return location.start_tag.end_offset
    prologue = _PROLOGUE.match(text)
    first = prologue.end() if prologue else 0
    offsets = (max(first, _head_end(document)), first)
    return next((offset for offset in offsets if _is_image_at(text, offset)), None)


def _head_end(document: turbohtml.Document) -> int:
    head = document.find("head")
    elements = [document.find("html"), head, *(head.children if head is not None else ())]
    ends = [0]
    for element in elements:
        location = element.source_location if isinstance(element, turbohtml.Element) else None
        if location is not None:
            ends.append(location.start_tag.end_offset)
            if element is not document.find("html") and location.end_tag is not None:
                ends.append(location.end_tag.end_offset)
    return max(ends)
