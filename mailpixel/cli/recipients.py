"""`mailpixel recipients`: the results of a campaign by recipient."""

from collections.abc import Iterator
from typing import Any

import click

from mailpixel.claims import LAST_LINK
from mailpixel.cli.context import Command, stores
from mailpixel.cli.folding import fold_what_waits, say_what_waits
from mailpixel.cli.printing import in_campaign, row_options, write_rows
from mailpixel.cli.suggestions import campaign_argument, campaign_of
from mailpixel.report.recipients import COLUMNS, check_link, recipient_row, state_pages
from mailpixel.report.tables import Cells
from mailpixel.store.projections import ReadProjections
from mailpixel.store.standing import Standing


@click.command("recipients", cls=Command, example="mailpixel recipients spring-2026 --bom > recipients.csv")
@campaign_argument
@click.option(
    "--standing",
    type=click.Choice([each.value for each in Standing]),
    help="List only recipients with this standing. Recipients with `nothing` or `hidden` may still have read the mail.",
)
@click.option(
    "--link",
    type=click.IntRange(1, LAST_LINK),
    metavar="NUMBER",
    help="List only recipients with a human click on this link.",
)
@row_options
def recipients_command(id: str, output: str, standing: str | None, link: int | None, **how: Any) -> None:
    """List the results of each recipient, in order of recipient.

    Recipients without any event, not even a delivery, are not listed.
    """
    store, registry = stores()
    campaign = campaign_of(registry, id)
    check_link(campaign, link)
    behind = fold_what_waits(store, registry, id)
    columns, rows = in_campaign(id, COLUMNS, _rows(store, id, standing, link), output)
    write_rows(columns, rows, output, **how)
    say_what_waits(behind, id)


def _rows(store: ReadProjections, campaign: str, standing: str | None, link: int | None) -> Iterator[Cells]:
    of_standing = None if standing is None else Standing(standing)
    for page in state_pages(store, campaign, of_standing, link):
        yield from map(recipient_row, page)
