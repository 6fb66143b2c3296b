"""Where the pixel goes: the last place in the body where an image is displayed, or the first."""

import re
from collections.abc import Sequence

import turbohtml
from msgspec import Struct

from mailpixel.links.splicing.html_text import HtmlText
from mailpixel.links.splicing.link_policy import destination_of
from mailpixel.links.splicing.options import PixelPlace
from mailpixel.links.splicing.own import OwnUrls
from mailpixel.links.splicing.parsed import parsed
from mailpixel.links.surfaces import PIXEL

_TRIES = 16
_END_TAG = re.compile("</(body|html)[\t\n\f\r />]", re.IGNORECASE)
_TAIL = re.compile("(?:</(?:body|html)[\t\n\f\r ]*>[\t\n\f\r ]*)+", re.IGNORECASE)
_PROLOGUE = re.compile(r"(?:\s|<!--(?:-?>|.*?--!?>)|<\?[^>]*>|<!doctype[^>]*>)*", re.IGNORECASE | re.DOTALL)
_MARK_SRC = "mailpixel-probe:"
_PROBE = f'<img src="{_MARK_SRC}">'


class Tree(Struct, frozen=True, gc=False):
    """A source with its document, and the `src` of each image in it.

    `ends_in_markup` says that an image at the end of the text is parsed as an image. The document then
    contains such a probe, so the one parse that is needed anyway finds out at no extra cost.
    """

    source: HtmlText
    document: turbohtml.Document
    images: Sequence[str]
    ends_in_markup: bool


def read_tree(source: HtmlText) -> Tree:
    """Parse a source. A text that ends inside a comment, a tag or a title is parsed again without the probe.

    Raises `InvalidInput` for a text that would take much too long.
    """
    document = parsed(source.view + _PROBE)
    images = document.find_all("img")
    ends_in_markup = _shows_probe(images)
    if not ends_in_markup:
        document = parsed(source.view)
        images = document.find_all("img")
    return Tree(source, document, [_source_of(image) for image in images], ends_in_markup)


def _source_of(image: turbohtml.Element) -> str:
    attributes = image.attrs
    return str(attributes["src"] or "") if "src" in attributes else ""


def has_pixel(tree: Tree, own: OwnUrls) -> bool:
    """Whether the document already contains an image of ours."""
    for source in tree.images:
        if PIXEL.prefix in source.lower() and own.surface(destination_of(source)) is PIXEL:
            return True
    return False


def is_without_images(tree: Tree) -> bool:
    """Whether the document has no image except our probe."""
    return tree.images.count(_MARK_SRC) == len(tree.images)


def pixel_offset(tree: Tree, place: PixelPlace) -> int | None:
    """The offset of the pixel in the text (code points); None when there is no place for it.

    `bottom` means before the last real `</body>`, else before the last real `</html>`, else at the end. A
    `</body>` inside a comment, script, attribute or title does not count. If the text ends inside one of
    these, the pixel goes to the top. A frameset has no body and no place.
    """
    document = tree.document
    body = document.find("body")
    if place == "none" or body is None:
        return None
    foreign = document.find("svg") or document.find("math")
    offset = _bottom(tree, body) if place == "bottom" else None
    if offset is not None and (foreign is None or _keeps_links(tree, offset)):
        return offset
    offset = _top(tree.document, body, tree.source)
    return offset if offset is None or foreign is None or _keeps_links(tree, offset) else None


def _keeps_links(tree: Tree, offset: int) -> bool:
    """Whether an image here leaves all links unchanged; in an open `<svg>` it would end the svg."""
    view = tree.source.view
    probed = turbohtml.parse(view[:offset] + _PROBE + view[offset:])
    before, after = ([link.namespace for link in read.select("a, area")] for read in (tree.document, probed))
    return before == after


def _bottom(tree: Tree, body: turbohtml.Element) -> int | None:
    location = body.source_location
    end_tag = None if location is None else location.end_tag
    if end_tag is not None:
        return tree.source.at(end_tag.start_offset)
    offset = _last_end_tag(tree) if _END_TAG.search(tree.source.view) else None
    if offset is not None:
        return offset
    return len(tree.source.view) if tree.ends_in_markup else None


def _last_end_tag(tree: Tree) -> int | None:
    """The last real `</body>`, else the last real `</html>`. The tree shows neither without a start tag."""
    view = tree.source.view
    ends = sorted(_END_TAG.finditer(view), key=lambda end: (end[1].lower(), -end.start()))
    places = (end.start() for end in ends[:_TRIES])
    return next((place for place in places if _is_like_end(tree, place) or _is_image_at(view, place)), None)


def _is_like_end(tree: Tree, offset: int) -> bool:
    """Whether an image here is one because it would be one at the end.

    So it is where a tag ends before, and nothing but end tags of the body follows: these neither open nor close what
    an image cannot be in, but for a tag that is still open.
    """
    view = tree.source.view
    return (
        tree.ends_in_markup
        and view[:offset].rstrip().endswith(">")
        and _TAIL.fullmatch(view, offset) is not None
    )


def _is_image_at(view: str, offset: int) -> bool:
    return _shows_probe(turbohtml.parse(view[:offset] + _PROBE + view[offset:]).find_all("img"))


def _shows_probe(images: Sequence[turbohtml.Element]) -> bool:
    for image in reversed(images):
        if _source_of(image) == _MARK_SRC:
            return image.closest("template") is None
    return False


def _top(document: turbohtml.Document, body: turbohtml.Element, source: HtmlText) -> int | None:
    location = body.source_location
    if location is not None:
        return source.at(location.start_tag.end_offset)
    prologue = _PROLOGUE.match(source.view)
    first = prologue.end() if prologue else 0
    offsets = (max(first, source.at(_head_end(document))), first)
    return next((offset for offset in offsets if _is_image_at(source.view, offset)), None)


def _head_end(document: turbohtml.Document) -> int:
    """Where the head ends, by its own tags, by those of what it holds, and by the start tag of `<html>`."""
    head = document.find("head")
    ends = [0]
    for element in (document.find("html"), head, *(head.children if head is not None else ())):
        location = element.source_location if isinstance(element, turbohtml.Element) else None
        if location is not None and isinstance(element, turbohtml.Element):
            closed = location.end_tag is not None and element.tag != "html"
            ends.append((location.end_tag if closed and location.end_tag else location.start_tag).end_offset)
    return max(ends)
