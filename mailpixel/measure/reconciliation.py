"""Orders of pages beside orders of the shop's server: which side lacks which, and where their money differs."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Protocol

from msgspec import Meta

from mailpixel.kinds import EventKind
from mailpixel.measure.blind_spot import BlindSpot, blind_spot_of
from mailpixel.projections.orders import DIFFERS
from mailpixel.report.answer import Answer, Count, Iso, Share
from mailpixel.report.moments import iso_ms
from mailpixel.site.money import decimal_text
from mailpixel.site.orders import NOT_NAMED
from mailpixel.site_model import OrderClaim, OrderSource, Site, read_claim
from mailpixel.store.log import MessageReader
from mailpixel.store.site_projections import ReadSiteProjections

MOST_LISTED = 1_000
"""Most orders that are listed of each kind. The counts are of all."""


class DifferentMoney(Answer, frozen=True):
    """An order whose reports name different money: what a page and what the server said, as decimal text."""

    order: str
    browser: str
    server: str


class Reconciliation(Answer, frozen=True):
    """Orders by who reported them, of the time from `since` to `until`; at most 1,000 are listed of each kind.

    Of those of the server, `named` have a customer who is known as a recipient of mail.
    """

    site: str
    since: Iso | None
    until: Iso | None
    both: Count
    browser_only: Count
    server_only: Count
    different: Count
    named: Annotated[
        Count, Meta(description="Orders whose customer the server named as a recipient of mail.")
    ]
    not_named: Annotated[
        Count,
        Meta(
            description="Orders whose customer the server sent, and whose id was not kept: no `identify` in `consent`."
        ),
    ]
    with_both: Annotated[Share | None, Meta(description="With both, of those that the server reported.")]
    browser_only_orders: list[str]
    server_only_orders: list[str]
    different_orders: list[DifferentMoney]
    blind_spot: BlindSpot


class ReadsOrders(ReadSiteProjections, MessageReader, Protocol):
    """A store, as orders are read from it."""


@dataclass(slots=True)
class _Found:
    """Orders of one kind: how many, and the first of them."""

    number: int
    listed: list[str]

    def add(self, id: str) -> None:
        self.number += 1
        if len(self.listed) < MOST_LISTED:
            self.listed.append(id)


def reconcile(store: ReadsOrders, site: Site, from_ms: int | None, until_ms: int | None) -> Reconciliation:
    """Compare the orders of a period. They are read one after the other."""
    found = {source: _Found(0, []) for source in OrderSource}
    different, named, not_named = _Found(0, []), 0, 0
    for order in store.orders(site.id, from_ms or 0, until_ms):
        found[order.source].add(order.id)
        named += bool(order.recipient)
        not_named += NOT_NAMED in order.problems
        if DIFFERS in order.problems:
            different.add(order.id)
    both, server = found[OrderSource.BOTH].number, found[OrderSource.SERVER].number
    browser = found[OrderSource.BROWSER].number
    return Reconciliation(
        site=site.id,
        since=iso_ms(from_ms),
        until=iso_ms(until_ms),
        both=both,
        browser_only=browser,
        server_only=server,
        different=different.number,
        named=named,
        not_named=not_named,
        with_both=round(both / (both + server), 6) if both + server else None,
        browser_only_orders=found[OrderSource.BROWSER].listed,
        server_only_orders=found[OrderSource.SERVER].listed,
        different_orders=[_different(store, site, id) for id in different.listed],
        blind_spot=blind_spot_of(both, server, browser),
    )


def _different(store: MessageReader, site: Site, id: str) -> DifferentMoney:
    """What each side said: the money of each of its reports."""
    claims = [
        read_claim(event.body)
        for event in store.message(site.orders, id).events
        if event.kind is EventKind.PURCHASE
    ]
    return DifferentMoney(
        id,
        ", ".join(dict.fromkeys(_money([each for each in claims if each.source is OrderSource.BROWSER]))),
        ", ".join(dict.fromkeys(_money([each for each in claims if each.source is not OrderSource.BROWSER]))),
    )


def _money(claims: list[OrderClaim]) -> Iterator[str]:
    for claim in claims:
        if claim.value is not None and claim.currency:
            yield f"{decimal_text(claim.value, claim.currency)} {claim.currency}"
