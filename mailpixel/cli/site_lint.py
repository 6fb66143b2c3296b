"""`mailpixel site lint` and `mailpixel site orders`: whether a site is measured soundly."""

import click

from mailpixel.cli.context import Command, print_json, print_table, say, settings, stores
from mailpixel.cli.led_to import WIDTH
from mailpixel.cli.printing import moment_option
from mailpixel.cli.site_folding import fold_sites_that_wait
from mailpixel.ingest.site_seen import seen_now
from mailpixel.measure.figures import Figure, figure_text
from mailpixel.measure.lint import lint
from mailpixel.measure.reconciliation import Reconciliation, reconcile
from mailpixel.times import now_ms


@click.command("lint", cls=Command, example="mailpixel site lint shop")
@click.argument("id")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of tables.")
def site_lint(id: str, as_json: bool) -> None:
    """Look for faults in a site's events of the last 7 days, and show figures of the last 24 hours.

    Ends with exit code 1 when a rule finds a fault.
    """
    store, registry = stores()
    site = registry.site(id)
    fold_sites_that_wait(store, registry)
    found = lint(store, site, now_ms(), seen_now(settings().data, site.id))
    if as_json:
        print_json(found.to_json())
    else:
        print_table(
            ("rule", "state", "faults", "of", "formula", "fault when"),
            [
                (row.rule, row.state.replace("_", " "), row.faults, row.of, row.formula, row.threshold)
                for row in found.rules
            ],
            width=WIDTH,
        )
        click.echo()
        print_table(
            ("figure, 24 hours", "of", "value", "formula", "shown when"),
            [line for figure in found.figures for line in figure_lines(figure)],
            width=WIDTH,
        )
        if found.read < found.visits:
            say(
                f"of {found.visits:,} visits the latest {found.read:,} were read, those since {found.read_since}"
            )
        for row in found.rules:
            if row.state == "fault":
                say(
                    " ".join(
                        filter(None, (f"{row.rule}: {row.meaning}", ", ".join(row.examples), row.remedy))
                    )
                )
    if not found.is_green:
        raise SystemExit(1)


NOT_KEPT = (
    "A customer's id is kept only with `identify` in the `consent` of the order. Without it nobody learns who bought,"
    " and a campaign gets the order only by a click."
)


def figure_lines(figure: Figure) -> list[tuple[str, ...]]:
    """The rows of a table for a figure: name, what its value is of, the value, formula, and when it is shown."""
    rest = (figure.formula, figure.shows_when)
    if not figure.values:
        return [(figure.name, "", "not enough", *rest)]
    return [(figure.name, value.of, figure_text(value, figure.unit), *rest) for value in figure.values]


@click.command("orders", cls=Command, example="mailpixel site orders shop --from 2026-11-01")
@click.argument("id")
@moment_option("--from", "Compare orders of this time or later.")
@moment_option("--to", "Leave out orders of this time or later.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")
def site_orders(id: str, as_json: bool, **period: int | None) -> None:
    """Compare the orders that pages reported with those of the shop's server."""
    store, registry = stores()
    site = registry.site(id)
    fold_sites_that_wait(store, registry)
    found = reconcile(store, site, period["from"], period["to"])
    if as_json:
        print_json(found.to_json())
    else:
        _print(found)


def _print(found: Reconciliation) -> None:
    print_table(
        ("orders", "number"),
        [
            ("of both", found.both),
            ("only of pages", found.browser_only),
            ("only of the server", found.server_only),
            ("with different money", found.different),
            ("that name their customer", found.named),
            ("whose customer was not kept", found.not_named),
        ],
    )
    if found.not_named:
        say(NOT_KEPT)
    for title, orders in (
        ("only of pages", found.browser_only_orders),
        ("only of the server", found.server_only_orders),
    ):
        if orders:
            click.echo(f"{title}: {', '.join(orders)}")
    for each in found.different_orders:
        click.echo(
            f"different money: {each.order}: {each.browser or '-'} by a page, {each.server or '-'} by the server"
        )
