"""Three HTML parsers that mailpixel does not use, asked what a text means."""

from collections.abc import Callable
from typing import Any

import html5lib  # type: ignore[import-untyped]
import justhtml
from selectolax.lexbor import LexborHTMLParser

from tests.support.rewriting import PIXEL_URL

Links = list[str]
_FORMATTING = frozenset(
    {"a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u"}
)
"""Source: HTML Standard, formatting elements (read 2026-11)."""


def html5lib_links(text: str) -> Links:
    """Hrefs of `a` and `area` in order of the tree, copies by the tree builder included."""
    root = html5lib.parse(text, treebuilder="etree", namespaceHTMLElements=True)
    names = {"{http://www.w3.org/1999/xhtml}a", "{http://www.w3.org/1999/xhtml}area"}
    return [
        element.attrib["href"] for element in root.iter() if element.tag in names and "href" in element.attrib
    ]


def justhtml_links(text: str) -> Links:
    """The same by justhtml."""
    nodes = justhtml.JustHTML(text, sanitize=False).query("a[href], area[href]")
    return [str((node.attrs or {})["href"] or "") for node in nodes if (node.namespace or "html") == "html"]


def selectolax_links(text: str) -> Links:
    """The same by selectolax (lexbor)."""
    return [str(node.attributes["href"] or "") for node in LexborHTMLParser(text).css("a[href], area[href]")]


LINKS_BY: dict[str, Callable[[str], Links]] = {
    "html5lib": html5lib_links,
    "justhtml": justhtml_links,
    "selectolax": selectolax_links,
}


def html5lib_tree(text: str) -> list[Any]:
    """The tree as a list of tags, attributes and words; hrefs of links are left out, and the pixel with what only
    holds the pixel (formatting the tree builder opens again for it)."""
    root = html5lib.parse(text, treebuilder="etree", namespaceHTMLElements=False)
    return _flat(root)


def _flat(element: Any) -> list[Any]:
    if not isinstance(element.tag, str):
        return ["comment", _words(element.text)]
    attributes = {
        name: value
        for name, value in element.attrib.items()
        if element.tag not in ("a", "area") or name != "href"
    }
    flat: list[Any] = [element.tag, sorted(map(str, attributes.items())), _words(element.text)]
    for child in element:
        if _is_nothing(child):
            flat[-1] = _words(f"{flat[-1]} {child.tail or ''}")
        else:
            flat += [_flat(child), _words(child.tail)]
    return flat


def _words(text: str | None) -> str:
    return " ".join((text or "").split())


def _is_nothing(element: Any) -> bool:
    """The pixel, or formatting opened for white space or the pixel alone."""
    if element.tag == "img":
        return bool(element.attrib.get("src") == PIXEL_URL)
    silent = not _words(element.text) and all(
        _is_nothing(child) and not _words(child.tail) for child in element
    )
    return element.tag in _FORMATTING and silent
