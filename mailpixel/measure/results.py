"""What a campaign led to on web sites: visits, orders and revenue, what is known apart from what is only estimated.

Known: the recipient is named, by a click within 30 minutes and with consent, or by the shop's server, with a visit or
click (`server`) or without any (`customer`). Estimated: the visit used a click of the mail but nobody is named
(`touch`), or only its address names the campaign (`utm`).
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import chain
from typing import NamedTuple, Protocol

from mailpixel.measure.customers import LOOK_BACK_DAYS, Customers, ReadsCustomers
from mailpixel.measure.touches import FindsClicks, utm_names
from mailpixel.model import Campaign, Verdict
from mailpixel.privacy.on_sites import Ledger, refuses_on_sites
from mailpixel.projections.identities import Identities, KnownClicks, Visitor
from mailpixel.projections.orders import counted_value
from mailpixel.report.answer import Answer, Count, Iso
from mailpixel.report.moments import iso_ms
from mailpixel.site.money import decimal_text
from mailpixel.site_model import Click, Identity, Order, Visit
from mailpixel.store.site_projections import Days, ReadSiteProjections, Use
from mailpixel.store.sites import Sites
from mailpixel.times import DAY_MS

MOST_SITES = 1_000_000

DAYS_AT_ONCE = 7
"""Days whose clicks are read together."""


class How(StrEnum):
    """How it is known that a campaign led to a visit or an order."""

    NAMED = "named"
    SERVER = "server"
    CUSTOMER = "customer"
    TOUCH = "touch"
    UTM = "utm"


KNOWN = (How.NAMED, How.SERVER, How.CUSTOMER)
ESTIMATED = (How.TOUCH, How.UTM)
DEFINITIONS: Mapping[How, str] = {
    How.NAMED: "The visitor is the recipient: the first to use a person's click, within 30 minutes, who agreed to be "
    "known.",
    How.SERVER: "The shop's server named the recipient of the click as its customer, or handed the click over.",
    How.CUSTOMER: "The shop's server named its customer, and neither a visit nor the server has a click of theirs. The "
    f"order belongs to the campaign of the customer's last click within {LOOK_BACK_DAYS} days before it.",
    How.TOUCH: "The visit used a person's click of the mail, but who the visitor is, is not known: no consent to be "
    "known, a forwarded mail, or a late use.",
    How.UTM: "Only the address of the first page names the campaign. Anybody may have followed it.",
}


class Money(Answer, frozen=True):
    """An amount as decimal text in a currency. Amounts of several currencies are never added."""

    currency: str
    amount: str


class LedTo(Answer, frozen=True):
    """Visits, orders and revenue. `orders_without_money` are orders whose money is not known or not confirmed."""

    visits: Count
    orders: Count
    orders_without_money: Count
    revenue: list[Money]


class LedToHow(Answer, frozen=True):
    """The same, by how it is known."""

    how: How
    led_to: LedTo
    definition: str


class LedToLink(Answer, frozen=True):
    """The same, by link. `link` is null where the link is not known, as for addresses alone."""

    link: Count | None
    url: str | None
    known: LedTo
    estimated: LedTo


class Results(Answer, frozen=True):
    """What a campaign led to. `machine_visits` used its clicks or its address, and count in nothing else."""

    campaign: str
    since: Iso | None
    known: LedTo
    estimated: LedTo
    by: list[LedToHow]
    links: list[LedToLink]
    machine_visits: Count
    notes: list[str]


@dataclass(slots=True)
class _Tally:
    """Sums for one link and one way of knowing."""

    visits: int = 0
    orders: int = 0
    without_money: int = 0
    revenue: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))

    def add(self, other: "_Tally") -> None:
        self.visits += other.visits
        self.orders += other.orders
        self.without_money += other.without_money
        for currency, value in other.revenue.items():
            self.revenue[currency] += value

    def order(self, order: Order, visit: Visit | None) -> None:
        value = counted_value(order, visit)
        self.orders += 1
        if value is None:
            self.without_money += 1
        else:
            self.revenue[order.currency] += value

    def led_to(self) -> LedTo:
        money = [Money(each, decimal_text(value, each)) for each, value in sorted(self.revenue.items())]
        return LedTo(self.visits, self.orders, self.without_money, money)


class Led(NamedTuple):
    """That a campaign led to a visit: by which link, how that is known, and whose click it was."""

    link: int | None
    how: How
    recipient: str = ""


class ReadsSites(ReadSiteProjections, FindsClicks, Protocol):
    """A store, as results read it."""


class StoreOfResults(ReadsCustomers, KnownClicks, Protocol):
    """A store, as results and identities read it."""


class NamesVisitors(Protocol):
    """Says who visitors are."""

    def of_days(self, days: Days) -> Mapping[Visitor, Identity]:
        """Who the visitors of these days are, of all sites."""
        ...


@dataclass(frozen=True, slots=True)
class ResultsReader:
    """Finds what campaigns led to. `sites` are the ids of all sites; `now_ms` ends what is read.

    `refuses` says whether a recipient may not be known on sites.
    """

    store: ReadsCustomers
    identities: NamesVisitors
    refuses: Callable[[str], bool]
    sites: Sequence[str]
    now_ms: int

    def results(self, campaign: Campaign, begin_ms: int) -> Results:
        """What the campaign led to since `begin_ms`.

        Only visits that used a carried click or whose address names the campaign are read, and their orders.
        """
        tallies: defaultdict[tuple[int | None, How], _Tally] = defaultdict(_Tally)
        led, machines = self._led(campaign, begin_ms)
        for one in led.values():
            tallies[one.link, one.how].visits += 1
        customers = Customers(self.store, self.refuses)
        by_customer = set()
        for order, click in customers.orders_of(campaign.id, self.sites, begin_ms):
            by_customer.add((order.site, order.id))
            tallies[click.link or None, How.CUSTOMER].order(order, None)
        for order in self._orders(led, begin_ms):
            by = None if (order.site, order.id) in by_customer else self._led_order(campaign, order, led)
            if by is not None:
                visit = self.store.visit(order.site, order.visitor) if order.visitor else None
                tallies[by.link, by.how].order(order, visit)
        return _results(campaign, begin_ms, tallies, machines)

    def _orders(self, led: Mapping[Visitor, Led], begin_ms: int) -> Iterator[Order]:
        """The orders of these visits, and those with which a server handed over a click, each once."""
        of_visits = self.store.orders_by(list(led))
        with_click = (order for site in self.sites for order in self.store.orders_with_click(site, begin_ms))
        seen: set[tuple[str, str]] = set()
        for order in chain(of_visits, with_click):
            if order.at_ms >= begin_ms and (order.site, order.id) not in seen:
                seen.add((order.site, order.id))
                yield order

    def _led(self, campaign: Campaign, begin_ms: int) -> tuple[dict[Visitor, Led], int]:
        """The visits of people that the campaign led to, and the number of those of machines."""
        led: dict[Visitor, Led] = {}
        machines: set[Visitor] = set()
        for days, touched in self._touched(campaign, Days(begin_ms // DAY_MS, self.now_ms // DAY_MS + 1)):
            named = self.identities.of_days(days)
            for who, (use, click) in touched.items():
                if not use.human:
                    machines.add(who)
                    continue
                identity = named.get(who)
                is_known = identity is not None and identity.recipient == click.recipient
                how = How.TOUCH if not is_known else _how_named(identity)
                led[who] = Led(click.link, how, click.recipient)
        names = utm_names(campaign)
        for site in self.sites:
            for visit in self.store.visits_named(site, names, begin_ms):
                who = (site, visit.visitor)
                if who in led or who in machines:
                    continue
                if visit.verdict is Verdict.HUMAN:
                    led[who] = Led(None, How.UTM)
                elif visit.verdict is not Verdict.INTERNAL:
                    machines.add(who)
        return led, len(machines)

    def _touched(
        self, campaign: Campaign, period: Days
    ) -> Iterator[tuple[Days, Mapping[Visitor, tuple[Use, Click]]]]:
        """The visitors who used a person's click of the campaign, each with the first, some days at a time."""
        uses = self.store.uses_of_campaign(campaign.id)
        clicks = self.store.clicks_by_id(list(dict.fromkeys(use.click for use in uses)))
        found: defaultdict[int, dict[Visitor, tuple[Use, Click]]] = defaultdict(dict)
        for use in sorted(uses, key=lambda use: (use.at_ms, use.click)):
            click = clicks.get(use.click)
            if click is not None and click.is_human and period.first <= use.day <= period.last:
                first = use.day - (use.day - period.first) % DAYS_AT_ONCE
                found[first].setdefault((use.site, use.visitor), (use, click))
        for first, touched in sorted(found.items()):
            yield Days(first, min(first + DAYS_AT_ONCE - 1, period.last)), touched

    def _led_order(self, campaign: Campaign, order: Order, led: Mapping[Visitor, Led]) -> Led | None:
        """How the campaign led to an order: by its visit, or by the click that the shop's server handed over."""
        one = led.get((order.site, order.visitor)) if order.visitor else None
        if one is not None and one.how is not How.UTM:
            named = order.recipient and order.recipient == one.recipient and not self.refuses(order.recipient)
            return one._replace(how=How.SERVER) if named else one
        if order.click:
            click = self.store.clicks_by_id([order.click]).get(order.click)
            if click is not None and click.campaign == campaign.id and click.is_human:
                how = How.TOUCH if self.refuses(click.recipient) else How.SERVER
                return Led(click.link, how, click.recipient)
        return one


class KnowsPeople(Sites, Ledger, Protocol):
    """A registry, as results read it."""


def results_of(
    store: StoreOfResults, registry: KnowsPeople, campaign: Campaign, now_ms: int
) -> Results | None:
    """What a campaign led to, by the ledger of consent as it is now; None where no site has a visit or an order.

    Only visits and orders from a day before the sending on are read.
    """
    sites = [site.id for site in registry.sites(limit=MOST_SITES, archived=None)]
    firsts = [first for site in sites if (first := store.first_moment(site)) is not None]
    if not firsts:
        return None
    sent_ms = campaign.sent_at_ms
    begin_ms = max(min(firsts), sent_ms - DAY_MS if sent_ms is not None else 0)
    refuses = refuses_on_sites(registry)
    return ResultsReader(store, Identities(store, refuses), refuses, sites, now_ms).results(
        campaign, begin_ms
    )


def _how_named(identity: Identity | None) -> How:
    return How.NAMED if identity is not None and identity.click else How.SERVER


def _results(
    campaign: Campaign, begin_ms: int, tallies: Mapping[tuple[int | None, How], _Tally], machines: int
) -> Results:
    urls = {link.number: link.url for link in campaign.links}
    links = sorted({link for link, _ in tallies}, key=lambda link: (link is None, link))
    return Results(
        campaign=campaign.id,
        since=iso_ms(begin_ms) if begin_ms else None,
        known=_sum(tallies, KNOWN).led_to(),
        estimated=_sum(tallies, ESTIMATED).led_to(),
        by=[LedToHow(how, _sum(tallies, (how,)).led_to(), DEFINITIONS[how]) for how in How],
        links=[
            LedToLink(
                link,
                urls.get(link or 0),
                _sum_of(tallies, link, KNOWN).led_to(),
                _sum_of(tallies, link, ESTIMATED).led_to(),
            )
            for link in links
        ],
        machine_visits=machines,
        notes=list(NOTES),
    )


NOTES = (
    "An order counts here when its visit does, when the shop's server handed over a click of this campaign, or when it "
    "named a customer whose last click was of this campaign. An order counts for every campaign that led to it, so "
    "results of campaigns must not be added.",
    "Revenue is what was paid less what was refunded, by currency. An order that only a page reported counts where its "
    "visit is a person's.",
)


def _sum(tallies: Mapping[tuple[int | None, How], _Tally], ways: Sequence[How]) -> _Tally:
    total = _Tally()
    for (_, how), tally in tallies.items():
        if how in ways:
            total.add(tally)
    return total


def _sum_of(
    tallies: Mapping[tuple[int | None, How], _Tally], link: int | None, ways: Sequence[How]
) -> _Tally:
    return _sum({key: tally for key, tally in tallies.items() if key[0] == link}, ways)
