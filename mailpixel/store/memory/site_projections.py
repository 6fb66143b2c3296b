"""What was folded from web sites, in memory: every answer is computed from the states of the cases."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence

from mailpixel.errors import Conflict
from mailpixel.model import Verdict
from mailpixel.site_model import Order, Visit
from mailpixel.store.consumers import News
from mailpixel.store.log import PutAside
from mailpixel.store.memory.consumers import MemoryConsumers, parse_cursor
from mailpixel.store.order_holders import settled
from mailpixel.store.order_sums import OrderKind, OrderSum, kind_of, worth_of
from mailpixel.store.site_projections import (
    SITE_FOLD,
    Days,
    FoldedCase,
    Named,
    OrderState,
    Use,
    VisitsOfDay,
    VisitState,
    has_lost,
    named_by_order,
    utm_name,
)
from mailpixel.times import DAY_MS

Key = tuple[str, str]


class MemorySiteProjections(MemoryConsumers):
    """`SiteProjections` in memory."""

    def __init__(self) -> None:
        super().__init__()
        self._cases: dict[Key, VisitState | OrderState] = {}
        self._cases_aside: dict[Key, str] = {}

    def save_site(self, folded: Sequence[FoldedCase], news: News, *, again: bool = False) -> None:
        """See `SiteProjections`."""
        with self._lock:
            now, since, to = map(parse_cursor, (self.cursor(SITE_FOLD), news.since, news.position))
            if now[1:] != since[1:] or (to != since and now != since):
                raise Conflict("sites were folded or erased from meanwhile; read again")
            if again and any(map(self._has_lost, folded)):
                raise Conflict("something of sites grew too old meanwhile; read again")
            for each in folded:
                self._put_case(each)
            if to != since:
                self._move(SITE_FOLD, news.position)

    def _has_lost(self, folded: FoldedCase) -> bool:
        key = (folded.campaign, folded.recipient) if isinstance(folded, PutAside) else folded.key
        events = self.message(*key).events
        return has_lost(folded, len(events), sum(event.decided is not None for event in events))

    def _put_case(self, folded: FoldedCase) -> None:
        if isinstance(folded, PutAside):
            self._cases_aside[folded.campaign, folded.recipient] = folded.error
            return
        former = self._cases.get(folded.key)
        if former is None or folded.knowledge >= former.knowledge:
            self._cases[folded.key] = folded
        self._cases_aside.pop(folded.key, None)

    def forget_cases(self, keys: Sequence[Key]) -> int:
        """See `SiteProjections`."""
        with self._lock:
            gone = [key for key in keys if not self.message(*key).events]
            for key in gone:
                self._cases.pop(key, None)
                self._cases_aside.pop(key, None)
        return len(gone)

    def site_cases(self, campaign: str, after: str = "", limit: int = 1_000) -> Sequence[str]:
        """See `SiteProjections`."""
        with self._lock:
            return sorted(name for of, name in self._cases if of == campaign and name > after)[:limit]

    def count_cases_aside(self) -> int:
        """See `SiteProjections`."""
        return len(self._cases_aside)

    def site_cases_aside(self, after: Key = ("", ""), limit: int = 1_000) -> Sequence[PutAside]:
        """See `SiteProjections`."""
        with self._lock:
            keys = sorted(key for key in self._cases_aside if key > after)
            return [PutAside(*key, self._cases_aside[key]) for key in keys[:limit]]

    def visits(self, site: str, from_ms: int = 0, until_ms: int | None = None) -> Iterator[Visit]:
        """See `ReadSiteProjections`."""
        found = [
            state.visit
            for state in self._visit_states()
            if state.visit.site == site and _is_in(state.visit.first_ms, from_ms, until_ms)
        ]
        return iter(sorted(found, key=lambda visit: (visit.first_ms, visit.visitor)))

    def visits_named(self, site: str, names: Collection[str], from_ms: int = 0) -> Iterator[Visit]:
        """See `ReadSiteProjections`."""
        return (
            visit
            for visit in self.visits(site, from_ms)
            if visit.utm_campaign and utm_name(visit.utm_campaign) in names
        )

    def visit(self, site: str, visitor: str) -> Visit | None:
        """See `ReadSiteProjections`."""
        state = self._visit_state(site, visitor)
        return None if state is None else state.visit

    def visits_by_day(
        self, site: str, from_ms: int = 0, until_ms: int | None = None
    ) -> Sequence[VisitsOfDay]:
        """See `ReadSiteProjections`."""
        days: defaultdict[int, Counter[Verdict]] = defaultdict(Counter)
        for visit in self.visits(site, from_ms, until_ms):
            days[visit.first_ms // DAY_MS][visit.verdict] += 1
        return [VisitsOfDay(day, dict(verdicts)) for day, verdicts in days.items()]

    def orders(self, site: str, from_ms: int = 0, until_ms: int | None = None) -> Iterator[Order]:
        """See `ReadSiteProjections`."""
        found = [
            (state.order.at_ms, state.id, state)
            for state in self._order_states()
            if state.order is not None and state.site == site and _is_in(state.order.at_ms, from_ms, until_ms)
        ]
        in_order = sorted(found, key=lambda each: each[:2])
        return iter([order for *_, state in in_order if (order := self._order_of(state)) is not None])

    def order_sums(self, site: str, from_ms: int = 0, until_ms: int | None = None) -> Sequence[OrderSum]:
        """See `OrderSums`."""
        found: defaultdict[tuple[OrderKind, str], list[int | None]] = defaultdict(list)
        for order in self.orders(site, from_ms, until_ms):
            found[kind_of(order), order.currency].append(worth_of(order))
        return [
            OrderSum(
                *key, len(worths), len(known := [each for each in worths if each is not None]), sum(known)
            )
            for key, worths in found.items()
        ]

    def order_ids(
        self, site: str, kinds: Collection[OrderKind], from_ms: int, until_ms: int | None, limit: int
    ) -> Sequence[str]:
        """See `OrderSums`."""
        found = [order.id for order in self.orders(site, from_ms, until_ms) if kind_of(order) in kinds]
        return found[:limit]

    def orders_of_pages(self, site: str, from_ms: int = 0) -> Iterator[Order]:
        """See `OrderSums`."""
        return (order for order in self.orders(site, from_ms) if OrderKind.SERVER not in kind_of(order))

    def first_moment(self, site: str) -> int | None:
        """See `OrderSums`."""
        firsts = [self.first_visit(site), *(order.at_ms for order in self.orders(site))]
        return min((each for each in firsts if each is not None), default=None)

    def first_visit(self, site: str) -> int | None:
        """See `OrderSums`."""
        return next((visit.first_ms for visit in self.visits(site)), None)

    def order(self, site: str, id: str) -> Order | None:
        """See `ReadSiteProjections`."""
        return next((order for order in self._orders() if (order.site, order.id) == (site, id)), None)

    def orders_of_visit(self, site: str, visitor: str) -> Sequence[Order]:
        """See `ReadSiteProjections`."""
        found = [
            self._order_of(state)
            for state in self._order_states()
            if state.site == site and visitor and visitor in _reporters(state)
        ]
        return sorted((order for order in found if order is not None), key=lambda order: order.id)

    def orders_by(self, visitors: Sequence[Key]) -> Sequence[Order]:
        """See `ReadSiteProjections`."""
        asked = frozenset(visitors)
        found = [
            self._order_of(state)
            for state in self._order_states()
            if any(name and (state.site, name) in asked for name in _reporters(state))
        ]
        return [order for order in found if order is not None]

    def orders_with_click(self, site: str, from_ms: int = 0) -> Iterator[Order]:
        """See `ReadSiteProjections`."""
        return (order for order in self.orders(site, from_ms) if order.click)

    def orders_of_recipient(self, recipient: str) -> Sequence[Order]:
        """See `ReadSiteProjections`."""
        found = [order for order in self._orders() if order.recipient == recipient]
        return sorted(found, key=lambda order: (order.site, order.id)) if recipient else []

    def orders_named(self, site: str, from_ms: int = 0) -> Iterator[Order]:
        """See `ReadSiteProjections`."""
        return (order for order in self.orders(site, from_ms) if order.recipient)

    def uses_in(self, days: Days) -> Sequence[Use]:
        """See `ReadSiteProjections`."""
        return [use for use in self._uses() if days.first <= use.day <= days.last]

    def uses_of(self, clicks: Sequence[bytes]) -> Sequence[Use]:
        """See `ReadSiteProjections`."""
        asked = frozenset(clicks)
        return [use for use in self._uses() if use.click in asked]

    def uses_by(self, visitors: Sequence[Key]) -> Sequence[Use]:
        """See `ReadSiteProjections`."""
        asked = frozenset(visitors)
        return [use for use in self._uses() if (use.site, use.visitor) in asked]

    def named_in(self, days: Days) -> Sequence[Named]:
        """See `ReadSiteProjections`."""
        return [named for named in self._named() if days.first <= named.day <= days.last]

    def named_of(self, recipient: str) -> Sequence[Named]:
        """See `ReadSiteProjections`."""
        return [named for named in self._named() if named.recipient == recipient]

    def named_by(self, visitors: Sequence[Key]) -> Sequence[Named]:
        """See `ReadSiteProjections`."""
        asked = frozenset(visitors)
        return [named for named in self._named() if (named.site, named.visitor) in asked]

    def _visit_states(self) -> Sequence[VisitState]:
        with self._lock:
            return [state for state in self._cases.values() if isinstance(state, VisitState)]

    def _visit_state(self, site: str, visitor: str) -> VisitState | None:
        states = self._visit_states()
        return next(
            (each for each in states if (each.visit.site, each.visit.visitor) == (site, visitor)), None
        )

    def _order_states(self) -> Sequence[OrderState]:
        with self._lock:
            return [state for state in self._cases.values() if isinstance(state, OrderState)]

    def _order_of(self, state: OrderState) -> Order | None:
        return None if state.order is None else settled(state.order, self.visit)

    def _orders(self) -> Sequence[Order]:
        found = map(self._order_of, self._order_states())
        return [order for order in found if order is not None]

    def _uses(self) -> Iterable[Use]:
        return (use for state in self._visit_states() for use in state.uses)

    def _named(self) -> Iterable[Named]:
        for order in self._orders():
            named = named_by_order(order, self._visit_state(order.site, order.visitor))
            if named is not None:
                yield named


def _reporters(state: OrderState) -> Sequence[str]:
    """The visitors whose browsers reported an order."""
    return () if state.order is None else (state.order.visitor, *state.others)


def _is_in(at_ms: int, from_ms: int, until_ms: int | None) -> bool:
    return at_ms >= from_ms and (until_ms is None or at_ms < until_ms)
