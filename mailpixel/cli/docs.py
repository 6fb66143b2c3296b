"""`mailpixel docs`."""

import sys

import click
from rich.console import Console
from rich.markdown import Markdown

from mailpixel.cli.context import Command, print_table
from mailpixel.cli.suggestions import did_you_mean
from mailpixel.docs import NAMES, Page, pages
from mailpixel.errors import InvalidInput

MOST_COLUMNS = 110
"""Longer lines are hard to read."""


def _complete_page(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    return [name for name in NAMES if name.startswith(incomplete)]


@click.command("docs", cls=Command, example="mailpixel docs\nmailpixel docs reports")
@click.argument("page", required=False, shell_complete=_complete_page)
def docs_command(page: str | None) -> None:
    """Print a page of the manual, or list all pages."""
    if page is None:
        print_table(("page", "what it is for"), [(each.name, each.purpose) for each in pages().values()])
    else:
        _print(_page_of(page))


def _page_of(name: str) -> Page:
    known = pages().get(name.removesuffix(".md"))
    if known is None:
        hint = did_you_mean(name, NAMES) or " `mailpixel docs` lists them."
        raise InvalidInput("PAGE", f"there is no page {name!r}.{hint}")
    return known


def _print(page: Page) -> None:
    if not sys.stdout.isatty():
        click.echo(page.text, nl=False)
        return
    console = Console()
    console.print(Markdown(page.text), width=min(console.width, MOST_COLUMNS))
