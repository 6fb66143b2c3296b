"""A site at a glance: visits by day, orders and revenue, the blind spot, and what visitors agreed to."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from mailpixel.measure.blind_spot import BlindSpot, blind_spot
from mailpixel.measure.results import Money
from mailpixel.projections.orders import counted_value
from mailpixel.report.visits import DayRow, visits_by_day
from mailpixel.site.money import decimal_text
from mailpixel.site_model import Site
from mailpixel.store.order_sums import OrderKind
from mailpixel.store.site_projections import ReadSiteProjections
from mailpixel.times import DAY_MS

DAYS = 30


@dataclass(frozen=True, slots=True)
class SiteOverview:
    """The last 30 days of a site, and what the visitors of the last 24 hours agreed to.

    `without_money` are orders whose money is not known or not confirmed. Revenue is by currency and never added.
    `consents` are visits by the purposes in force, the most frequent first.
    """

    days: Sequence[DayRow]
    orders: int
    without_money: int
    revenue: Sequence[Money]
    blind_spot: BlindSpot
    consents: Sequence[tuple[str, int]]


def site_overview(store: ReadSiteProjections, site: Site, now_ms: int) -> SiteOverview:
    """Look at the last 30 days of a site."""
    begin_ms = (now_ms // DAY_MS - DAYS + 1) * DAY_MS
    sums = store.order_sums(site.id, begin_ms)
    revenue, without_money = defaultdict[str, int](int), 0
    for each in sums:
        if OrderKind.SERVER in each.kind:
            without_money += each.number - each.with_money
            if each.with_money:
                revenue[each.currency] += each.worth
    for order in store.orders_of_pages(site.id, begin_ms):
        value = counted_value(order, store.visit(site.id, order.visitor) if order.visitor else None)
        if value is None:
            without_money += 1
        else:
            revenue[order.currency] += value
    consents = Counter(
        ", ".join(visit.consent) or "nothing" for visit in store.visits(site.id, now_ms - DAY_MS)
    )
    return SiteOverview(
        days=visits_by_day(store, site.id, begin_ms),
        orders=sum(each.number for each in sums),
        without_money=without_money,
        revenue=[Money(each, decimal_text(value, each)) for each, value in sorted(revenue.items())],
        blind_spot=blind_spot(sums),
        consents=consents.most_common(),
    )
