"""`mailpixel recipients`: the results of a campaign by recipient."""

from dataclasses import replace
from typing import Any

import click

from mailpixel.claims import LAST_LINK
from mailpixel.cli.context import Command, stores
from mailpixel.cli.folding import fold_what_waits, say_what_waits
from mailpixel.cli.printing import row_options, write_export
from mailpixel.cli.suggestions import campaign_argument, campaign_of
from mailpixel.report.recipients import check_link
from mailpixel.report.rows import Rows, recipient_rows
from mailpixel.store.projections import MessageState
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
@row_options("parquet")
def recipients_command(id: str, output: str, standing: str | None, link: int | None, **how: Any) -> None:
    """List the results of each recipient, in order of recipient.

    Recipients without any event, not even a delivery, are not listed.
    """
    store, registry = stores()
    campaign = campaign_of(registry, id)
    check_link(campaign, link)
    behind = fold_what_waits(store, registry, id)
    rows = recipient_rows(store, campaign, None if standing is None else Standing(standing), link)
    write_export(_in_campaign(id, rows) if output == "csv" else rows, output, **how)
    say_what_waits(behind, id)


def _in_campaign(campaign: str, rows: Rows[MessageState]) -> Rows[MessageState]:
    """The rows with the campaign as the first column, because CSV files are often joined."""
    return replace(
        rows,
        columns=("campaign", *rows.columns),
        to_json=lambda state: {"campaign": campaign, **rows.to_json(state)},
    )
