"""An order from all reports about it: browsers and the shop's server, its refunds, and its end.

A pure function of the events of the case. Which of several reports holds depends on who reported, on the moment that
a report names and then on its id, and never on when it arrived. Of browsers, anybody can send a purchase: where several
visitors did, the order is folded as each of them reported it, and whoever reads it weighs their visits.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from msgspec.structs import replace

from mailpixel.kinds import EventKind
from mailpixel.model import Message, Verdict
from mailpixel.site_model import (
    BY_CLAIM,
    DIFFERS,
    ORDER_PREFIX,
    Order,
    OrderClaim,
    OrderSource,
    Visit,
    read_claim,
)
from mailpixel.store.order_sums import worth_of

OVER_REFUND = "over_refund"
"""More was refunded than the order was worth. The rest is left out."""
REFUND_CURRENCY = "refund_currency"
"""A refund names another currency. It is left out."""
REFUND_VALUE = "refund_value"
"""A refund names no money. It is left out."""
CLAIMED_BY_SEVERAL = "claimed_by_several"
"""Browsers of several visitors reported the purchase: one person on two days or networks, or somebody else's id."""
MOST_CLAIMS = 50
"""How many visitors with a claim are weighed."""

Reports = Sequence[tuple[bytes, OrderClaim]]
"""Reports with the ids of their events, in order of their moments and then of the ids."""


def fold_order(case: Message) -> Order | None:
    """The order that these events make; None while no purchase is known: refunds wait for theirs.

    The first purchase that a server reported holds, or else the first of a browser; one with money before those
    without. Refunds, cancellations and what names the customer count from a server only.

    Raises `msgspec.DecodeError` for an event whose body is none.
    """
    said = {kind: _reports(case, kind) for kind in (EventKind.PURCHASE, EventKind.REFUND, EventKind.CANCEL)}
    purchases = [claim for _, claim in said[EventKind.PURCHASE]]
    if not purchases:
        return None
    told = _Told(
        case,
        [claim for claim in purchases if claim.source is not OrderSource.BROWSER],
        _of_server(said[EventKind.REFUND]),
        bool(_of_server(said[EventKind.CANCEL])),
    )
    claims = claims_by_visitor(purchases)
    problems = [DIFFERS] if differ(purchases) else []
    if len(claims) > 1:
        problems.append(CLAIMED_BY_SEVERAL)
    found = [told.order(claim, problems) for claim in claims.values()] or [told.order([], problems)]
    found.sort(key=lambda order: (not order.agrees, order.value is None))
    return replace(found[0], others=tuple(found[1:MOST_CLAIMS]))


def customers(claims: Iterable[OrderClaim]) -> Sequence[str]:
    """Whom servers named as the customer, with the consent that this needs, in the order of the claims."""
    return [claim.recipient for claim in claims if claim.recipient and "identify" in claim.consent]


def claims_by_visitor(purchases: Iterable[OrderClaim]) -> Mapping[str, Sequence[OrderClaim]]:
    """What browsers reported of a purchase, by visitor, in the order of their first reports."""
    found: dict[str, list[OrderClaim]] = {}
    for claim in purchases:
        if claim.source is OrderSource.BROWSER:
            found.setdefault(claim.visitor, []).append(claim)
    return found


def other_visitors(case: Message, order: Order) -> Sequence[str]:
    """The visitors whose browsers reported an order, too: all of them, also those who are not weighed."""
    claims = claims_by_visitor(claim for _, claim in _reports(case, EventKind.PURCHASE))
    return [visitor for visitor in claims if visitor and visitor != order.visitor]


class _Told(NamedTuple):
    """What is known of an order besides what browsers reported."""

    case: Message
    server: Sequence[OrderClaim]
    refunds: Reports
    cancelled: bool

    def order(self, browser: Sequence[OrderClaim], seen: Iterable[str]) -> Order:
        """The order with the reports of one visitor's browser. `seen` are problems of all reports together."""
        server = self.server
        holds = min(server or browser, key=_has_no_money)
        refunded, problems = refunds(holds, self.refunds)
        known_new = (claim.new_customer for claim in (*server, *browser) if claim.new_customer is not None)
        return Order(
            site=self.case.campaign.removeprefix(ORDER_PREFIX),
            id=self.case.recipient,
            at_ms=holds.at_ms,
            source=_source(server, browser),
            currency=holds.currency,
            value=holds.value,
            tax=holds.tax,
            shipping=holds.shipping,
            refunded=refunded,
            cancelled=self.cancelled,
            new_customer=next(known_new, None),
            visitor=browser[0].visitor if browser else "",
            recipient=next(iter(customers(server)), ""),
            click=bytes.fromhex(next((claim.click for claim in server if claim.click), "")),
            problems=tuple(sorted({*problems, *seen, *holds.problems})),
            agrees=_agree(holds, browser),
        )


def _has_no_money(claim: OrderClaim) -> bool:
    return claim.value is None


def _agree(holds: OrderClaim, browser: Sequence[OrderClaim]) -> bool:
    """Whether a browser reported the money that a server did."""
    if holds.source is OrderSource.BROWSER or holds.value is None or not browser:
        return False
    first = min(browser, key=_has_no_money)
    return (first.currency, first.value) == (holds.currency, holds.value)


def refunds(purchase: OrderClaim, reports: Reports) -> tuple[int, list[str]]:
    """What was paid back, in minor units of the purchase's currency, and the problems that it shows.

    The first report of each refund counts. Refunds never add up to more than the purchase was worth. Of a purchase
    without money nothing can be paid back.
    """
    total, problems = 0, list[str]()
    if purchase.value is None:
        return 0, problems
    for refund in _first_of_each(reports):
        if refund.currency and refund.currency != purchase.currency:
            problems.append(REFUND_CURRENCY)
        elif refund.value is None:
            problems.append(REFUND_VALUE)
        else:
            total += refund.value
    if total > purchase.value:
        problems.append(OVER_REFUND)
    return min(total, purchase.value), problems


def differ(purchases: Iterable[OrderClaim]) -> bool:
    """Whether those reports of a purchase that name money name different money."""
    money = {(claim.currency, claim.value) for claim in purchases if claim.value is not None}
    return len(money) > 1


def counted_value(order: Order, visit: Visit | None) -> int | None:
    """What an order is worth, in minor units of its currency and without what was refunded; None where no money counts.

    `visit` is that of `order.visitor`; None where it is not known. What only a browser reported counts where its visit
    is a person's who had viewed a page. A cancelled order is worth nothing.
    """
    return worth_of(order) if is_confirmed(order, visit) else None


def is_confirmed(order: Order, visit: Visit | None) -> bool:
    """Whether the money of an order can be believed: a server reported it, or a person's visit did."""
    if order.source is not OrderSource.BROWSER:
        return True
    return visit is not None and visit.verdict is Verdict.HUMAN and visit.rule != BY_CLAIM


def _reports(case: Message, kind: EventKind) -> Reports:
    found = [(event.id, read_claim(event.body)) for event in case.events if event.kind is kind]
    return sorted(found, key=_moment)


def _moment(report: tuple[bytes, OrderClaim]) -> tuple[int, bytes]:
    id, claim = report
    return claim.at_ms, id


def _of_server(reports: Reports) -> Reports:
    return [report for report in reports if report[1].source is not OrderSource.BROWSER]


def _first_of_each(reports: Reports) -> Iterable[OrderClaim]:
    """Refunds without those that say an earlier one again. One without an id is known by its moment and money."""
    found: dict[object, OrderClaim] = {}
    for _, refund in reports:
        found.setdefault(refund.refund_id or (refund.at_ms, refund.currency, refund.value), refund)
    return found.values()


def _source(server: Sequence[OrderClaim], browser: Sequence[OrderClaim]) -> OrderSource:
    if server and browser:
        return OrderSource.BOTH
    return OrderSource.SERVER if server else OrderSource.BROWSER
