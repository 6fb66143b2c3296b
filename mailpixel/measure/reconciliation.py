"""Orders of pages beside orders of the shop's server: which side lacks which, and where their money differs."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Protocol

from msgspec import Meta

from mailpixel.kinds import EventKind
from mailpixel.measure.blind_spot import BlindSpot, blind_spot
from mailpixel.report.answer import Answer, Count, Iso, Share
from mailpixel.report.moments import iso_ms
from mailpixel.site.money import decimal_text
from mailpixel.site_model import OrderClaim, OrderSource, Site, read_claim
from mailpixel.store.log import MessageReader
from mailpixel.store.order_sums import OrderKind, OrderSum
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


@dataclass(frozen=True, slots=True)
class _Period:
    """The orders of a site in a period, by their sums."""

    store: ReadsOrders
    site: Site
    from_ms: int | None
    until_ms: int | None
    sums: Sequence[OrderSum]

    def number(self, which: OrderSource | OrderKind) -> int:
        """How many orders are of this source, or have this trait."""
        return sum(each.number for each in self.sums if _is(each.kind, which))

    def ids(self, which: OrderSource | OrderKind) -> list[str]:
        """The first of them."""
        kinds = {each.kind for each in self.sums if _is(each.kind, which)}
        period = self.from_ms or 0, self.until_ms
        return list(self.store.order_ids(self.site.id, kinds, *period, MOST_LISTED)) if kinds else []


def reconcile(store: ReadsOrders, site: Site, from_ms: int | None, until_ms: int | None) -> Reconciliation:
    """Compare the orders of a period. Only those with different money are read."""
    sums = store.order_sums(site.id, from_ms or 0, until_ms)
    orders = _Period(store, site, from_ms, until_ms, sums)
    both, server = orders.number(OrderSource.BOTH), orders.number(OrderSource.SERVER)
    return Reconciliation(
        site=site.id,
        since=iso_ms(from_ms),
        until=iso_ms(until_ms),
        both=both,
        browser_only=orders.number(OrderSource.BROWSER),
        server_only=server,
        different=orders.number(OrderKind.DIFFERS),
        named=orders.number(OrderKind.NAMED),
        not_named=orders.number(OrderKind.NOT_NAMED),
        with_both=round(both / (both + server), 6) if both + server else None,
        browser_only_orders=orders.ids(OrderSource.BROWSER),
        server_only_orders=orders.ids(OrderSource.SERVER),
        different_orders=[_different(store, site, id) for id in orders.ids(OrderKind.DIFFERS)],
        blind_spot=blind_spot(sums),
    )


def _is(kind: OrderKind, which: OrderSource | OrderKind) -> bool:
    """Whether orders of this kind have this source, or this trait."""
    return which in kind if isinstance(which, OrderKind) else kind.source is which


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
