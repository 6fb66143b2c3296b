"""The mail of a campaign as a click map: the links marked with the share of people, and nothing that loads or runs.

The mail is parsed, and a new text is written from the tree that holds only the elements and attributes of the lists
below. So what is not in them cannot be in the map, however it was spelled: scripts, handlers, frames, forms, objects,
SVG, pictures, style sheets and links. The browser lays out what is left as it lays out the mail.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import turbohtml
from markupsafe import escape

from mailpixel.errors import InvalidInput
from mailpixel.links.splicing import conditional
from mailpixel.links.splicing.html_text import HtmlText
from mailpixel.links.splicing.parsed import parsed
from mailpixel.pages.mail_css import harmless
from mailpixel.store.mails import KeptPlace

ELEMENTS = frozenset(
    ["a", "abbr", "acronym", "address", "article", "aside", "b", "bdi", "bdo", "big", "blockquote", "br", "caption",
     "center", "cite", "code", "col", "colgroup", "dd", "del", "details", "dfn", "dir", "div", "dl", "dt", "em",
     "figcaption", "figure", "font", "footer", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "i", "ins", "kbd",
     "li", "main", "mark", "menu", "nav", "nobr", "ol", "p", "pre", "q", "s", "samp", "section", "small", "span",
     "strike", "strong", "sub", "summary", "sup", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "tt", "u", "ul",
     "var", "wbr"]
)  # fmt: skip
"""Elements that are kept. Of all others the content is kept, unless they are in `DROPPED`."""
DROPPED = frozenset(
    ["script", "noembed", "noframes", "iframe", "frame", "frameset", "object", "embed", "applet", "template", "svg",
     "math", "select", "option", "textarea", "input", "audio", "video", "canvas", "title", "xmp", "plaintext", "portal",
     "datalist", "progress", "meter", "dialog", "head"]
)  # fmt: skip
"""Elements that are left out with their content."""
ATTRIBUTES = frozenset(
    ["abbr", "align", "alt", "bgcolor", "border", "bordercolor", "cellpadding", "cellspacing", "char", "class",
     "clear", "color", "cols", "colspan", "compact", "dir", "face", "frame", "headers", "height", "hidden", "hspace",
     "id", "lang", "noshade", "nowrap", "open", "reversed", "role", "rowspan", "rules", "scope", "size", "span",
     "start", "summary", "title", "type", "valign", "value", "vspace", "width"]
)  # fmt: skip
"""Attributes that are kept as they are. `style` is kept without what loads."""
MOST_CHARS = 4 * 1024**2
"""The longest map; what follows is left out."""
MOST_NODES = 200_000
"""The most elements and texts of a map. A parser makes copies of elements that were left open, in odd mail many."""
MOST_DEEP = 400
"""The deepest element; of deeper ones only the text is kept."""

_VOID = frozenset(["br", "hr", "col", "wbr", "img"])
_BLANK = "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"
_HTTP = re.compile(r"https?://[^\s\"'<>\\]+", re.IGNORECASE)
_IMPORTANT = re.compile(r"!\s*important", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class MapStyle:
    """How a map is drawn.

    `shares` are shares of people, 0 to 1, by link number; where one is None, the badge shows the number of the link.
    `chosen` is the link that stands out.

    With `pictures`, pictures are loaded from their servers, unless their address begins with `own`, the tracker's.
    """

    shares: Mapping[int, float | None]
    chosen: int | None = None
    pictures: bool = False
    own: str = ""


class MailMap(NamedTuple):
    """The HTML of a map, and what it does not show.

    `is_cut` says that the end of the mail is left out, as the map would be too long. `conditional` is
    the number of links in conditional comments, which only classic Outlook reads. `problem` says why there is no map.
    """

    html: str
    is_cut: bool = False
    conditional: int = 0
    problem: str = ""


def mail_map(text: str, places: Sequence[KeptPlace], style: MapStyle) -> MailMap:
    """The map of a mail. No text makes it raise."""
    source = HtmlText(text)
    try:
        document = parsed(source.view)
        comments = conditional.comments(document, source.marks)
        hidden = sum(len(conditional.linking(content)) for _, content in comments)
    except InvalidInput as error:
        return MailMap("", problem=error.problem)
    numbers = {place.start: place.number for place in places}
    writer = _Writer(source, numbers, style)
    body = "".join(writer.written(document))
    head = f"{_doctype(document)}<html><head><style>{_FIRST}</style></head>"
    return MailMap(f"{head}{body}<style>{_marks(style)}</style></html>", writer.is_cut, hidden)


def _doctype(document: turbohtml.Document) -> str:
    """The doctype decides how a browser lays out; a mail without one is laid out as old mail is."""
    for node in document.children:
        if isinstance(node, turbohtml.Doctype):
            public = str(node.public_id or "")
            if "transitional" in public.lower():
                return (
                    '<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN"'
                    ' "http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd">'
                )
            return "<!DOCTYPE html>"
    return ""


class _Writer:
    """Writes the tree of a mail with the listed elements and attributes alone."""

    def __init__(self, source: HtmlText, numbers: Mapping[int, int | None], style: MapStyle) -> None:
        self._source = source
        self._numbers = numbers
        self._style = style
        self._marked: dict[str, int] = {}
        self._chars = 0
        self._nodes = 0
        self.is_cut = False

    def written(self, document: turbohtml.Document) -> Iterator[str]:
        """The pieces of the text, as many as fit."""
        stack: list[tuple[object, int]] = [(node, 0) for node in reversed(list(document.children))]
        while stack:
            node, depth = stack.pop()
            if isinstance(node, str):
                yield node
                continue
            if self.is_cut:
                continue
            begin, end, inner = self._parts(node, depth)
            self._chars += len(begin)
            self._nodes += 1
            if self._chars > MOST_CHARS or self._nodes > MOST_NODES:
                self.is_cut = True
                continue
            yield begin
            stack.append((end, 0))
            stack.extend((child, depth + 1) for child in reversed(inner))

    def _parts(self, node: object, depth: int) -> tuple[str, str, Sequence[object]]:
        """What begins a node, what ends it, and the nodes inside."""
        if isinstance(node, turbohtml.Text):
            return str(escape(node.data)), "", []
        if not isinstance(node, turbohtml.Element):
            return "", "", []
        tag, inner = node.tag, list(node.children)
        if node.namespace is not turbohtml.Namespace.HTML:
            return "", "", []
        if tag == "head":
            return (
                "",
                "",
                [child for child in inner if isinstance(child, turbohtml.Element) and child.tag == "style"],
            )
        if tag == "style":
            return f"<style>{harmless(_sheet(node))}</style>", "", []
        if tag in DROPPED:
            return "", "", []
        if tag == "img":
            return self._picture(node), "", []
        if tag == "area":
            return self._area(node), "", []
        if tag == "body" or (tag in ELEMENTS and depth < MOST_DEEP):
            begin = f"<{tag}{self._attributes(node)}{self._mark(node)}>"
            return begin, "" if tag in _VOID else f"</{tag}>", inner
        return "", "", inner

    def _attributes(self, element: turbohtml.Element) -> str:
        found = []
        for name, value in element.attrs.items():
            text = " ".join(value) if isinstance(value, list) else str(value or "")
            if name == "style":
                text = harmless(text)
                if element.tag == "a":
                    text = _IMPORTANT.sub("", text)
            elif name not in ATTRIBUTES:
                continue
            found.append(f' {name}="{escape(text)}"')
        return "".join(found)

    def _mark(self, element: turbohtml.Element) -> str:
        """The mark of a tracked link. A copy that the parser made of a link has no place, and the mark of its model."""
        if element.tag not in ("a", "area") or "href" not in element.attrs:
            return ""
        href = str(element.attrs["href"] or "")
        number = self._number(element, href)
        if number is None:
            return " data-left"
        return f' data-mp="{number}"'

    def _number(self, element: turbohtml.Element, href: str) -> int | None:
        location = element.source_location
        if location is None:
            return self._marked.get(href)
        span = location.attrs["href"]
        start, end = self._source.at(span.start_offset), self._source.at(span.end_offset)
        number = next((self._numbers[at] for at in range(start, end + 1) if at in self._numbers), None)
        if number is not None:
            self._marked[href] = number
        return number

    def _area(self, element: turbohtml.Element) -> str:
        """A part of a picture that is a link: a word behind the picture, because a browser outlines no area."""
        mark = self._mark(element)
        return (
            f'<span class="mp-area"{mark}>{escape(str(element.attr("alt") or "picture"))}</span>'
            if mark
            else ""
        )

    def _picture(self, element: turbohtml.Element) -> str:
        source = str(element.attr("src") or "").strip()
        own = self._style.own
        wanted = self._style.pictures and _HTTP.fullmatch(source) and not (own and source.startswith(own))
        src = f' src="{escape(source)}"' if wanted else f' src="{_BLANK}" data-mp-picture'
        return f"<img{self._attributes(element)}{src}>"


def _sheet(style: turbohtml.Element) -> str:
    """The text of a style element, which the parser does not count as text of the page."""
    return "".join(child.data for child in style.children if isinstance(child, turbohtml.Text))


_FIRST = (
    "*{print-color-adjust:exact;-webkit-print-color-adjust:exact}"
    ":where(a[data-mp],a[data-left]){color:#00e;text-decoration:underline;cursor:default}"
    ":where(img[data-mp-picture]:not([width])){min-width:4rem}"
    ":where(img[data-mp-picture]:not([height])){min-height:2rem}"
    "img[data-mp-picture]{background:#dfe4eb!important;outline:1px dashed #8592a3!important;"
    "outline-offset:-1px!important}"
)
"""Comes before the mail's own styles, so that these win where they say something of links."""


def _marks(style: MapStyle) -> str:
    """An outline for each link, 2 to 10 px wide by its share, and a badge with the share or the number."""
    return _BADGE + "".join(_rule(number, style) for number in sorted(style.shares))


_BADGE = (
    "[data-mp][data-mp][data-mp]{outline:2px solid #7a7a7a!important;outline-offset:2px!important;position:relative}"
    "[data-mp][data-mp][data-mp]::after{content:'0\\a0%'!important;display:inline-block!important;"
    "position:absolute!important;top:-.9em!important;right:-.9em!important;z-index:9!important;"
    "padding:0 .45em!important;border-radius:1em!important;background:#0a4d8c!important;color:#fff!important;"
    "font:bold 11px/1.5 sans-serif!important;text-decoration:none!important;white-space:nowrap!important;"
    "text-indent:0!important;letter-spacing:0!important;text-transform:none!important;"
    "print-color-adjust:exact!important;-webkit-print-color-adjust:exact!important}"
)


def _rule(number: int, style: MapStyle) -> str:
    known = style.shares[number]
    share = min(max(known or 0.0, 0.0), 1.0)
    chosen = number == style.chosen
    width, color = round(2 + 8 * share), "#c77700" if chosen else "#0a4d8c"
    said = "<1" if 0 < share < 0.01 else f"{share:.0%}".rstrip("%")
    said = said.replace("<", "\\3c ") + "\\a0%" if known is not None else str(number)
    at = f'[data-mp="{number}"][data-mp][data-mp][data-mp]'
    back = "background:#8a4f00!important;" if chosen else ""
    return f"{at}{{outline:{width}px solid {color}!important}}{at}::after{{{back}content:'{said}'!important}}"
