"""What lint looks at: counts over the visits of a site in some days, gathered in one pass.

The latest visits are read, one after the other. What stands only in the log, such as the problems of events, is
read for every visit of a small site, and for every n-th visit of a large one.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice, pairwise
from typing import Protocol

from mailpixel.kinds import EventKind
from mailpixel.measure.latest import begin_of_latest
from mailpixel.site.names import PAGE_VIEW, PURCHASE
from mailpixel.site_model import OrderSource, Site, Visit, VisitStep, read_step
from mailpixel.store.log import MessageReader
from mailpixel.store.order_sums import OrderKind
from mailpixel.store.site_projections import ReadSiteProjections

MOST_READ = 20_000
"""The latest visits that are read. Of a busy site that is less than the whole period."""
FULLY_READ = 2_000
"""About how many visits are read in full."""
SAME_MOMENT_MS = 50
ORDER: Sequence[str] = (
    "view_item",
    "add_to_cart",
    "begin_checkout",
    "add_shipping_info",
    "add_payment_info",
    PURCHASE,
)
"""The steps of a shop in their order."""


class ReadsEvents(ReadSiteProjections, MessageReader, Protocol):
    """A store, as lint reads it."""


@dataclass(slots=True)
class Evidence:
    """Counts over visits, of people and machines alike: a fault of a page shows in both.

    `problems` and `named` count events of the visits that were read in full, by (name, problem) and by name.
    Of `known` visits of the period `visits` were read, those that began at `from_ms` or later.
    `preceded` and `followed` count visits with the later of two neighbouring steps: those with the earlier step before
    it, and all. `last_ms` is when each name was seen last. Of orders, `differing` have reports of different money.
    `refused` are names of events that pages sent lately and that the site does not have.
    """

    first_ms: int | None = None
    from_ms: int = 0
    known: int = 0
    visits: int = 0
    fully_read: int = 0
    events: int = 0
    with_id: int = 0
    repeats: int = 0
    page_views: int = 0
    other_pages: int = 0
    twins: int = 0
    names: Counter[str] = field(default_factory=Counter)
    last_ms: dict[str, int] = field(default_factory=dict)
    problems: Counter[tuple[str, str]] = field(default_factory=Counter)
    named: Counter[str] = field(default_factory=Counter)
    consents: Counter[tuple[str, str]] = field(default_factory=Counter)
    ages_ms: list[int] = field(default_factory=list)
    preceded: defaultdict[tuple[str, str], int] = field(default_factory=lambda: defaultdict(int))
    followed: defaultdict[tuple[str, str], int] = field(default_factory=lambda: defaultdict(int))
    orders: int = 0
    of_server: int = 0
    with_both: int = 0
    differing: int = 0
    refused: Mapping[str, int] = field(default_factory=dict)

    def problem(self, name: str, *problems: str) -> int:
        """How many events of a name have one of these problems."""
        return sum(self.problems[name, each] for each in problems)

    def of_any(self, *problems: str) -> int:
        """How many events of any name have one of these problems."""
        return sum(number for (_, problem), number in self.problems.items() if problem in problems)


def gather(store: ReadsEvents, site: Site, from_ms: int, until_ms: int) -> Evidence:
    """The evidence of the latest visits of a period, and of the orders of that time."""
    found = Evidence()
    found.first_ms = store.first_visit(site.id)
    found.from_ms, found.known = begin_of_latest(store, site, from_ms, until_ms, MOST_READ)
    from_ms = found.from_ms
    every = max(min(found.known, MOST_READ) // FULLY_READ, 1)
    for place, visit in enumerate(islice(store.visits(site.id, from_ms, until_ms), MOST_READ)):
        _add_visit(found, visit)
        if place % every == 0:
            _add_events(found, store, site, visit.visitor)
    for each in store.order_sums(site.id, from_ms, until_ms):
        found.orders += each.number
        found.of_server += each.number * (OrderKind.SERVER in each.kind)
        found.with_both += each.number * (each.kind.source is OrderSource.BOTH)
        found.differing += each.number * (OrderKind.DIFFERS in each.kind)
    return found


def _add_visit(found: Evidence, visit: Visit) -> None:
    found.visits += 1
    for step in visit.steps:
        found.events += 1
        found.with_id += bool(step.id)
        found.repeats += step.repeat
        found.names[step.name] += 1
        found.last_ms[step.name] = max(step.at_ms, found.last_ms.get(step.name, 0))
    views = [step for step in visit.steps if step.name == PAGE_VIEW and not step.repeat]
    found.page_views += len(views)
    found.twins += sum(_are_twins(one, other) for one, other in pairwise(views))
    bought = {step.at_ms for step in visit.steps if step.name == PURCHASE}
    found.other_pages += sum(not any(0 <= at - view.at_ms < 60_000 for at in bought) for view in views)
    _add_order(found, visit.steps)


def _are_twins(one: VisitStep, other: VisitStep) -> bool:
    return one.what == other.what and other.at_ms - one.at_ms <= SAME_MOMENT_MS


def _add_order(found: Evidence, steps: Sequence[VisitStep]) -> None:
    """For neighbouring steps of those that the visit may have: whether the earlier came before the later."""
    firsts: dict[str, int] = {}
    for place, step in enumerate(steps):
        firsts.setdefault(step.name, place)
    for before, after in pairwise(ORDER):
        if after in firsts:
            found.followed[before, after] += 1
            found.preceded[before, after] += before in firsts and firsts[before] < firsts[after]


def _add_events(found: Evidence, store: MessageReader, site: Site, visitor: str) -> None:
    found.fully_read += 1
    for event in store.message(site.visits, visitor).events:
        if event.kind is not EventKind.STEP:
            continue
        step = read_step(event.body)
        found.named[step.name] += 1
        found.consents[" ".join(step.consent) or "none", step.source or "none"] += 1
        found.ages_ms.append(max(event.received_at_ms - step.at_ms, 0))
        for problem in step.problems:
            found.problems[step.name, problem] += 1
