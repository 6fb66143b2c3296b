"""`mailpixel site pages`: page views by day and page."""

import click

from mailpixel.cli.context import Command, print_json, print_table, say, stores
from mailpixel.cli.printing import moment_option
from mailpixel.cli.site_folding import fold_sites_that_wait
from mailpixel.errors import InvalidInput
from mailpixel.measure.page_views import PageViews, page_views, period_of
from mailpixel.times import now_ms


@click.command("pages", cls=Command, example="mailpixel site pages shop --from 2026-11-01 --to 2026-11-08")
@click.argument("id")
@moment_option("--from", "Count visits that began at this time or later. Default: the last 7 days.")
@moment_option(
    "--to", "Leave out visits that began at this time or later. At most 92 days after the beginning."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of tables.")
def site_pages(id: str, as_json: bool, **period: int | None) -> None:
    """Count page views by day (UTC) and page: of people, and of machines.

    Visits that retention removed count in the numbers of their day, but not in those of pages.
    """
    store, registry = stores()
    site = registry.site(id)
    try:
        from_ms, until_ms = period_of(period["from"], period["to"], now_ms())
    except InvalidInput as error:
        raise InvalidInput(f"--{error.field}", error.problem) from None
    fold_sites_that_wait(store, registry)
    found = page_views(store, site, from_ms, until_ms)
    if as_json:
        print_json(found.to_json())
    else:
        _print_pages(found)


def _print_pages(found: PageViews) -> None:
    head = (
        "day",
        "visits of people",
        "of machines",
        "internal",
        "views by people",
        "by machines",
        "removed visits",
    )
    rows = [
        (
            day.day,
            day.visits_human,
            day.visits_machine,
            day.visits_internal,
            day.views_human,
            day.views_machine,
            day.removed,
        )
        for day in found.days
    ]
    print_table(head, rows)
    click.echo()
    print_table(
        ("day", "page", "views by people", "visits of people", "views by machines"),
        [
            (day.day, page.page, page.human, page.visits, page.machine)
            for day in found.days
            for page in day.pages
        ],
    )
    for day in found.days:
        if day.other_pages:
            say(f"{day.day}: {day.other_pages:,} more pages are not listed")
    if found.read < found.visits:
        say(f"of {found.visits:,} visits the latest {found.read:,} were read, those since {found.read_since}")
