"""Removes what is past its time, a small transaction at a time. It can end between any two, and start over."""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from mailpixel.classify.rules import Rules
from mailpixel.errors import StoreUnavailable
from mailpixel.model import Campaign
from mailpixel.privacy.dropping import Droppable, Dropping
from mailpixel.privacy.retained import Period
from mailpixel.privacy.salts import kept_days
from mailpixel.privacy.site_dropping import SiteDropping
from mailpixel.store.campaigns import ChangedCampaigns
from mailpixel.store.retention import OF_REGISTRY, Going, Holding, Kept, OldRecords, Retention, RetentionRun
from mailpixel.store.salts import Salts
from mailpixel.times import DAY_MS, HOUR_MS

AT_ONCE = 500
"""Rows of one transaction. It holds the write lock for some milliseconds."""
PATIENCE_MS = 7 * DAY_MS
"""How much longer messages stay whose campaign waits to be judged again."""
QUIET_MS = HOUR_MS
"""How long a message must have been without events that is removed although it is still read."""
TRIES = 40
"""How often emptying the write-ahead log is tried. A reader prevents it."""

log = logging.getLogger(__name__)


class RetentionStore(Droppable, Retention, Salts, Protocol):
    """The part of a store that is needed."""


class Holds(Retention, Salts, Protocol):
    """The part of a store that says what it holds."""


class RetentionRegistry(OldRecords, ChangedCampaigns, Protocol):
    """The part of a registry that is needed."""


@dataclass(frozen=True, slots=True)
class Retaining:
    """Goes through everything that is kept for a time. `campaigns` and `rules` are those of this moment."""

    store: RetentionStore
    registry: RetentionRegistry
    campaigns: Callable[[], Mapping[str, Campaign]]
    rules: Callable[[], Rules]

    def due(self, periods: Sequence[Period], now_ms: int) -> Sequence[Period]:
        """The kinds to go through now. Raises `StoreUnavailable`."""
        runs = self.registry.retention_runs()
        return [each for each in periods if _is_due(each, runs.get(each.retained.kind), now_ms)]

    def rounds(self, periods: Sequence[Period], now_ms: int) -> Iterator[int]:
        """Go through these kinds. After each transaction it gives how many rows that removed.

        What fails is logged, and does not keep the other kinds. Raises `StoreUnavailable`.
        """
        for period in periods:
            if period.waiting:
                continue
            kind, removed = period.retained.kind, 0
            try:
                for rows in self._of(kind, period.before_ms(now_ms), now_ms):
                    removed += rows
                    yield rows
            except StoreUnavailable:
                raise
            except Exception as error:
                log.error("what is kept of %s cannot be removed (%s)", kind, type(error).__name__)
                continue
            self.registry.note_retention(kind, now_ms, removed)
        yield from self._tidy()

    def _of(self, kind: Kept, before_ms: int, now_ms: int) -> Iterator[int]:
        if not before_ms:
            return iter(())
        match kind:
            case Kept.SALTS:
                return self._salts(now_ms)
            case Kept.DETAILS | Kept.FULL_DETAILS:
                return self._details(kind is Kept.FULL_DETAILS, before_ms)
            case Kept.EVENTS:
                return self._events(before_ms, now_ms)
            case Kept.SITE_DETAILS:
                return self._dropped(SiteDropping(self.store, self.rules), before_ms)
            case Kept.SITE_EVENTS:
                return self._site_events(before_ms)
            case Kept.LAST_OPENS | Kept.REPORTS:
                return _all(partial(self.store.remove_days, kind, before_ms, AT_ONCE))
            case _:
                return _all(partial(self.registry.remove_old, kind, before_ms, AT_ONCE))

    def _salts(self, now_ms: int) -> Iterator[int]:
        """Web processes do this at midnight, too; here it is done where none runs."""
        kept = kept_days(now_ms // DAY_MS)
        past = [day for day in self.store.salt_days() if day not in kept]
        if past and self.store.drop_salts(kept):
            yield len(past)

    def _details(self, full: bool, before_ms: int) -> Iterator[int]:
        return self._dropped(Dropping(self.store, self.campaigns(), self.rules, full), before_ms)

    def _dropped(self, dropping: Dropping | SiteDropping, before_ms: int) -> Iterator[int]:
        more = True
        while more:
            hits, more = dropping.round(before_ms, AT_ONCE)
            yield hits

    def _site_events(self, before_ms: int) -> Iterator[int]:
        after = b""
        while True:
            removed = self.store.forget_site_past(before_ms, after, AT_ONCE)
            after = removed.after
            yield removed.events
            if not after:
                return

    def _events(self, before_ms: int, now_ms: int) -> Iterator[int]:
        for going in goings(self.registry, before_ms, now_ms):
            yield from self._messages(going)

    def _messages(self, going: Going) -> Iterator[int]:
        after = b""
        while True:
            removed = self.store.forget_past(going.before_ms, after, AT_ONCE, going.spared, going.quiet_ms)
            after = removed.after
            yield removed.events
            if not after:
                return

    def _tidy(self) -> Iterator[int]:
        """Each time, because a reader may have prevented it the last time."""
        for _ in range(TRIES):
            if self.store.tidy():
                return
            yield 0


def goings(registry: ChangedCampaigns, before_ms: int, now_ms: int) -> Sequence[Going]:
    """Which messages go, where `before_ms` is the moment before which a message is old.

    Messages of campaigns that wait to be judged again stay a few days longer, so that they count as judged. A message
    that is read for years, in a campaign without a time of sending, goes after twice the time.
    """
    if not before_ms:
        return ()
    waiting = frozenset((*registry.stale(), *registry.relinked()))
    found = []
    for spared, longer_ms in ((waiting, 0), (frozenset[str](), PATIENCE_MS))[: 2 if waiting else 1]:
        old_ms, twice_ms = before_ms - longer_ms, 2 * before_ms - now_ms - longer_ms
        found.append(Going(max(old_ms, 0), max(old_ms, 0), spared))
        found.append(Going(max(twice_ms, 0), now_ms - QUIET_MS, spared))
    return found


def held(store: Holds, registry: RetentionRegistry, period: Period, now_ms: int) -> Holding:
    """What is stored of a kind, and how much of it `Retaining` would remove now. It may take seconds.

    Of details it may remove a little more: hits that follow others closely go with them.
    """
    kind, before_ms = period.retained.kind, period.before_ms(now_ms)
    if kind in OF_REGISTRY:
        return registry.holding(kind, before_ms)
    found = store.holding(kind, before_ms)
    if kind is Kept.EVENTS:
        return found._replace(past=store.going(goings(registry, before_ms, now_ms)))
    if kind is Kept.SALTS:
        kept = kept_days(now_ms // DAY_MS)
        return found._replace(past=sum(day not in kept for day in store.salt_days()))
    return found


def _all(remove: Callable[[], int]) -> Iterator[int]:
    """Remove rows until fewer come than were asked for."""
    while (removed := remove()) == AT_ONCE:
        yield removed
    yield removed


def _is_due(period: Period, run: RetentionRun | None, now_ms: int) -> bool:
    """A run in the future was noted by a clock that was ahead."""
    return not period.waiting and (run is None or not 0 <= now_ms - run.at_ms < period.retained.every_ms)
