"""Folds the visits and orders of a site again from the log, and says what that changes. A running fold goes on."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from mailpixel.classify.rules import Rules
from mailpixel.errors import Conflict
from mailpixel.model import Message
from mailpixel.projections.site_fold import KnownHosts, SiteRegistry, fold_case_or_put_aside, visits_edition
from mailpixel.site.money import decimal_text
from mailpixel.site_model import ORDER_PREFIX, SITE_CASES, SITE_PREFIX, Order, Visit
from mailpixel.store.consumers import News
from mailpixel.store.log import PutAside
from mailpixel.store.site_projections import SITE_FOLD, FoldedCase, OrderState, VisitState
from mailpixel.store.store import Store

EVENTS = 20_000
"""Events read at a time, about."""
CASES = 500
"""Cases saved at a time, or looked for in the log."""
ATTEMPTS = 5
"""How often a part is read again because something was erased meanwhile, or grew too old."""

Move = tuple[str, str]
"""What a visit was and is, as `verdict (rule)`; empty where it was not folded, or nothing is logged of it any more."""


@dataclass(frozen=True, slots=True)
class SiteDifference:
    """What folding a site again changes.

    `moves` counts visits by their change of verdict or rule, most first. `visits` and `orders` are how many are
    different in anything, `gone` how many cases are folded but not logged any more, and `aside` how many cannot be
    folded. `money` has the value of all orders before and after, less refunds, by currency, where it differs.
    """

    site: str
    visits: int = 0
    orders: int = 0
    gone: int = 0
    aside: int = 0
    moves: Mapping[Move, int] = field(default_factory=dict)
    money: Mapping[str, tuple[int, int]] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        """Whether nothing changes."""
        return not (self.visits or self.orders or self.gone or self.aside)

    def to_json(self) -> dict[str, Any]:
        """The difference as JSON.

        {"site", "visits", "orders", "gone", "aside", "moves": [{"before","after","visits"}],
        "money": [{"currency","before","after"}]}, with money as decimal text.
        """
        return {
            "site": self.site,
            "visits": self.visits,
            "orders": self.orders,
            "gone": self.gone,
            "aside": self.aside,
            "moves": [
                {"before": before or None, "after": after or None, "visits": number}
                for (before, after), number in self.moves.items()
            ],
            "money": [
                {
                    "currency": currency,
                    "before": decimal_text(before, currency),
                    "after": decimal_text(after, currency),
                }
                for currency, (before, after) in self.money.items()
            ],
        }


class _Changes:
    """Adds up what changes."""

    def __init__(self) -> None:
        self.visits = self.orders = self.gone = self.aside = 0
        self._moves: Counter[Move] = Counter()
        self._before: Counter[str] = Counter()
        self._after: Counter[str] = Counter()

    def visit(self, before: Visit | None, after: Visit | None) -> None:
        """A visit as it was and as it is."""
        self.visits += before != after
        move = _in_words(before), _in_words(after)
        if move[0] != move[1]:
            self._moves[move] += 1

    def order(self, before: Order | None, after: Order | None) -> None:
        """An order as it was and as it is."""
        self.orders += before != after
        for order, money in ((before, self._before), (after, self._after)):
            if order is not None and order.value is not None and not order.cancelled:
                money[order.currency] += order.value - order.refunded

    def difference(self, site: str) -> SiteDifference:
        """All of it."""
        currencies = sorted(self._before.keys() | self._after.keys())
        money = {each: (self._before[each], self._after[each]) for each in currencies}
        moves = sorted(self._moves.items(), key=lambda entry: (-entry[1], entry[0]))
        differing = {each: pair for each, pair in money.items() if pair[0] != pair[1]}
        return SiteDifference(site, self.visits, self.orders, self.gone, self.aside, dict(moves), differing)


def _in_words(visit: Visit | None) -> str:
    return "" if visit is None else f"{visit.verdict} ({visit.rule})"


class SiteRebuild:
    """Folds a site again by these rules. With `dry_run` nothing is saved."""

    def __init__(self, store: Store, registry: SiteRegistry, rules: Rules, *, dry_run: bool = False) -> None:
        self._store = store
        self._registry = registry
        self._rules = rules
        self._dry_run = dry_run
        self._edition = 0 if dry_run else visits_edition(registry, rules)

    def of_site(self, site: str) -> SiteDifference:
        """Fold the site's visits and orders again.

        Raises `Conflict` when erasures or retention disturbed every attempt.
        """
        changes = _Changes()
        for campaign in (SITE_PREFIX + site, ORDER_PREFIX + site):
            for after, until in self._store.ranges(campaign, EVENTS):
                self._fold_range(campaign, (after, until), changes)
            self._forget_gone(campaign, changes)
        return changes.difference(site)

    def _fold_range(self, campaign: str, names: tuple[str, str], changes: _Changes) -> None:
        since = self._now()
        cases = self._store.messages_to_fold(campaign, *names)
        while part := list(islice(cases, CASES)):
            for each, before in self._fold_part(part, since):
                _compare(before, each, changes)

    def _fold_part(
        self, part: Sequence[Message | PutAside], since: str
    ) -> Sequence[tuple[FoldedCase, Visit | Order | None]]:
        """Fold and save cases that were read after `since`, or else read again. Each comes with what it was before."""
        hosts = KnownHosts(self._registry)
        for _ in range(ATTEMPTS):
            folded = [fold_case_or_put_aside(case, self._rules, hosts, self._edition) for case in part]
            pairs = [(each, self._stored(each)) for each in folded]
            if self._save(folded, since):
                return pairs
            since = self._now()
            part = self._read_again(part)
        raise Conflict("people were erased or old events removed during every attempt; try again")

    def _now(self) -> str:
        """What tells whether something is erased from now on."""
        return self._store.consumer(SITE_FOLD, cases=SITE_CASES).news(0).since

    def _read_again(self, part: Sequence[Message | PutAside]) -> Sequence[Message | PutAside]:
        again = [self._store.message(each.campaign, each.recipient) for each in part]
        return [case for case in again if case.events]

    def _stored(self, folded: FoldedCase) -> Visit | Order | None:
        if isinstance(folded, VisitState):
            return self._store.visit(folded.visit.site, folded.visit.visitor)
        return self._store.order(folded.site, folded.id) if isinstance(folded, OrderState) else None

    def _save(self, folded: Sequence[FoldedCase], since: str) -> bool:
        if self._dry_run:
            return True
        try:
            self._store.save_site(folded, News(since, since, ()), again=True)
        except Conflict:
            return False
        return True

    def _forget_gone(self, campaign: str, changes: _Changes) -> None:
        for names in self._folded(campaign):
            gone = [name for name in names if not self._store.message(campaign, name).events]
            changes.gone += len(gone)
            if gone and not self._dry_run:
                self._store.forget_cases([(campaign, name) for name in gone])

    def _folded(self, campaign: str) -> Iterator[Sequence[str]]:
        """The names of all cases that are folded, some at a time."""
        after = ""
        while names := self._store.site_cases(campaign, after, CASES):
            yield names
            after = names[-1]


def _compare(before: Visit | Order | None, folded: FoldedCase, changes: _Changes) -> None:
    if isinstance(folded, VisitState):
        changes.visit(before if isinstance(before, Visit) else None, folded.visit)
    elif isinstance(folded, OrderState):
        changes.order(before if isinstance(before, Order) else None, folded.order)
    else:
        changes.aside += 1
