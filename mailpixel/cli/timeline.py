"""`mailpixel timeline`: opens and clicks by hour or day."""

from typing import Any

import click

from mailpixel.cli.context import Command, stores
from mailpixel.cli.folding import fold_what_waits, say_what_waits
from mailpixel.cli.printing import in_campaign, row_options, write_rows
from mailpixel.cli.suggestions import campaign_argument, campaign_of
from mailpixel.report.timeline import BUCKETS, COLUMNS, timeline


@click.command(
    "timeline", cls=Command, example="mailpixel timeline spring-2026 --bucket day --time-zone Europe/Berlin"
)
@campaign_argument
@click.option(
    "--bucket",
    type=click.Choice(list(BUCKETS)),
    default="hour",
    show_default=True,
    help="Count by hour or by day of the time zone.",
)
@row_options
def timeline_command(id: str, bucket: str, output: str, bom: bool, zone: Any) -> None:
    """Count opens and clicks by hour or day."""
    store, registry = stores()
    campaign_of(registry, id)
    behind = fold_what_waits(store, registry, id)
    found = timeline(store.timeline(id), bucket, "UTC" if zone is None else zone.key)
    columns, rows = in_campaign(id, COLUMNS, (row.to_json() for row in found), output)
    write_rows(columns, rows, output, bom, None)
    say_what_waits(behind, id)
