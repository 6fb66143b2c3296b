"""Group commit: hits join the current group, one thread writes the group, then its hits are answered.

While the thread writes one group the next one fills, so a busier service puts more hits into each commit. A
hit whose commit takes longer than the bound is answered anyway and stays queued: the reader never waits for
our disk. While the store cannot write, hits are answered at once and kept in memory, up to a limit.

A hit that is not recorded waits for the same commit as the others, so the time of its answer does not tell. For a
group of such hits alone something is written that says nothing.

Events of streams get a share of each commit, and their streams wait for it. Overflow counts and hits with a
broken signature may be late: they are written once a second.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from itertools import chain

from mailpixel.ingest.batches import Batch, Batches
from mailpixel.ingest.evidence import Evidence
from mailpixel.ingest.group import Decide, Group, SendAnswer, TimeLimit
from mailpixel.ingest.held import Counted
from mailpixel.ingest.writer import Handed, Writer
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

log = logging.getLogger(__name__)


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
        self._queue_hits = queue_hits
        self._take_counted = take_counted
        self._waiting: deque[Group] = deque()
        self._batches = Batches()
        self._overflow: dict[tuple[str, str, int], Overflow] = {}
        self._evidence = Evidence()
        self._late_due = False
        self._writing: list[Group] | None = None
        self._idle = asyncio.Event()
        self._idle.set()
        self._loop = asyncio.get_running_loop()
        self._writer = Writer(store, self._loop, self._committed, self._batches.settle, on_commit)
        self._time_limit = TimeLimit(self._loop, answer_within_ms / 1000, self._time_is_up)
        self._deciding: Group | None = None
        self._flush: asyncio.TimerHandle | None = None
        self.pending = 0
        self.rejected = 0

    @property
    def failing(self) -> bool:
        """Whether the store takes nothing at present."""
        return self._writer.failing

    def gather(self, decide: Decide) -> None:
        """Call `decide` when the current group is handed over; at once while hits do not wait for a commit."""
        if self._writer.failing or self.pending >= self._queue_hits:
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
        if self._writer.failing:
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
        if self._writer.failing:
            answer(False)
        else:
            group.answers.append(answer)
        return True

    def wait(self, answer: SendAnswer) -> None:
        """Call `answer` when a hit that joins now may be answered, without recording anything; perhaps at once."""
        if self._writer.failing or self.pending >= self._queue_hits:
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
        await self._writer.stop(within_s)
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

    def _time_is_up(self, group: Group) -> None:
        """Answer a group before it is written."""
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
        self._writer.hand(Handed(events, shares, overflow, evidence, blank=bool(groups) and not events))

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
