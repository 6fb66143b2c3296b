"""What was folded from web sites: visits, orders, and which clicks of mails the visits used.

A case is one value: a fold writes one row for each, which replaces the former one as a whole. What else a store keeps
is derived from it. One contract suite (`tests/integration/test_site_projections_contract.py`) runs on every store.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from msgspec import Struct

from mailpixel.model import Verdict
from mailpixel.site_model import Carry, Order, Visit
from mailpixel.store.consumers import SITE, News
from mailpixel.store.log import PutAside
from mailpixel.store.order_sums import OrderSums
from mailpixel.times import DAY_MS

SITE_FOLD = SITE
"""The name of the consumer that folds visits and orders. Its position moves together with what it saves."""

IDENTIFY, MEASURE = "identify", "measure"
"""Purposes, as they stand in the consent of a visit."""


class VisitState(Struct, frozen=True, gc=False):
    """A folded visit. `known` is how many events it was made of, `edition` the number of the rules that judged it.

    `dropped` is how many of the events had lost their details.
    """

    visit: Visit
    known: int
    edition: int = 0
    dropped: int = 0

    @property
    def key(self) -> tuple[str, str]:
        """The two texts of the case in the log."""
        return f"site:{self.visit.site}", self.visit.visitor

    @property
    def knowledge(self) -> tuple[int, int]:
        """The sort key that decides which of two states of one case stays: the higher one."""
        return self.known, self.edition

    @property
    def day(self) -> int:
        """The day (since 1970, UTC) whose visitor it is: that on which its events were received."""
        steps = self.visit.steps
        return day_of_id(steps[0].event_id) if steps else self.visit.first_ms // DAY_MS

    @property
    def uses(self) -> "Sequence[Use]":
        """The clicks of mails that the visit used."""
        return uses_of(self.visit, self.day)


class OrderState(Struct, frozen=True, gc=False):
    """A folded order of a site, or None while no purchase is known. `known` and `dropped` are as of a visit.

    `others` are the visitors besides `order.visitor` whose browsers reported it, too.
    """

    site: str
    id: str
    order: Order | None
    known: int
    edition: int = 0
    dropped: int = 0
    others: Sequence[str] = ()

    @property
    def key(self) -> tuple[str, str]:
        """The two texts of the case in the log."""
        return f"order:{self.site}", self.id

    @property
    def knowledge(self) -> tuple[int, int]:
        """See `VisitState`."""
        return self.known, self.edition


FoldedCase = VisitState | OrderState | PutAside
"""The result of folding a visit or an order."""


class Use(Struct, frozen=True, gc=False):
    """A visit used the click of a mail, as an index finds it.

    `at_ms` is the first use, `named_ms` the first by a visitor who agreed to be known by it (None: did not, or took it
    back). `human` says whether the visit is a person's, `known_as` is the id of a visitor who agreed to one, and `day`
    the day of the visitor's key (since 1970, UTC).
    """

    click: bytes
    site: str
    visitor: str
    day: int
    at_ms: int
    named_ms: int | None = None
    human: bool = False
    known_as: str = ""


class Named(Struct, frozen=True, gc=False):
    """The shop's server named the customer of an order that a browser had sent, too: who a visitor of a day is."""

    recipient: str
    site: str
    visitor: str
    day: int
    at_ms: int
    known_as: str = ""


class Days(NamedTuple):
    """Days since 1970 (UTC), both included."""

    first: int
    last: int


@dataclass(frozen=True, slots=True)
class VisitsOfDay:
    """How many visits to a site began on a day (since 1970, UTC), by verdict."""

    day: int
    verdicts: Mapping[Verdict, int]


class ReadSiteProjections(OrderSums, Protocol):
    """Reads what was folded from web sites. Moments are milliseconds since 1970; an end is not included.

    An order that browsers of several visitors reported comes as `settled` says: as one of them reported it. It stands
    at the moment of the first.
    """

    def visits(self, site: str, from_ms: int = 0, until_ms: int | None = None) -> Iterator[Visit]:
        """Stream the visits to a site that began in this time, in order of their beginning and then of their keys."""
        ...

    def visits_named(self, site: str, names: Collection[str], from_ms: int = 0) -> Iterator[Visit]:
        """Stream the visits from this moment on whose first address names a campaign so, in no promised order.

        `names` are as `utm_name` gives them. The time does not grow with the other visits.
        """
        ...

    def visit(self, site: str, visitor: str) -> Visit | None:
        """One visit; None where there is none."""
        ...

    def visits_by_day(
        self, site: str, from_ms: int = 0, until_ms: int | None = None
    ) -> Sequence[VisitsOfDay]:
        """How many visits began on each day of this time that has any, in order. No visit is read for it."""
        ...

    def orders(self, site: str, from_ms: int = 0, until_ms: int | None = None) -> Iterator[Order]:
        """Stream the orders of a site of this time, in order of their moments and then of their ids."""
        ...

    def order(self, site: str, id: str) -> Order | None:
        """One order; None where there is none, or only refunds that wait for it."""
        ...

    def orders_of_visit(self, site: str, visitor: str) -> Sequence[Order]:
        """The orders that the browser of this visit reported, also where somebody else's browser did so, too.

        They are in order of their ids.
        """
        ...

    def orders_by(self, visitors: Sequence[tuple[str, str]]) -> Sequence[Order]:
        """The orders that browsers of these visitors reported, each (site, visitor); see `orders_of_visit`."""
        ...

    def orders_with_click(self, site: str, from_ms: int = 0) -> Iterator[Order]:
        """Stream the orders of a site from this moment on with which a server handed over a click."""
        ...

    def orders_of_recipient(self, recipient: str) -> Sequence[Order]:
        """The orders whose customer a server named so, in order of site and id."""
        ...

    def orders_named(self, site: str, from_ms: int = 0) -> Iterator[Order]:
        """Stream the orders whose customer a server named, in order of their moments and then of their ids."""
        ...

    def uses_in(self, days: Days) -> Sequence[Use]:
        """All uses of clicks by visitors of these days, of all sites."""
        ...

    def uses_of_campaign(self, campaign: str) -> Sequence[Use]:
        """All uses of the clicks of a campaign, as far as these are folded. The time does not grow with the others."""
        ...

    def uses_of(self, clicks: Sequence[bytes]) -> Sequence[Use]:
        """All uses of these clicks."""
        ...

    def uses_by(self, visitors: Sequence[tuple[str, str]]) -> Sequence[Use]:
        """All uses of clicks by these visitors, each (site, visitor)."""
        ...

    def named_in(self, days: Days) -> Sequence[Named]:
        """Whom servers named of the visitors of these days, of all sites."""
        ...

    def named_of(self, recipient: str) -> Sequence[Named]:
        """Which visitors servers named so."""
        ...

    def named_by(self, visitors: Sequence[tuple[str, str]]) -> Sequence[Named]:
        """Whom servers named of these visitors, each (site, visitor)."""
        ...


class SiteProjections(ReadSiteProjections, Protocol):
    """What was folded from web sites, for the fold itself."""

    def save_site(self, folded: Sequence[FoldedCase], news: News, *, again: bool = False) -> None:
        """Replace these cases and move the position of the fold of sites to `news.position`.

        No knowledge is lost: a stored case that knows more stays. Where `news` does not move (a rebuild, a case that is
        tried again) the fold may have moved on meanwhile. A case put aside keeps its former value; a case with a new
        value is no longer put aside. An order without purchase leaves no order.

        With `again` the cases need not have news, so retention may work on them: those that lost events or details
        since they were read must not be saved.

        Raises `Conflict` when another fold was faster, something was erased meanwhile, or a case lost something. Then
        nothing was written.
        """
        ...

    def forget_cases(self, keys: Sequence[tuple[str, str]]) -> int:
        """Forget what was folded of those of these cases of which nothing is logged. Returns how many those were.

        Each is named by its two texts in the log.
        """
        ...

    def site_cases(self, campaign: str, after: str = "", limit: int = 1_000) -> Sequence[str]:
        """The second texts of the folded visits (`site:ID`) or orders (`order:ID`) of a site, in order."""
        ...

    def count_cases_aside(self) -> int:
        """The number of visits and orders put aside."""
        ...

    def site_cases_aside(self, after: tuple[str, str] = ("", ""), limit: int = 1_000) -> Sequence[PutAside]:
        """Visits and orders put aside, in order of their two texts."""
        ...


def has_lost(folded: FoldedCase, events: int, dropped: int) -> bool:
    """Whether a case lost events or details since it was read.

    Now `events` are logged of it, and `dropped` of them without their details.
    """
    if isinstance(folded, PutAside):
        return not events
    return events < folded.known or dropped > folded.dropped


def utm_name(text: str) -> str:
    """The name of a campaign in an address, as it is compared: in small letters, without blanks around it."""
    return text.strip().casefold()


def uses_of(visit: Visit, day: int) -> Sequence[Use]:
    """The clicks that a visit used. Who took `identify` back later is not known by any of them."""
    agreed = IDENTIFY in visit.consent
    human = visit.verdict is Verdict.HUMAN
    by_click: dict[bytes, list[Carry]] = {}
    for carry in visit.carries:
        by_click.setdefault(carry.click, []).append(carry)
    return [
        Use(
            click,
            visit.site,
            visit.visitor,
            day,
            min(carry.at_ms for carry in carries),
            min((carry.at_ms for carry in carries if carry.identify and agreed), default=None),
            human,
            visit.known_as,
        )
        for click, carries in by_click.items()
    ]


def named_by_order(order: Order, state: VisitState | None) -> Named | None:
    """Whom the server named as the visitor that sent this order; None where it named nobody.

    A visitor who withdrew is nobody.
    """
    if state is None or not order.recipient or MEASURE not in state.visit.consent:
        return None
    visit = state.visit
    return Named(order.recipient, visit.site, visit.visitor, state.day, order.at_ms, visit.known_as)


def day_of_id(event_id: bytes) -> int:
    """The day (since 1970, UTC) on which an event was received."""
    return int.from_bytes(event_id[:6], "big") // DAY_MS
