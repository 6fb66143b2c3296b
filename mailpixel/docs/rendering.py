"""Pages of the manual as HTML, with one style sheet and no script. Links are relative, so any path may come before."""

import re
from collections.abc import Sequence
from functools import cache
from hashlib import sha256
from html import escape
from importlib.resources import files
from itertools import pairwise
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token

from mailpixel.docs import ManualPage, pages

_FRAME = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<link rel="stylesheet" href="{up}static/{style}">
</head>
<body>
<header><a href="{up}docs">mailpixel manual</a></header>
<div class="columns">
<main>
{body}</main>
<nav aria-label="Pages">
<ul>
{contents}
</ul>
</nav>
</div>
</body>
</html>
"""
_PAGE_LINK = re.compile(r"(\w+)\.md(#.*)?")


@cache
def style() -> bytes:
    """The style sheet."""
    return (files("mailpixel.docs") / "manual.css").read_bytes()


@cache
def style_name() -> str:
    """Its name, which changes with its content."""
    return f"manual-{sha256(style()).hexdigest()[:12]}.css"


@cache
def page_html(name: str) -> bytes:
    """A page, as it stands at `docs/NAME`. Raises KeyError for a name that no page has."""
    page = pages()[name]
    body = _renderer().render(page.text, {"headings": set()})
    return _framed(f"{page.title} - mailpixel", body, "../", page)


@cache
def index_html() -> bytes:
    """The list of all pages, as it stands at `docs`."""
    rows = "\n".join(
        f'<dt><a href="docs/{name}">{escape(page.title)}</a></dt><dd>{_renderer().renderInline(page.purpose)}</dd>'
        for name, page in pages().items()
    )
    return _framed("mailpixel manual", f"<h1>mailpixel manual</h1>\n<dl>\n{rows}\n</dl>\n", "", None)


def _framed(title: str, body: str, up: str, shown: ManualPage | None) -> bytes:
    here = ' aria-current="page"'
    contents = "\n".join(
        f'<li><a href="{up}docs/{name}"{here if page is shown else ""}>{escape(page.title)}</a></li>'
        for name, page in pages().items()
    )
    return _FRAME.format(
        title=escape(title), body=body, up=up, style=style_name(), contents=contents
    ).encode()


class _Renderer(RendererHTML):
    """HTML in which headings have ids, and what is wider than the page can be scrolled, also by keyboard."""

    def heading_open(self, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
        """A heading with an id made from its words, as git hosts make it."""
        tokens[idx].attrSet("id", slug(tokens[idx + 1].content, env.setdefault("headings", set())))
        return self.renderToken(tokens, idx, options, env)

    def table_open(self, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
        """A table in a box that scrolls, whose cells know the names of their columns: a narrow screen stacks them."""
        _name_columns(tokens, idx)
        return '<div class="wide" tabindex="0" role="region" aria-label="Table"><table>\n'

    def table_close(self, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
        """The end of both."""
        return "</table></div>\n"

    def fence(self, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
        """Code that scrolls."""
        return f'<pre tabindex="0"><code>{escape(tokens[idx].content)}</code></pre>\n'

    def code_block(self, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
        """The same of an indented block."""
        return self.fence(tokens, idx, options, env)

    def image(self, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
        """A picture of the manual, in the colours of the reader."""
        token = tokens[idx]
        light = str(token.attrGet("src"))
        dark = light.replace("-light.", "-dark.")
        return (
            f'<picture><source media="(prefers-color-scheme: dark)" srcset="{escape(dark)}">'
            f'<img src="{escape(light)}" alt="{escape(token.content)}"></picture>'
        )

    def link_open(self, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
        """A link to a page of the manual or to a site; to a file of the clone, only its words."""
        target = str(tokens[idx].attrGet("href"))
        to_page = _PAGE_LINK.fullmatch(target)
        if to_page:
            target = f"{to_page[1]}{to_page[2] or ''}"
        reachable = to_page or target.startswith(("#", "https://"))
        return f'<a href="{escape(target)}">' if reachable else "<a>"


def _name_columns(tokens: Sequence[Token], start: int) -> None:
    """Give every cell of the table that begins at `start` the words above its column, as `data-column`."""
    columns: list[str] = []
    place = 0
    for token, inside in pairwise(tokens[start:]):
        if token.type == "table_close":
            return
        if token.type == "th_open":
            columns.append(inside.content)
        elif token.type == "tr_open":
            place = 0
        elif token.type == "td_open":
            token.attrSet("data-column", columns[place])
            place += 1


@cache
def _renderer() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False}, renderer_cls=_Renderer).enable("table")


def slug(heading: str, used: set[str]) -> str:
    """The id of a heading, which is then in `used`: lower case, hyphens for blanks, a number behind a repeated one."""
    words = re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-")
    number = 0
    while (id := f"{words}-{number}" if number else words) in used:
        number += 1
    used.add(id)
    return id
