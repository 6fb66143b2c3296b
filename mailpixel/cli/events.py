"""`mailpixel events`: every event of a campaign with its verdict."""

from typing import Any

import click

from mailpixel.cli.context import Command, rules, stores
from mailpixel.cli.printing import row_options, write_rows
from mailpixel.cli.suggestions import campaign_argument, campaign_of
from mailpixel.report.export import columns, event_json, event_pages


@click.command("events", cls=Command, example="mailpixel events spring-2026 --format ndjson > events.ndjson")
@campaign_argument
@click.option("--addresses", is_flag=True, help="Include what is stored of clients' IP addresses.")
@row_options
def events_command(id: str, addresses: bool, **how: Any) -> None:
    """List every hit, delivery and opt-out with its verdict, in order of recipient."""
    store, registry = stores()
    pages = event_pages(store, campaign_of(registry, id), rules())
    rows = (event_json(event, addresses) for page in pages for event in page)
    write_rows(columns(addresses), rows, **how)
