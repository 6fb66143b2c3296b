"""How often each page of a site was viewed on each day (UTC), by people and by machines.

Visits that retention removed count in the numbers of their day, but which pages they viewed is not known any more.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import islice
from typing import Annotated, Protocol

from msgspec import Meta
from msgspec import field as named

from mailpixel.errors import InvalidInput
from mailpixel.measure.latest import begin_of_latest
from mailpixel.model import Verdict
from mailpixel.report.answer import Answer, Count, Iso
from mailpixel.report.moments import iso_ms
from mailpixel.site.names import PAGE_VIEW
from mailpixel.site_model import Site, Visit
from mailpixel.store.site_projections import ReadSiteProjections
from mailpixel.times import DAY_MS, EPOCH

DAYS, MOST_DAYS = 7, 92
MOST_PAGES = 100
"""Pages of a day that are listed."""
MOST_READ = 50_000
"""Visits that are read: the latest of the period."""


class StoreOfViews(ReadSiteProjections, Protocol):
    """A store, as page views read it."""

    def kept_page_views(self, site: str) -> Mapping[int, Mapping[str, int]]:
        """What removed visits were, by day; see `Retention`."""
        ...


class PageRow(Answer, frozen=True):
    """A page on a day: its views by people and machines, and the visits of people that viewed it."""

    page: Annotated[str, Meta(description="Its path.")]
    human: Count
    machine: Count
    visits: Count


class DayOfPages(Answer, frozen=True):
    """A day (UTC): visits, page views, and the pages that people viewed most. `other_pages` are not listed.

    Of `removed` visits, which retention took away, only the numbers of the day are known.
    """

    day: str
    visits_human: Count
    visits_machine: Count
    visits_internal: Count
    views_human: Count
    views_machine: Count
    removed: Count
    pages: list[PageRow]
    other_pages: Count


class PageViews(Answer, frozen=True):
    """Page views of a site by day and page, the latest day first.

    Of all `visits` of the period the latest `read` were read, those since `read_since`.
    """

    site: str
    from_: Iso = named(name="from")
    to: Iso
    visits: Count
    read: Count
    read_since: Iso
    days: list[DayOfPages]


@dataclass(slots=True)
class _Day:
    """Counts of a day. Classes are human, machine and internal; `pages` are by page and class."""

    visits: Counter[str] = field(default_factory=Counter)
    views: Counter[str] = field(default_factory=Counter)
    pages: Counter[tuple[str, str]] = field(default_factory=Counter)
    visitors: Counter[str] = field(default_factory=Counter)
    removed: int = 0

    def add(self, visit: Visit) -> None:
        of = class_of(visit.verdict)
        viewed = [step.what for step in visit.steps if step.name == PAGE_VIEW and not step.repeat]
        self.visits[of] += 1
        self.views[of] += len(viewed)
        self.pages.update((page, of) for page in viewed)
        if of == "human":
            self.visitors.update(set(viewed))

    def add_kept(self, kept: Mapping[str, int]) -> None:
        for measure, number in kept.items():
            what, _, verdict = measure.partition(".")
            of = class_of(Verdict(verdict))
            (self.visits if what == "visits" else self.views)[of] += number
            self.removed += number if what == "visits" else 0


def class_of(verdict: Verdict) -> str:
    """Whether a verdict is of people, machines, or the operator's own."""
    return {Verdict.HUMAN: "human", Verdict.INTERNAL: "internal"}.get(verdict, "machine")


def period_of(from_ms: int | None, until_ms: int | None, now_ms: int) -> tuple[int, int]:
    """The period that is asked for: the last 7 days where nothing is said. Raises `InvalidInput` for a longer one."""
    until_ms = now_ms + 1 if until_ms is None else until_ms
    from_ms = (until_ms - 1) // DAY_MS * DAY_MS - (DAYS - 1) * DAY_MS if from_ms is None else from_ms
    if until_ms <= from_ms:
        raise InvalidInput("to", "must come after the beginning of the period")
    if until_ms - from_ms > MOST_DAYS * DAY_MS:
        raise InvalidInput("from", f"must be at most {MOST_DAYS} days before the end of the period")
    return from_ms, until_ms


def page_views(store: StoreOfViews, site: Site, from_ms: int, until_ms: int) -> PageViews:
    """Count the page views of a period. The latest visits are read, one after the other."""
    begin_ms, known = begin_of_latest(store, site, from_ms, until_ms, MOST_READ)
    days: defaultdict[int, _Day] = defaultdict(_Day)
    read = 0
    for visit in islice(store.visits(site.id, begin_ms, until_ms), MOST_READ):
        read += 1
        days[visit.first_ms // DAY_MS].add(visit)
    for day, kept in store.kept_page_views(site.id).items():
        if from_ms <= day * DAY_MS < until_ms:
            days[day].add_kept(kept)
    return PageViews(
        site=site.id,
        from_=iso_ms(from_ms),
        to=iso_ms(until_ms),
        visits=known,
        read=read,
        read_since=iso_ms(begin_ms),
        days=[_row(day, counts) for day, counts in sorted(days.items(), reverse=True)],
    )


def _row(day: int, counts: _Day) -> DayOfPages:
    human, machine = (
        {page: number for (page, kind), number in counts.pages.items() if kind == of}
        for of in ("human", "machine")
    )
    pages = sorted({*human, *machine}, key=lambda page: (-human.get(page, 0), -machine.get(page, 0), page))
    return DayOfPages(
        day=f"{EPOCH + timedelta(days=day):%Y-%m-%d}",
        visits_human=counts.visits["human"],
        visits_machine=counts.visits["machine"],
        visits_internal=counts.visits["internal"],
        views_human=counts.views["human"],
        views_machine=counts.views["machine"],
        removed=counts.removed,
        pages=[
            PageRow(page, human.get(page, 0), machine.get(page, 0), counts.visitors[page])
            for page in pages[:MOST_PAGES]
        ],
        other_pages=max(len(pages) - MOST_PAGES, 0),
    )
