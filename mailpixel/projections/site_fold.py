"""The fold of web sites: folds whole visits and orders with news. Mail's fold neither waits for it nor knows of it."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from typing import Protocol

from mailpixel.classify.rules import VISIT_EDITION, VISIT_EDITIONS, Rules
from mailpixel.errors import Conflict, NotFound, StoreUnavailable
from mailpixel.model import Message
from mailpixel.projections.lease import Lease, LeaseLost
from mailpixel.projections.orders import fold_order, other_visitors
from mailpixel.projections.saving import Saving, read_again
from mailpixel.projections.visits import NO_HOSTS, fold_visit
from mailpixel.site_model import ORDER_PREFIX, SITE_CASES, CaseKind, case_kind
from mailpixel.store.consumers import Consumers, News
from mailpixel.store.leases import Leases
from mailpixel.store.log import MessageReader, PutAside
from mailpixel.store.registry import RulesEditions
from mailpixel.store.site_projections import SITE_FOLD, FoldedCase, OrderState, SiteProjections, VisitState
from mailpixel.store.sites import SiteReader

NEWS = 50_000
"""Events whose cases are folded together. Each case is folded once, however many of its events are new."""

PART = 200
"""Cases folded and saved at a time. Other writers get the lock in between."""

TURN_MS = 5_000
"""How long one call folds when news keeps coming, so that its caller gets a turn."""

NOTE_EVERY_MS = 20_000
"""How often an idle fold notes that it is up to date."""

Hosts = Mapping[str, Sequence[str]]
"""The hosts of each site, by its id."""


class SiteStore(Consumers, MessageReader, SiteProjections, Protocol):
    """A store, as the fold of sites uses it."""


class SiteRegistry(Leases, RulesEditions, SiteReader, Protocol):
    """A registry, as the fold of sites uses it."""


def _nothing() -> None:
    """The default of `between`: do nothing."""


@dataclass(frozen=True, slots=True)
class SiteFoldOptions:
    """How a fold works.

    It folds the cases of `news` events together and saves `part` cases at a time. `between` is called after each part:
    there a fold gives way to others. It notes every `note_every_ms` that nothing is left.
    """

    news: int = NEWS
    part: int = PART
    note_every_ms: int = NOTE_EVERY_MS
    between: Callable[[], object] = _nothing


def visits_edition(registry: RulesEditions, rules: Rules) -> int:
    """The number of the rules of visits, in the order in which they came into force.

    It rises with those of mail, as both depend on the same lists, and with every release that judges visits otherwise.
    """
    return registry.edition_number(rules.version) * VISIT_EDITIONS + VISIT_EDITION


class KnownHosts(dict[str, Sequence[str]]):
    """The hosts of sites, each looked up once. A site that is not registered has none."""

    def __init__(self, sites: SiteReader) -> None:
        self._sites = sites

    def __missing__(self, id: str) -> Sequence[str]:
        try:
            self[id] = self._sites.site(id).hosts
        except NotFound:
            self[id] = NO_HOSTS
        return self[id]


def fold_case(
    case: Message, rules: Rules, hosts: Sequence[str] = NO_HOSTS, edition: int = 0
) -> VisitState | OrderState:
    """The state of a visit or an order. `hosts` are those of its site, `edition` is the number of the rules."""
    known, dropped = len(case.events), sum(event.decided is not None for event in case.events)
    if case_kind(case.campaign) is CaseKind.ORDER:
        site = case.campaign.removeprefix(ORDER_PREFIX)
        order = fold_order(case)
        others = other_visitors(case, order) if order is not None and order.others else ()
        return OrderState(site, case.recipient, order, known, dropped=dropped, others=others)
    return VisitState(fold_visit(case, rules, hosts), known, edition, dropped)


def fold_case_or_put_aside(
    case: Message | PutAside, rules: Rules, hosts: Hosts, edition: int = 0
) -> FoldedCase:
    """The state of a case, or the case put aside where it cannot be folded, so that all others are."""
    if isinstance(case, PutAside):
        return case
    try:
        return fold_case(case, rules, hosts[case.campaign.partition(":")[2]], edition)
    except StoreUnavailable:
        raise
    except Exception as error:
        return PutAside(case.campaign, case.recipient, type(error).__name__)


class SiteFold:
    """A fold of sites. Of several, the one that holds the lease works. `rules` gives the rules in force."""

    def __init__(
        self,
        store: SiteStore,
        registry: SiteRegistry,
        rules: Callable[[], Rules],
        holder: str,
        options: SiteFoldOptions = SiteFoldOptions(),
    ) -> None:
        self._store = store
        self._consumer = store.consumer(SITE_FOLD, cases=SITE_CASES)
        self._registry = registry
        self._rules = rules
        self._options = options
        self._lease = Lease(registry, SITE_FOLD, holder, options.note_every_ms)
        self._numbered = ("", 0)
        self._retrying = True
        sentence = "a case of %r cannot be folded (%s) and is put aside"
        self._saving = Saving[FoldedCase](store.save_site, _aside, sentence)
        self._saving_again = Saving[FoldedCase](partial(store.save_site, again=True), _aside, sentence)

    def catch_up(self, clock: Callable[[], int], lease_ms: int) -> int | None:
        """Fold until no news is left, or for `TURN_MS`. Returns how many cases had news.

        Returns None when another fold has the lease. `clock` gives milliseconds since 1970. It is asked before every
        part, and an exception that it raises ends the work there without harm.
        """

        def renew() -> None:
            self._lease.hold(clock(), lease_ms)

        folded, end_ms = 0, clock() + TURN_MS
        try:
            while (now_ms := clock()) <= end_ms:
                waits = self._retrying or bool(self._consumer.waiting().events)
                if waits:
                    folded += self._round(renew)
                else:
                    self._lease.note_caught_up(now_ms, lease_ms)
                    break
        except LeaseLost:
            return None
        return folded

    def rules_changed(self) -> None:
        """Try the cases that were put aside again at the next `catch_up`, as a new fold does."""
        self._retrying = True

    def leave(self) -> None:
        """Give up the lease, so that the next fold can start at once."""
        self._lease.drop()

    def _round(self, renew: Callable[[], object]) -> int:
        renew()
        if self._retrying:
            self._retry(renew)
        with suppress(Conflict):  # something was erased meanwhile: the next round reads again
            return self._fold(self._consumer.news(self._options.news), renew)
        return 0

    def _fold(self, news: News, renew: Callable[[], object]) -> int:
        """Fold and save a part at a time. The position moves with the last part, so a crash skips nothing."""
        if news.position == news.since:
            return 0
        fold, cases, done = self._folding(), iter(news.messages), 0
        while len(part := [fold(case) for case in islice(cases, self._options.part)]) == self._options.part:
            self._saving.save(part, replace(news, position=news.since))
            done += len(part)
            self._options.between()
            renew()
        self._saving.save(part, news)
        return done + len(part)

    def _folding(self) -> Callable[[Message | PutAside], FoldedCase]:
        """Folds cases by the rules in force and the sites as they are now."""
        rules, hosts, edition = self._rules(), KnownHosts(self._registry), self._edition()
        return lambda case: fold_case_or_put_aside(case, rules, hosts, edition)

    def _edition(self) -> int:
        version = self._rules().version
        if version != self._numbered[0]:
            self._numbered = (version, visits_edition(self._registry, self._rules()))
        return self._numbered[1]

    def _retry(self, renew: Callable[[], object]) -> None:
        """Try the cases again that were put aside."""
        after = ("", "")
        while page := self._store.site_cases_aside(after, self._options.part):
            after = (page[-1].campaign, page[-1].recipient)
            fold, since = self._folding(), self._consumer.news(0).since
            folded = [fold(read_again(self._store, each)) for each in page]
            with suppress(Conflict):  # something was erased or removed: the next fold tries it again
                self._saving_again.save(folded, News(since, since, ()))
            renew()
        self._retrying = False


def _aside(folded: FoldedCase, error: Exception) -> PutAside:
    campaign, name = (folded.campaign, folded.recipient) if isinstance(folded, PutAside) else folded.key
    return PutAside(campaign, name, type(error).__name__)
