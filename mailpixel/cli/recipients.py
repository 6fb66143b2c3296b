"""`mailpixel recipients`: what became of each message of a campaign."""

from collections.abc import Iterator
from typing import Any

import click

from mailpixel.cli.context import Command, stores
from mailpixel.cli.folding import fold_what_waits, say_what_waits
from mailpixel.cli.printing import in_campaign, row_options, write_rows
from mailpixel.cli.suggestions import campaign_argument, campaign_of
from mailpixel.report.recipients import COLUMNS, recipient_row
from mailpixel.report.tables import Row
from mailpixel.store.projections import ReadProjections

PAGE = 1_000


@click.command("recipients", cls=Command, example="mailpixel recipients spring-2026 --bom > recipients.csv")
@campaign_argument
@row_options
def recipients_command(id: str, output: str, **how: Any) -> None:
    """List what became of each recipient's message, in order of recipient."""
    store, registry = stores()
    campaign_of(registry, id)
    behind = fold_what_waits(store, registry, id)
    columns, rows = in_campaign(id, COLUMNS, _rows(store, id), output)
    write_rows(columns, rows, output, **how)
    say_what_waits(behind, id)


def _rows(store: ReadProjections, campaign: str) -> Iterator[Row]:
    after = ""
    while page := store.recipients(campaign, after, PAGE):
        yield from map(recipient_row, page)
        after = page[-1].recipient
