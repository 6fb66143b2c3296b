"""`mailpixel site tail`: what the pages of a site send, as it arrives."""

import asyncio

import click
import msgspec

from mailpixel.cli.context import Command, say, settings, stores
from mailpixel.folder.consoles import LOOK_EVERY_S, Consoles
from mailpixel.report.site_console import SeenEnvelopeRow, line_of


@click.command(
    "tail", cls=Command, example="mailpixel site tail shop\nmailpixel site tail shop --json --no-follow"
)
@click.argument("id")
@click.option("--follow/--no-follow", default=True, help="Go on with what arrives. Default: follow.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per line.")
def site_tail(id: str, follow: bool, as_json: bool) -> None:
    """Show the last requests of a site's pages and what became of each. Nothing of this is stored.

    Each web process of the service remembers its last 1,000, and all of them are shown.
    """
    _, registry = stores()
    site = registry.site(id).id
    asyncio.run(_tail(Consoles(settings().data, site), follow, as_json))


async def _tail(consoles: Consoles, follow: bool, as_json: bool) -> None:
    try:
        for line in await consoles.begin():
            _show(line, as_json)
        if not consoles.workers:
            say("no web process runs on this data folder; start `mailpixel serve`")
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
