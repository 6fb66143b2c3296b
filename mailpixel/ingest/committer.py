"""Group commit: hits join the current group, one thread writes the group, then its hits are answered.

While the thread writes one group the next one fills, so a busier service puts more hits into each commit. A
hit whose commit takes longer than the bound is answered anyway and stays queued: the reader never waits for
our disk. While the store cannot write, hits are answered at once and kept in memory, up to a limit.

A hit that is not recorded waits for the same commit as the others, so the time of its answer does not tell. For a
group of such hits alone a blank row is written and deleted.

Events of streams get a share of each commit, and their streams wait for it. Overflow counts and hits with a
broken signature may be late: they are written once a second.
"""

import asyncio
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from itertools import chain
from queue import SimpleQueue
from typing import NamedTuple, TypeVar

from mailpixel.errors import MailpixelError, StoreUnavailable
from mailpixel.ingest.batches import Batch, Batches, Share
from mailpixel.ingest.evidence import Evidence
from mailpixel.ingest.group import Decide, Group, SendAnswer, TimeLimit
from mailpixel.ingest.held import Counted
from mailpixel.model import Event
from mailpixel.store.log import EventWriter, Overflow

LARGEST_COMMIT = 5_000
"""Most events in one transaction, so that a long queue does not block other writers for long."""

GATHER_S = 0.001
"""How long a group gathers hits before it is written. A commit costs as much as writing forty hits."""

LATE_EVERY_S = 1.0
"""How often to write overflow counts and evidence, which no answer waits for."""

BATCH_WITHIN_S = 30.0
"""How long a stream waits for the commit of a batch. No reader waits for it."""

FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.05, 1.0

Item = TypeVar("Item", Event, Overflow)

log = logging.getLogger(__name__)


class Handed(NamedTuple):
    """What the writing thread gets at one time."""

    events: Sequence[Event] = ()
    shares: Sequence[Share] = ()
    overflow: Sequence[Overflow] = ()
    evidence: Sequence[Event] = ()
    blank: bool = False


class Committer:
    """Writes events durably, many to a commit. Use it from one event loop; `store.append` runs in its own thread.

    `on_commit(seconds, events)` is called after each commit, for the metrics. `take_counted` takes the hits that are
    counted without their recipients; it returns False when there is no room for one.
    """

    def __init__(
        self,
        store: EventWriter,
        answer_within_ms: int,
        queue_hits: int,
        on_commit: Callable[[float, int], None] = lambda seconds, events: None,
        take_counted: Callable[[Counted], bool] = lambda counted: True,
    ) -> None:
        self._store = store
        self._queue_hits = queue_hits
        self._on_commit = on_commit
        self._take_counted = take_counted
        self._waiting: deque[Group] = deque()
        self._batches = Batches()
        self._overflow: dict[tuple[str, str, int], Overflow] = {}
        self._evidence = Evidence()
        self._late_due = False
        self._handed: SimpleQueue[Handed | None] = SimpleQueue()
        self._writing: list[Group] | None = None
        self._stopping = threading.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._thread = threading.Thread(target=self._write, name="mailpixel-writer", daemon=True)
        self._loop = asyncio.get_running_loop()
        self._time_limit = TimeLimit(self._loop, answer_within_ms / 1000, self._late)
        self._deciding: Group | None = None
        self._flush: asyncio.TimerHandle | None = None
        self.pending = 0
        self.rejected = 0
        self.failing = False
        self._thread.start()

    def gather(self, decide: Decide) -> None:
        """Call `decide` when the current group is handed over; at once while hits do not wait for a commit."""
        if self.failing or self.pending >= self._queue_hits:
            decide()
        else:
            self._group().undecided.append(decide)

    def join(self, event: Event, answer: SendAnswer) -> bool:
        """Put an event into the current group. `answer` is called when the hit may be answered, perhaps at once.

        Returns False when the queue is full: the event was not taken and `answer` is not called.
        """
        if self.pending >= self._queue_hits:
            return False
        group = self._group()
        group.events.append(event)
        self.pending += 1
        if self.failing:
            answer(False)
        else:
            group.answers.append(answer)
        return True

    def join_all(self, events: Sequence[Event], answer: SendAnswer) -> bool:
        """Put the events of one hit into the current group, so that all of them are written or none."""
        if self.pending >= self._queue_hits:
            return False
        group = self._group()
        group.events += events
        self.pending += len(events)
        if self.failing:
            answer(False)
        else:
            group.answers.append(answer)
        return True

    def wait(self, answer: SendAnswer) -> None:
        """Call `answer` when a hit that joins now may be answered, without recording anything; perhaps at once."""
        if self.failing or self.pending >= self._queue_hits:
            answer(False)
        else:
            self._group().answers.append(answer)

    def count_view(self, counted: Counted) -> bool:
        """Pass on a hit that is counted without its recipient. Returns False when there is no room for it."""
        return self._take_counted(counted)

    def count_overflow(self, overflow: Overflow) -> None:
        """Queue a count past the cap. It is written within about a second."""
        self._overflow[overflow.campaign, overflow.recipient, overflow.day] = overflow
        self._write_late()

    def note(self, evidence: Event) -> bool:
        """Queue a hit with a broken signature. It is logged about a second later, if its message has events.

        Returns False when there is no room for it.
        """
        if not self._evidence.add(evidence):
            return False
        self._write_late()
        return True

    async def append(self, events: Sequence[Event], within_s: float = BATCH_WITHIN_S) -> Sequence[bool]:
        """Write a batch together with the hits of readers. Says of each event, in order, whether it is durable.

        An event that is not durable within `within_s` will not be written later
        either, so it may be sent again.
        """
        batch = Batch(events, self._loop.create_future())
        if not events:
            return ()
        self._batches.add(batch)
        self._wake()
        timer = self._loop.call_later(within_s, self._batches.give_up, batch)
        try:
            return await batch.done
        finally:
            timer.cancel()
            self._batches.give_up(batch)

    async def stop(self, within_s: float) -> int:
        """Write the queue, then end the thread. Returns how many events were not written within `within_s`."""
        if self._flush is not None:
            self._flush.cancel()
            self._flush_late()
        try:
            await asyncio.wait_for(self._idle.wait(), within_s)
        except TimeoutError:
            log.error("stopped with %d hits that could not be written to the store", self.pending)
        self._stopping.set()
        self._handed.put(None)
        await asyncio.to_thread(self._thread.join, within_s)
        self._batches.end()
        return self.pending

    def _group(self) -> Group:
        """The group that hits join now: their own while it is decided about."""
        if self._deciding is not None:
            return self._deciding
        group = self._waiting[-1] if self._waiting else None
        if group is None or group.answered or len(group.events) + len(group.undecided) >= LARGEST_COMMIT:
            return self._open_group()
        return group

    def _open_group(self) -> Group:
        group = self._time_limit.open_group()
        self._waiting.append(group)
        if len(self._waiting) == 1:
            self._wake()
        return group

    def _decide(self, group: Group) -> None:
        """Decide about the hits of a group that waited for it."""
        self._deciding, undecided, group.undecided = group, group.undecided, []
        for decide in undecided:
            decide()
        self._deciding = None

    def _late(self, group: Group) -> None:
        """Answer a group whose time limit has come."""
        self._decide(group)
        group.answer(False)

    def _wake(self) -> None:
        """Schedule a write of everything that waits."""
        self._idle.clear()
        if self._writing is None:
            self._loop.call_later(GATHER_S, self._hand_over)

    def _write_late(self) -> None:
        if self._flush is None:
            self._flush = self._loop.call_later(LATE_EVERY_S, self._flush_late)

    def _flush_late(self) -> None:
        self._flush = None
        self._late_due = True
        self._idle.clear()
        self._hand_over()

    def _hand_over(self) -> None:
        """Give the waiting items to the thread, unless it is busy. It asks again when it is done."""
        if self._writing is not None:
            return
        for group in self._waiting:
            self._decide(group)
        groups: list[Group] = []
        size = 0
        while self._waiting and (not groups or size + len(self._waiting[0].events) <= LARGEST_COMMIT):
            groups.append(self._waiting.popleft())
            size += len(groups[-1].events)
        shares = self._batches.take()
        overflow, evidence = self._take_late()
        if not (groups or shares or overflow or evidence):
            self._idle.set()
            return
        self._writing = groups
        events = list(chain(*(group.events for group in groups)))
        self._handed.put(Handed(events, shares, overflow, evidence, blank=bool(groups) and not events))

    def _take_late(self) -> tuple[list[Overflow], list[Event]]:
        if not self._late_due:
            return [], []
        self._late_due = False
        overflow, self._overflow = list(self._overflow.values()), {}
        return overflow, self._evidence.take()

    def _committed(self, rejected: int) -> None:
        groups, self._writing = self._writing or [], None
        self.rejected += rejected
        for group in groups:
            self.pending -= len(group.events)
            group.answer(True)
        if self._waiting or self._batches or self._late_due:
            self._wake()
        else:
            self._idle.set()

    # The methods from here on run in the writing thread.

    def _write(self) -> None:
        while (handed := self._handed.get()) is not None:
            rejected = self._append_until_written(handed)
            if rejected is None or self._loop.is_closed():
                return
            self._loop.call_soon_threadsafe(self._committed, rejected)
            if handed.evidence:
                self._append_evidence(handed.evidence)

    def _append_until_written(self, handed: Handed) -> int | None:
        """Try until the store takes the events. Returns how many it can never take; None when it had to stop."""
        pause_s = FIRST_PAUSE_S
        shares = handed.shares
        while True:
            shares = self._wanted(shares)
            started = time.perf_counter()
            events = [*handed.events, *chain(*(share.events for share in shares))]
            try:
                left_out = {event.id for event in _write_by_halves(self._store.append, events)}
                if handed.blank and not events:
                    self._store.append_blank()
                if handed.overflow:
                    _write_by_halves(self._store.raise_overflow, handed.overflow)
            except StoreUnavailable as error:
                if not self.failing:
                    log.error("the store cannot write, hits are kept in memory: %s", error)
                self.failing = True
                if self._stopping.wait(pause_s):
                    return None
                pause_s = min(pause_s * 2, LONGEST_PAUSE_S)
            else:
                if self.failing:
                    log.warning("the store writes again")
                self.failing = False
                self._on_commit(time.perf_counter() - started, len(events))
                for share in shares:
                    self._settle(share, [event.id not in left_out for event in share.events])
                return len(left_out)

    def _wanted(self, shares: Sequence[Share]) -> Sequence[Share]:
        """The shares that a stream still waits for. The others are never written."""
        wanted = []
        for share in shares:
            if share.batch.given_up:
                self._settle(share, [False] * len(share.events))
            else:
                wanted.append(share)
        return wanted

    def _settle(self, share: Share, outcomes: Sequence[bool]) -> None:
        self._loop.call_soon_threadsafe(self._batches.settle, share, outcomes)

    def _append_evidence(self, hits: Sequence[Event]) -> None:
        """Log hits with a broken signature where allowed. They are lost when the store cannot take them."""
        try:
            self._store.append_evidence(hits)
        except MailpixelError:
            pass
        except Exception:
            log.exception("hits with a broken signature could not be logged and are lost")


def _write_by_halves(write: Callable[[Sequence[Item]], None], items: Sequence[Item]) -> list[Item]:
    """Write the items, halving a part that the store refuses for its content. Returns the items left out."""
    try:
        write(items)
    except StoreUnavailable:
        raise
    except MemoryError as error:  # it says nothing of the content
        raise StoreUnavailable(
            "out of memory; free some memory, or raise the limit of the service"
        ) from error
    except Exception:
        if len(items) <= 1:
            log.exception("an event was left out because the store cannot take it")
            return list(items)
        half = len(items) // 2
        return _write_by_halves(write, items[:half]) + _write_by_halves(write, items[half:])
    return []
