"""`mailpixel site tail`: what the pages of a site send, as it arrives."""

import asyncio

import click
import msgspec

from mailpixel.cli.context import Command, print_table, say, settings, stores
from mailpixel.cli.site_lint import figure_lines
from mailpixel.folder.consoles import LOOK_EVERY_S, Consoles
from mailpixel.ingest.site_seen import seen_now
from mailpixel.measure.console import ConsoleFigures, console_figures
from mailpixel.report.site_console import SeenEnvelopeRow, line_of

NOBODY = "no web process runs on this data folder; start `mailpixel serve`"


@click.command(
    "tail", cls=Command, example="mailpixel site tail shop\nmailpixel site tail shop --json --no-follow"
)
@click.argument("id")
@click.option("--follow/--no-follow", default=True, help="Go on with what arrives. Default: follow.")
@click.option("--figures", is_flag=True, help="Print figures about what pages send now, and end.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per line.")
def site_tail(id: str, follow: bool, figures: bool, as_json: bool) -> None:
    """Show the last requests of a site's pages and what became of each. Nothing of this is stored.

    Each web process of the service remembers its last 1,000, and all of them are shown. A request with a logged event
    ends with its visitor, for `mailpixel site explain`.
    """
    _, registry = stores()
    site = registry.site(id)
    if figures:
        _print_figures(console_figures(site, seen_now(settings().data, site.id)), as_json)
    else:
        asyncio.run(_tail(Consoles(settings().data, site.id), follow, as_json))


def _print_figures(found: ConsoleFigures, as_json: bool) -> None:
    if as_json:
        click.echo(msgspec.json.encode(found))
        return
    if not found.workers:
        say(NOBODY)
    print_table(
        ("figure", "of", "value", "formula", "shown when"),
        [line for figure in found.figures for line in figure_lines(figure)],
    )
    for name, number in found.refused_names.items():
        click.echo(f"refused name: {name} ({number:,})")


async def _tail(consoles: Consoles, follow: bool, as_json: bool) -> None:
    try:
        for line in await consoles.begin():
            _show(line, as_json)
        if not consoles.workers:
            say(NOBODY)
        else:
            say(f"read from {consoles.workers} web process(es)")
        while follow:
            line = await consoles.next(LOOK_EVERY_S)
            if line:
                _show(line, as_json)
    finally:
        consoles.close()


def _show(line: bytes, as_json: bool) -> None:
    if as_json:
        click.echo(line.decode())
    else:
        click.echo(line_of(msgspec.json.decode(line, type=SeenEnvelopeRow)))
