"""Orders that no visit and no click leads to a campaign, but whose customer the shop's server named.

The shop knows its own customer, which is the strongest join of an order to a person. The order belongs to the campaign
of the person's last click within 30 days before it, and to no other.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple, Protocol

from mailpixel.kinds import EventKind
from mailpixel.measure.touches import FindsClicks
from mailpixel.model import Verdict
from mailpixel.site_model import Order
from mailpixel.store.projections import MessageState
from mailpixel.store.site_projections import MEASURE, ReadSiteProjections
from mailpixel.store.verdict_codes import unpack
from mailpixel.times import DAY_MS

LOOK_BACK_DAYS = 30
"""How long before an order a click may lie."""
AT_ONCE = 500
"""Orders whose customers are looked up together."""


class LastClick(NamedTuple):
    """A person's click of a mail: the second since 1970, the campaign, and the link (0: one without a number)."""

    second: int
    campaign: str
    link: int


class ReadsCustomers(ReadSiteProjections, FindsClicks, Protocol):
    """A store, as customers are read from it."""

    def states_of(self, recipients: Sequence[str], campaign: str | None = None) -> Sequence[MessageState]:
        """The states of these people, in one campaign or in all."""
        ...


@dataclass(frozen=True, slots=True)
class Customers:
    """Finds orders by the customers whom servers named. `refuses` says whether a recipient may not be known."""

    store: ReadsCustomers
    refuses: Callable[[str], bool]

    def orders_of(
        self, campaign: str, sites: Iterable[str], begin_ms: int
    ) -> Iterator[tuple[Order, LastClick]]:
        """The orders since `begin_ms` that the campaign led to so, each with the click that counts."""
        for site in sites:
            named = self.store.orders_named(site, begin_ms)
            while orders := list(islice(named, AT_ONCE)):
                yield from self._among(campaign, orders)

    def click_of(self, order: Order) -> LastClick | None:
        """The click whose campaign an order belongs to so; None where its customer is not known, or clicked nowhere."""
        if not order.recipient:
            return None
        last = _last(self._clicks_of([order])[order.recipient], order)
        return last if last is not None and self._may_count(order) else None

    def _among(self, campaign: str, orders: Sequence[Order]) -> Iterator[tuple[Order, LastClick]]:
        """First those whose customers clicked in this campaign at all: most orders are of others."""
        here = self._clicks_of(orders, campaign)
        mine = [order for order in orders if _last(here[order.recipient], order) is not None]
        everywhere = self._clicks_of(mine)
        for order in mine:
            last = _last(everywhere[order.recipient], order)
            if last is not None and last.campaign == campaign and self._may_count(order):
                yield order, last

    def _clicks_of(
        self, orders: Sequence[Order], campaign: str | None = None
    ) -> Mapping[str, Sequence[LastClick]]:
        found: defaultdict[str, list[LastClick]] = defaultdict(list)
        people = list(dict.fromkeys(order.recipient for order in orders))
        for state in self.store.states_of(people, campaign) if people else ():
            if state.first_human_click_at_ms is not None:
                found[state.recipient] += human_clicks(state)
        return found

    def _may_count(self, order: Order) -> bool:
        """Whether the customer may be known, and neither the visit nor the server names a click of theirs."""
        if self.refuses(order.recipient):
            return False
        visit = self.store.visit(order.site, order.visitor) if order.visitor else None
        if visit is not None and MEASURE not in visit.consent:
            return False
        ids = [carry.click for carry in visit.carries] if visit is not None else []
        clicks = self.store.clicks_by_id([*ids, order.click] if order.click else ids)
        return not any(click.is_human and click.recipient == order.recipient for click in clicks.values())


def human_clicks(state: MessageState) -> Sequence[LastClick]:
    """The clicks of a person on the links of a message."""
    return [
        LastClick(mark.second, state.campaign, mark.link or 0)
        for mark in unpack(state.marks)
        if mark.kind is EventKind.CLICK
        and mark.verdict is Verdict.HUMAN
        and not mark.probe
        and not mark.forged
    ]


def _last(clicks: Iterable[LastClick], order: Order) -> LastClick | None:
    """The last of these clicks that counts for an order; of one second, the last by campaign."""
    until, since = order.at_ms // 1000, (order.at_ms - LOOK_BACK_DAYS * DAY_MS) / 1000
    return max((click for click in clicks if since <= click.second <= until), default=None)
