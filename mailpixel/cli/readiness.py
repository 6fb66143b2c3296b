"""`mailpixel campaign ready`."""

import sys
from dataclasses import replace
from datetime import UTC, datetime

import click

from mailpixel.cli.context import Command, policy, print_json, print_table, say, settings, stores
from mailpixel.cli.suggestions import campaign_argument, campaign_of
from mailpixel.errors import MissingExtra
from mailpixel.model import Campaign
from mailpixel.report.destinations import Asked
from mailpixel.report.readiness import (
    BeforeSendingRow,
    new_override,
    readiness,
    reason_of,
    reasons_quickly,
)
from mailpixel.store.registry import Registry
from mailpixel.store.store import Store
from mailpixel.times import now_ms


@click.command("ready", cls=Command, example="mailpixel campaign ready spring-2026")
@campaign_argument
@click.option(
    "--override",
    "overridden",
    nargs=2,
    multiple=True,
    metavar="NAME WHY",
    help="Send all the same: this reason does not count, because of WHY. It is kept. May be repeated.",
)
@click.option(
    "--no-override",
    "counting",
    multiple=True,
    metavar="NAME",
    help="Let this reason count again. May be repeated.",
)
@click.option(
    "--destinations/--no-destinations",
    "asks",
    default=True,
    help="Ask each destination whether it answers, or ask none. Default: ask.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
def campaign_ready(
    id: str, overridden: tuple[tuple[str, str], ...], counting: tuple[str, ...], asks: bool, as_json: bool
) -> None:
    """Check a campaign before it is sent. Exits with code 1 and every reason against sending."""
    from mailpixel.measure.ready import known_before

    store, registry = stores()
    campaign = campaign_of(registry, id)
    new = [new_override(name, why, "cli", datetime.now(UTC)) for name, why in overridden]
    for name in counting:
        registry.drop_override(id, reason_of(name))
    for each in new:
        registry.override(id, each)
    facts = known_before(store, registry, campaign, policy(registry).seeds, now_ms())
    if asks and campaign.links:
        facts = replace(facts, asked=_asked(campaign))
    found = readiness(facts, registry.overrides(id))
    if as_json:
        print_json(found.to_json())
    else:
        _print(found)
    if not found.ready:
        say(f"campaign {id} is not ready: {', '.join(found.left)}")
        sys.exit(1)
    say(f"campaign {id} is ready to be sent")


def say_not_ready(store: Store, registry: Registry, campaign: Campaign) -> None:
    """Say which reasons count against sending a campaign that is not out yet, as far as they are found quickly."""
    left = reasons_quickly(store, registry, campaign, policy(registry).seeds, now_ms())
    if left:
        names = ", ".join(each.name for each in left)
        say(f"not ready to be sent: {names}; `mailpixel campaign ready {campaign.id}` says why")


def _asked(campaign: Campaign) -> list[Asked] | None:
    """What the destinations answered; None where the package for it is missing."""
    try:
        from mailpixel.outbound.destinations import ask_now
    except MissingExtra:
        say("destinations were not asked: pip install 'mailpixel[webhooks]'")
        return None
    return ask_now(campaign.links, settings().webhook_networks)


def _print(found: BeforeSendingRow) -> None:
    if found.reasons:
        print_table(
            ("reason", "problem", "remedy", "overridden because"),
            [
                (each.name, each.problem, each.remedy, f"{each.because} ({each.by})" if each.because else "")
                for each in found.reasons
            ],
        )
    for reason in found.reasons:
        for line in reason.details:
            click.echo(f"{reason.name}: {line}")
    for asked in found.destinations or ():
        if asked.state == "unsure":
            say(f"look yourself: {asked.text}")
