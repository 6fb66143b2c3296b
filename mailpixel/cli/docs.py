"""`mailpixel docs`."""

import sys
from textwrap import indent

import click
from rich.console import Console, ConsoleOptions, RenderResult
from rich.markdown import CodeBlock, Markdown, TableElement
from rich.table import Table
from rich.text import Text
from rich.theme import Theme

from mailpixel.cli.context import Command, print_table, say
from mailpixel.cli.suggestions import did_you_mean
from mailpixel.docs import NAMES, ManualPage, pages
from mailpixel.errors import InvalidInput

MOST_COLUMNS = 110
"""Longer lines are hard to read."""
LONGEST_NAME = 36
THEME = Theme({"markdown.code": "bold cyan", "markdown.code_block": "cyan"})
"""No background colour: it would be dark on a light terminal."""


class _Code(CodeBlock):
    """Code whose lines are neither wrapped nor padded, so that they can be copied."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield Text(
            indent(str(self.text).rstrip(), "    "), "markdown.code_block", no_wrap=True, overflow="ignore"
        )


class _Table(TableElement):
    """A table that never truncates: names in the first column stay whole, and other wide cells wrap."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for table in super().__rich_console__(console, options):
            if isinstance(table, Table):
                for column in table.columns:
                    column.overflow = "fold"
                names = [str(cell) for cell in table.columns[0].cells]
                table.columns[0].no_wrap = max(map(len, names)) <= LONGEST_NAME
            yield table


class _Page(Markdown):
    elements = {**Markdown.elements, "fence": _Code, "code_block": _Code, "table_open": _Table}  # noqa: RUF012 - the parent class does the same


def _complete_page(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    return [name for name in NAMES if name.startswith(incomplete)]


@click.command("docs", cls=Command, example="mailpixel docs\nmailpixel docs reports")
@click.argument("page", required=False, shell_complete=_complete_page)
def docs_command(page: str | None) -> None:
    """Print a page of the manual, or list all pages."""
    if page is None:
        print_table(("page", "contents"), [(each.name, each.purpose) for each in pages().values()])
        say("to print a page: mailpixel docs PAGE")
    else:
        _print(_page_of(page))


def _page_of(name: str) -> ManualPage:
    known = pages().get(name.removesuffix(".md"))
    if known is None:
        hint = did_you_mean(name, NAMES) or " `mailpixel docs` lists them."
        raise InvalidInput("PAGE", f"there is no page {name!r}.{hint}")
    return known


def _print(page: ManualPage) -> None:
    if not sys.stdout.isatty():
        click.echo(page.text, nl=False)
        return
    console = Console(theme=THEME)
    width = min(console.width, MOST_COLUMNS)
    console.print(_Page(page.text, hyperlinks=False), width=width, crop=False)
