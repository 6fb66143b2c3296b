"""`mailpixel campaign ready`."""

import logging
import sys

import click

from mailpixel.cli.context import Command, policy, print_json, print_table, say, stores
from mailpixel.cli.suggestions import campaign_argument, campaign_of
from mailpixel.times import now_ms

log = logging.getLogger(__name__)


@click.command("ready", cls=Command, example="mailpixel campaign ready spring-2026")
@campaign_argument
@click.option(
    "--override",
    "overridden",
    nargs=2,
    multiple=True,
    metavar="NAME WHY",
    help="Send all the same: this reason does not count, because of WHY. May be repeated.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
def campaign_ready(id: str, overridden: tuple[tuple[str, str], ...], as_json: bool) -> None:
    """Check a campaign before it is sent. Exits with code 1 and every reason against sending."""
    from mailpixel.report.readiness import facts_before_sending, readiness

    store, registry = stores()
    campaign = campaign_of(registry, id)
    seeds = policy(registry).seeds
    found = readiness(facts_before_sending(store, registry, campaign, seeds, now_ms()), dict(overridden))
    for each in found.reasons:
        if each.because:
            log.warning("campaign %s: %s is overridden: %s", id, each.name, each.because)
    if as_json:
        print_json(found.to_json())
    elif found.reasons:
        print_table(
            ("reason", "problem", "remedy", "overridden because"),
            [(each.name, each.problem, each.remedy, each.because) for each in found.reasons],
        )
    if not found.ready:
        say(f"campaign {id} is not ready: {', '.join(r.name for r in found.reasons if not r.because)}")
        sys.exit(1)
    say(f"campaign {id} is ready to be sent")
