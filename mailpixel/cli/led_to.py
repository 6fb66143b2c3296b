"""What a campaign led to on web sites, as `mailpixel report` prints it."""

import click

from mailpixel.cli.context import print_json, print_table
from mailpixel.cli.site_folding import fold_sites_that_wait
from mailpixel.errors import NotFound
from mailpixel.measure.results import LedTo, Results, results_of
from mailpixel.model import Campaign
from mailpixel.store.registry import Registry
from mailpixel.store.store import Store
from mailpixel.times import now_ms

WIDTH = 100
"""How wide the tables are in a pipe, too: their sentences are long."""


def print_led_to(
    store: Store, registry: Registry, campaign: Campaign, as_json: bool, *, only: bool = True
) -> None:
    """Print what a campaign led to. Where no site has a visit: nothing, or with `only`, raises `NotFound`."""
    fold_sites_that_wait(store, registry)
    found = results_of(store, registry, campaign, now_ms())
    if found is None:
        if only:
            raise NotFound("no web site has a visit yet, so nothing is known of what this campaign led to")
    elif as_json:
        print_json(found.to_json())
    else:
        _print(found)


def _print(found: Results) -> None:
    click.echo()
    lines = [("known", found.known, ""), ("estimated", found.estimated, "")]
    lines += [(f"  {row.how}", row.led_to, row.definition) for row in found.by]
    print_table(
        ("on web sites", "visits", "orders", "revenue", "definition"),
        [(name, *cells(led_to), definition) for name, led_to, definition in lines],
        width=WIDTH,
    )
    if found.links:
        click.echo()
        print_table(
            ("link", "visits known", "orders", "revenue", "visits estimated", "orders", "revenue", "url"),
            [
                (row.link or "", *cells(row.known), *cells(row.estimated), row.url or "not known")
                for row in found.links
            ],
            width=WIDTH,
        )
    click.echo(f"visits of machines, in none of these: {found.machine_visits:,}")
    for note in found.notes:
        click.echo(note)


def cells(led_to: LedTo) -> tuple[str, str, str]:
    """Visits, orders and revenue as text."""
    money = ", ".join(f"{each.amount} {each.currency}" for each in led_to.revenue)
    return f"{led_to.visits:,}", f"{led_to.orders:,}", money or "none"
