"""`mailpixel events`: every event of a campaign with its verdict."""

from typing import Any

import click

from mailpixel.cli.context import Command, rules, stores
from mailpixel.cli.printing import row_options, write_export
from mailpixel.cli.suggestions import campaign_argument, campaign_of
from mailpixel.report.rows import event_rows


@click.command("events", cls=Command, example="mailpixel events spring-2026 --format ndjson > events.ndjson")
@campaign_argument
@click.option("--addresses", is_flag=True, help="Include what is stored of clients' IP addresses.")
@row_options("parquet")
def events_command(id: str, addresses: bool, **how: Any) -> None:
    """List every hit with its verdict, every delivery report and opt-out, in order of recipient."""
    store, registry = stores()
    write_export(event_rows(store, campaign_of(registry, id), rules(), addresses), **how)
