"""`mailpixel timeline`: opens and clicks by hour or day."""

from typing import Any

import click

from mailpixel.cli.context import Command, reporting, say, settings, stores
from mailpixel.cli.folding import fold_what_waits, say_what_waits
from mailpixel.cli.printing import in_campaign, moment_option, row_options, write_rows
from mailpixel.cli.suggestions import campaign_argument, campaign_of
from mailpixel.errors import InvalidInput
from mailpixel.report.timeline import BUCKETS, COLUMNS, TimelineWindow
from mailpixel.times import now_ms


@click.command(
    "timeline", cls=Command, example="mailpixel timeline spring-2026 --bucket day --time-zone Europe/Berlin"
)
@campaign_argument
@click.option(
    "--bucket",
    type=click.Choice(list(BUCKETS)),
    default="hour",
    show_default=True,
    help="Count by hour or by day in the time zone.",
)
@moment_option(
    "--from",
    "Start with the hour or day that contains this time, such as 2026-11-25 or 2026-11-25T09:00:00Z.",
    former="--since",
)
@moment_option("--to", "Leave out hours or days that begin at this time or later.", former="--until")
@row_options()
def timeline_command(id: str, bucket: str, output: str, **how: Any) -> None:
    """Count opens and clicks by hour or day. A timeline of more than 60 days uses days in UTC."""
    since, until = how["from"], how["to"]
    if since is not None and until is not None and since >= until:
        raise InvalidInput("--to", "must come after --from")
    store, registry = stores()
    campaign = campaign_of(registry, id)
    behind = fold_what_waits(store, registry, id)
    zone = how["zone"]
    asked = TimelineWindow(bucket, "UTC" if zone is None else zone.key, since, until)
    figures = store.figures(id, now_ms(), settings().settle_ms)
    found = reporting(registry).timeline(store, campaign, figures, asked)
    columns, rows = in_campaign(id, COLUMNS, (row.to_json() for row in found.rows), output)
    write_rows(columns, rows, output, how["bom"], None)
    for reason in dict.fromkeys(note.reason for note in found.notes()):
        say(reason)
    say_what_waits(behind, id)
