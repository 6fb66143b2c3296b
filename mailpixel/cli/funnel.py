"""`mailpixel funnel`: how many visitors of a web site reached each of some steps."""

import click

from mailpixel.cli.context import Command, print_json, print_table, say, stores, warn
from mailpixel.cli.printing import moment_option
from mailpixel.cli.site_folding import fold_sites_that_wait
from mailpixel.cli.suggestions import campaign_of
from mailpixel.errors import InvalidInput
from mailpixel.measure.funnel import Funnel, Funnels, read_question
from mailpixel.measure.touches import visits_of
from mailpixel.measure.window import DAY, window_text

OPTIONS = {"steps": "--steps", "window": "--window", "from": "--from", "to": "--to", "site": "SITE"}
"""The options that stand for the fields of a question, for errors."""


@click.command(
    "funnel", cls=Command, example="mailpixel funnel shop --steps view_item,add_to_cart,purchase --window 24h"
)
@click.argument("site")
@click.option(
    "--steps",
    required=True,
    metavar="NAME,NAME,...",
    help="Count along events of these names, in this order.",
)
@click.option(
    "--window",
    default=DAY,
    show_default=True,
    metavar="LENGTH",
    help="Count events within this time of the first, such as 30m, 24h or 7d.",
)
@click.option("--campaign", metavar="ID", help="Count only visits that this campaign led to.")
@moment_option("--from", "Count visits that begin at this time or later.")
@moment_option("--to", "Leave out visits that begin at this time or later.")
@click.option("--json", "as_json", is_flag=True, help="Print the funnel as JSON, as the HTTP API does.")
def funnel_command(
    site: str, steps: str, window: str, campaign: str | None, as_json: bool, **period: int | None
) -> None:
    """Count visitors of a web site along steps: people, and machines beside them."""
    store, registry = stores()
    asked_of = registry.site(site)
    behind = fold_sites_that_wait(store, registry)
    of = None if campaign is None else campaign_of(registry, campaign)
    funnels = Funnels(store, asked_of)
    if of is not None:
        funnels = Funnels(store, asked_of, of.id, visits_of(of, store))
    try:
        found = funnels.funnel(read_question(asked_of, steps, window, period["from"], period["to"]))
    except InvalidInput as error:
        raise InvalidInput(OPTIONS.get(error.field, error.field), error.problem) from None
    if as_json:
        print_json(found.to_json())
    else:
        _print(found)
    for warning in found.warnings:
        warn(f"{warning.step}: {warning.reason}" if warning.step else warning.reason)
    if behind:
        say(
            f"up to {behind:,} event(s) are not counted yet; `mailpixel serve` or `mailpixel work` counts them"
        )


def _print(found: Funnel) -> None:
    period = f"{found.from_ or found.since} to {found.to or 'now'}"
    of_campaign = f", visits that {found.campaign} led to" if found.campaign else ""
    click.echo(f"{found.site}, {period}, within {window_text(found.window_s * 1_000)}{of_campaign}")
    rows = [
        (
            step.name,
            f"{step.visitors:,}",
            _percent(step.share_of_first),
            _percent(step.share_of_previous),
            "" if step.median_s is None else f"{step.median_s:,.1f} s",
            f"{step.machine:,}",
        )
        for step in found.steps
    ]
    print_table(("step", "people", "of first", "of step before", "median time", "machines"), rows)
    who = found.visitors
    click.echo(f"\nvisitors: people {who.human:,}, machines {who.machine:,}, internal {who.internal:,}")
    click.echo(blind_spot_text(found))
    for text in (found.definition, *found.notes):
        click.echo(text)


def blind_spot_text(found: Funnel) -> str:
    """The blind spot in words."""
    blind = found.blind_spot
    if not blind.server_orders:
        return "blind spot: not known, the shop's server reported no order"
    orders = f"blind spot: {blind.server_only:,} of {blind.server_orders:,} orders of the server were seen by no page"
    if blind.share is None:
        return f"{orders}; a share is shown from 30 such orders"
    return f"{orders}: {blind.share:.1%} (95 % interval {blind.low:.1%} to {blind.high:.1%})"


def _percent(share: float | None) -> str:
    return "" if share is None else f"{share:.1%}"
