"""`mailpixel site explain` and `mailpixel site visits`: one visit or order and what led to it, and visits by day."""

from collections.abc import Mapping
from datetime import tzinfo
from typing import Any

import click

from mailpixel.cli.context import Command, print_json, print_table, rules, say, stores
from mailpixel.cli.printing import moment_option, zone_option
from mailpixel.cli.site_folding import fold_sites_that_wait
from mailpixel.errors import NotFound
from mailpixel.report.zones import in_zone
from mailpixel.site_model import SITE_PREFIX, OrderSource


@click.command("explain", cls=Command, example="mailpixel site explain shop dV0mYzX1b3Yq2m9KQH0c5g")
@click.argument("id")
@click.argument("visitor", required=False)
@click.option("--order", help="Show this order, and the visit that it came from.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")
@zone_option
def site_explain(id: str, visitor: str | None, order: str | None, as_json: bool, zone: tzinfo | None) -> None:
    """Show every event of one visit, its verdict, the rule that decided, and the mails whose links it used.

    VISITOR is the key of a visitor of one day, as `--order`, `mailpixel site tail` and `mailpixel person
    export` show it.
    """
    if (visitor is None) == (order is None):
        raise click.UsageError("give either VISITOR or --order")
    if order is None:
        print_visit(id, visitor or "", as_json, zone)
    else:
        _print_order(id, order, as_json, zone)


def _print_order(id: str, number: str, as_json: bool, zone: tzinfo | None) -> None:
    from mailpixel.measure.customers import Customers
    from mailpixel.privacy.on_sites import refuses_on_sites
    from mailpixel.report.order import order_row

    store, registry = stores()
    registry.site(id)
    fold_sites_that_wait(store, registry)
    order = store.order(id, number)
    clicks = store.clicks_by_id([order.click]) if order and order.click else {}
    if order is None:
        raise NotFound(f"--order: no purchase is known under {number!r} on this site; check the number")
    last = Customers(store, refuses_on_sites(registry)).click_of(order)
    answer = in_zone(order_row(order, clicks.get(order.click)).to_json(), zone)
    if as_json:
        customer_click = {"campaign": last.campaign, "link": last.link or None} if last else None
        visit = _visit(id, order.visitor, zone) if order.visitor else None
        print_json({"order": answer, "customer_click": customer_click, "visit": visit})
        return
    money = f"{answer['value']} {answer['currency']}" if answer["value"] else "no money"
    click.echo(f"{answer['first_at']}: order {answer['order']}, {money}, reported by {SOURCES[order.source]}")
    more = (
        (order.refunded, f"refunded {answer['refunded']} {answer['currency']}"),
        (order.cancelled, "cancelled"),
        (order.recipient, f"the server named recipient {order.recipient} as its customer"),
        (
            answer["campaign"],
            f"the server handed over a click of link {answer['link']} of campaign {answer['campaign']}",
        ),
        (
            last,
            last and f"it belongs to campaign {last.campaign}: its customer's last click before it was there",
        ),
        (order.problems, f"problems: {', '.join(order.problems)}"),
    )
    for holds, text in more:
        if holds:
            click.echo(text)
    if not order.visitor:
        say("no page reported this order, so it has no visit")
        return
    click.echo(f"visit {order.visitor}:")
    _print(_visit(id, order.visitor, zone))


SOURCES = {
    OrderSource.BROWSER: "a page",
    OrderSource.SERVER: "the server",
    OrderSource.BOTH: "a page and the server",
}


def print_visit(id: str, visitor: str, as_json: bool, zone: tzinfo | None) -> None:
    """Print one visit. Raises `NotFound`."""
    answer = _visit(id, visitor, zone)
    if as_json:
        print_json(answer)
    else:
        _print(answer)


def _visit(id: str, visitor: str, zone: tzinfo | None) -> dict[str, Any]:
    from mailpixel.privacy.on_sites import refuses_on_sites
    from mailpixel.projections.identities import Identities
    from mailpixel.report.visits import explain_visit

    store, registry = stores()
    site = registry.site(id)
    case = store.message(site.visits, visitor)
    if not case.events:
        raise NotFound(
            f"VISITOR: nothing is logged under {visitor!r} on this site; check the key, and whether its time is over"
        )
    identity = Identities(store, refuses_on_sites(registry)).of_visitor(id, visitor)
    answer: dict[str, Any] = in_zone(
        explain_visit(case, rules(), site.hosts, identity, store).to_json(), zone
    )
    return answer


def visit_named(campaign: str) -> str:
    """The site that `site:ID` names; empty for anything else."""
    return campaign.removeprefix(SITE_PREFIX) if campaign.startswith(SITE_PREFIX) else ""


def _print(answer: Mapping[str, Any]) -> None:
    click.echo(f"{answer['first_at']} to {answer['last_at']}: {answer['verdict']} ({answer['rule']})")
    for reason in answer["reasons"]:
        click.echo(f"    - {reason}")
    click.echo(f"sessions {answer['sessions']}, channel {answer['channel']}, by {_listed(answer['clients'])}")
    click.echo(f"agreed to: {_listed(answer['consent'])}")
    if answer["recipient"]:
        click.echo(f"known as recipient {answer['recipient']}")
    for used in answer["clicks"]:
        click.echo(f"{used['at']}  used {_mail_of(used)}")
    for step in answer["steps"]:
        _print_step(step)


def _mail_of(used: Mapping[str, Any]) -> str:
    if used["campaign"] is None:
        return f"click {used['click']}, of which nothing is known"
    link = "a link" if used["link"] is None else f"link {used['link']}"
    return f"{link} of campaign {used['campaign']}" + ("" if used["human"] else ", clicked by a machine")


def _print_step(step: Mapping[str, Any]) -> None:
    text = " ".join(part for part in (step["at"] + " ", step["name"], step["what"]) if part)
    if step["repeat"]:
        text += "  repeat"
    if not step["counted"]:
        text += f"  left out: {step['verdict']} ({step['rule']})"
    click.echo(text)
    if step["problems"]:
        click.echo(f"    - {', '.join(step['problems'])}")


def _listed(words: list[str]) -> str:
    return ", ".join(words) or "nothing that is known"


@click.command("visits", cls=Command, example="mailpixel site visits shop --from 2026-11-01")
@click.argument("id")
@moment_option("--from", "Count visits that began at this time or later.", former="--since")
@moment_option("--to", "Leave out visits that began at this time or later.", former="--until")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
def site_visits(id: str, as_json: bool, **period: int | None) -> None:
    """Count the visits to a site by day (UTC): people, machines, and the operator's own.

    A visitor of a day is an address and a browser: an office may be one visitor, and a phone on two networks two.
    """
    from mailpixel.report.visits import visits_by_day

    store, registry = stores()
    registry.site(id)
    days = [row.to_json() for row in visits_by_day(store, id, period["from"] or 0, period["to"])]
    if as_json:
        print_json(days)
        return
    if not days:
        say("no visit was folded in this time")
    print_table(("day", "human", "machine", "internal"), [list(row.values()) for row in days])
