"""The fold: whole messages that have news are judged and saved; a campaign can be judged again from its
events.

Nothing here knows the time or the rules: the clock and the judge are passed in.
"""

import gc
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from itertools import islice
from multiprocessing import get_context, parent_process
from threading import Thread

from mailpixel.errors import Conflict, NotFound
from mailpixel.model import Campaign, Message
from mailpixel.projections.counters import Comparison, Difference
from mailpixel.projections.messages import Judge, fold_message
from mailpixel.store.protocol import MessageState, Registry, Store

BATCH = 20_000
"""Events read at a time by the fold. A message is judged once a batch, however often it was hit."""

RANGE = 20_000
"""Events a worker of a rebuild judges at a time."""

ATTEMPTS = 5
"""How often a rebuild starts over because a person was erased meanwhile."""


@contextmanager
def _no_collecting() -> Iterator[None]:
    """Leave garbage to reference counts for the length of a batch.

    What a batch makes holds no cycles and lives to its end; the collector would walk all of it over and over
    and find nothing, at a sixth of the rate.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


class Fold:
    """One fold of possibly several: it works while it holds the lease. `holder` names it, `judge` gives
    verdicts."""

    def __init__(self, store: Store, registry: Registry, judge: Judge, holder: str) -> None:
        self._store = store
        self._registry = registry
        self._judge = judge
        self._holder = holder

    def catch_up(self, clock: Callable[[], int], lease_ms: int) -> int | None:
        """Fold until there is no news and no stale campaign; returns how many messages were judged.

        None when another fold has the lease, or took it meanwhile. `clock` gives milliseconds since 1970;
        the lease is taken for `lease_ms` and renewed with every batch.
        """
        judged = 0
        while True:
            now_ms = clock()
            if not self._registry.take_lease(self._holder, now_ms, lease_ms):
                return None
            with _no_collecting():
                batch = self._fold_batch()
            if batch:
                judged += batch
            elif not self._refresh_stale(clock, lease_ms):
                # What was logged after `now_ms` may not have been seen.
                self._registry.caught_up(self._holder, now_ms)
                return judged

    def leave(self) -> None:
        """Let the next fold in at once."""
        self._registry.drop_lease(self._holder)

    def _fold_batch(self) -> int:
        """Judge the next batch; returns how many messages it had. Read again when something came in
        between."""
        while True:
            changed = self._store.changed(self._store.cursor(), BATCH)
            if not changed.messages:
                return 0
            known = Campaigns(self._registry)
            states = [
                fold_message(message, self._judge(message, known[message.campaign]))
                for message in changed.messages
            ]
            try:
                self._store.save(states, changed)
            except Conflict:
                continue
            return len(states)

    def _refresh_stale(self, clock: Callable[[], int], lease_ms: int) -> bool:
        """Judge campaigns again that changed; whether there were any."""

        def renew() -> None:
            self._registry.take_lease(self._holder, clock(), lease_ms)

        stale = self._registry.stale()
        for campaign in stale:
            rebuild(self._store, self._registry, self._judge, campaign, Rebuild(processes=1, between=renew))
        return bool(stale)


class Campaigns(dict[str, Campaign]):
    """Campaigns as they are now, each looked up once; one that is not registered has its id and nothing
    else."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    def __missing__(self, id: str) -> Campaign:
        try:
            campaign = self._registry.campaign(id)
        except NotFound:
            campaign = Campaign(id=id, name=id)
        self[id] = campaign
        return campaign


def _nothing() -> None:
    """Between the parts of a rebuild nothing is done."""


@dataclass(frozen=True, slots=True)
class Rebuild:
    """How to rebuild. `dry_run` only compares; `processes` judge at once (0: one a core; with more than one,
    store and judge must be fit for pickling) about `events` events at a time; `between` is called after each part."""

    dry_run: bool = False
    processes: int = 0
    between: Callable[[], None] = _nothing
    events: int = RANGE


def rebuild(
    store: Store, registry: Registry, judge: Judge, campaign: str | None = None, how: Rebuild = Rebuild()
) -> Sequence[Difference]:
    """Judge one campaign, or all that have events, again from the log; returns what changes, by campaign.

    The fold may go on meanwhile: nothing is missed or counted twice, and readers see each campaign's former
    counters until the new ones are complete.

    Raises `Conflict` when a campaign was disturbed too often: a person erased or another rebuild begun each
    time.
    """
    campaigns = store.campaigns() if campaign is None else [campaign]
    return [_rebuild_one(store, registry, judge, id, how) for id in campaigns]


def _rebuild_one(store: Store, registry: Registry, judge: Judge, id: str, how: Rebuild) -> Difference:
    for attempt in range(1, ATTEMPTS + 1):
        known = Campaigns(registry)[id]
        part = Part(store, judge, known)
        comparison = Comparison()
        since = store.cursor()
        states = _judged_states(part, comparison, how)
        try:
            if how.dry_run:
                _exhaust(states)
            else:
                store.replace(id, since, states, part.fold)
                registry.settled(known)
            return comparison.difference(id)
        except Conflict:
            if attempt == ATTEMPTS:
                raise
    raise AssertionError("unreachable")


def _exhaust(states: Iterator[MessageState]) -> None:
    for _ in states:
        pass


@dataclass(frozen=True, slots=True)
class Part:
    """What a worker needs to judge a part of a campaign."""

    store: Store
    judge: Judge
    campaign: Campaign

    def fold(self, message: Message) -> MessageState:
        """The state of one message."""
        return fold_message(message, self.judge(message, self.campaign))

    def judged(self, limits: tuple[str, str]) -> tuple[list[MessageState], Comparison]:
        """The new states of a range of recipients, and how they compare to the stored ones."""
        after, until = limits
        comparison = Comparison()
        with _no_collecting():
            states = [self.fold(message) for message in self.store.messages(self.campaign.id, after, until)]
            comparison.add(self._stored(after, until, len(states) + 1), states)
        return states, comparison

    def _stored(self, after: str, until: str, limit: int) -> dict[str, MessageState]:
        found: dict[str, MessageState] = {}
        while page := self.store.recipients(self.campaign.id, after, limit):
            found |= {state.recipient: state for state in page if state.recipient <= until}
            after = page[-1].recipient
            if after >= until:
                break
        return found


def _judged_states(part: Part, comparison: Comparison, how: Rebuild) -> Iterator[MessageState]:
    """The new states of a campaign, in order of recipient, judged by as many processes as asked for."""
    ranges = part.store.ranges(part.campaign.id, how.events)
    processes = min(how.processes or os.cpu_count() or 1, len(ranges))
    pool = ProcessPoolExecutor(processes, get_context("spawn"), _end_with_parent) if processes > 1 else None
    with pool or nullcontext():
        results = _in_order(pool, part, iter(ranges), processes + 1) if pool else map(part.judged, ranges)
        for states, compared in results:
            comparison.merge(compared)
            yield from states
            how.between()


def _end_with_parent() -> None:
    """A worker whose rebuild was killed would wait for work forever: it ends when its parent does."""
    parent = parent_process()
    if parent is not None:
        Thread(target=_wait_and_exit, args=(parent.join,), daemon=True).start()


def _wait_and_exit(wait: Callable[[], object]) -> None:
    wait()
    os._exit(1)


def _in_order(
    pool: ProcessPoolExecutor, part: Part, ranges: Iterator[tuple[str, str]], ahead: int
) -> Iterator[tuple[list[MessageState], Comparison]]:
    """Results in the order of the ranges, never more than `ahead` of them waiting to be taken."""
    waiting: list[Future[tuple[list[MessageState], Comparison]]] = [
        pool.submit(part.judged, limits) for limits in islice(ranges, ahead)
    ]
    while waiting:
        yield waiting.pop(0).result()
        waiting += [pool.submit(part.judged, limits) for limits in islice(ranges, 1)]
