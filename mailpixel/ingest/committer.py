"""Group commit: hits join the current group, one thread writes the group, then its hits are answered.

While the thread writes one group the next one fills, so the busier the service, the more hits share a commit.
A hit whose commit takes longer than the bound is answered anyway and stays queued: the reader never waits for
our disk. While the store refuses to write, hits are answered at once and kept up to a stated number.
"""

import asyncio
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from queue import SimpleQueue

from mailpixel.errors import StoreUnavailable
from mailpixel.model import Event
from mailpixel.store.protocol import Overflow, Store

LARGEST_COMMIT = 5_000
"""Events in one transaction at the most, so that a long queue does not keep other writers out for long."""

GATHER_S = 0.001
"""How long a group gathers hits before it is handed over: a commit costs as much as writing forty hits."""

OVERFLOW_EVERY_S = 1.0
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.05, 1.0

log = logging.getLogger(__name__)


Answer = Callable[[bool], None]
"""Called once on the event loop: with True after the commit, with False when the bound came first."""


class Group:
    """Hits that are committed and answered together. `answered` says whether the bound came before the commit."""

    __slots__ = ("answered", "answers", "events", "timer")

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.answers: list[Answer] = []
        self.answered = False
        self.timer: asyncio.TimerHandle | None = None

    def answer(self, durable: bool) -> None:
        """Let the hits of the group be answered, unless they are already."""
        if self.answered:
            return
        self.answered = True
        if self.timer is not None:
            self.timer.cancel()
        answers, self.answers = self.answers, []
        for answer in answers:
            answer(durable)


class Committer:
    """Writes events durably, many to a commit. Used from one event loop; `store.append` runs in a thread of its own.

    `on_commit(seconds, events)` is called after each commit, for the metrics.
    """

    def __init__(
        self,
        store: Store,
        answer_within_ms: int,
        queue_hits: int,
        on_commit: Callable[[float, int], None] = lambda seconds, events: None,
    ) -> None:
        self._store = store
        self._answer_within_s = answer_within_ms / 1000
        self._queue_hits = queue_hits
        self._on_commit = on_commit
        self._waiting: deque[Group] = deque()
        self._overflow: dict[tuple[str, str, int], Overflow] = {}
        self._handed: SimpleQueue[tuple[list[Event], list[Overflow]] | None] = SimpleQueue()
        self._writing: list[Group] | None = None
        self._stopping = threading.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._thread = threading.Thread(target=self._write, name="mailpixel-writer", daemon=True)
        self._loop = asyncio.get_running_loop()
        self._flush: asyncio.TimerHandle | None = None
        self.pending = 0
        self.rejected = 0
        self.failing = False
        self._thread.start()

    def join(self, event: Event, answer: Answer) -> bool:
        """Put an event into the current group; `answer` is called when it may be answered, perhaps at once.

        False when the queue is full: the event was not taken and `answer` is not called.
        """
        if self.pending >= self._queue_hits:
            return False
        group = self._waiting[-1] if self._waiting else None
        if group is None or group.answered or len(group.events) >= LARGEST_COMMIT:
            group = self._open_group()
        group.events.append(event)
        self.pending += 1
        if self.failing:
            answer(False)
        else:
            group.answers.append(answer)
        return True

    def count_overflow(self, overflow: Overflow) -> None:
        """Remember a count past the cap; written with the next group or within a second."""
        self._overflow[overflow.campaign, overflow.recipient, overflow.day] = overflow
        if self._flush is None:
            self._flush = self._loop.call_later(OVERFLOW_EVERY_S, self._flush_overflow)

    async def append(self, events: Sequence[Event]) -> None:
        """Write a batch and return when it is durable.

        Raises `StoreUnavailable` when the queue is full or the store does not write within the bound; what was taken
        is still written later.
        """
        answers = [self._loop.create_future() for _ in events]
        taken = [self.join(event, answer.set_result) for event, answer in zip(events, answers, strict=True)]
        durable = await asyncio.gather(*(answer for answer, was in zip(answers, taken, strict=True) if was))
        if not (all(taken) and all(durable)):
            raise StoreUnavailable("the log is not being written at the moment; send the batch again later")

    async def stop(self, within_s: float) -> int:
        """Write what is queued, then end the thread; returns how many events could not be written in time."""
        if self._flush is not None:
            self._flush.cancel()
            self._flush_overflow()
        try:
            await asyncio.wait_for(self._idle.wait(), within_s)
        except TimeoutError:
            log.error("stopped with %d hits that the store would not take", self.pending)
        self._stopping.set()
        self._handed.put(None)
        await asyncio.to_thread(self._thread.join, within_s)
        return self.pending

    def _open_group(self) -> Group:
        group = Group()
        group.timer = self._loop.call_later(self._answer_within_s, group.answer, False)
        self._waiting.append(group)
        if self._writing is None and len(self._waiting) == 1:
            self._loop.call_later(GATHER_S, self._hand_over)
        self._idle.clear()
        return group

    def _flush_overflow(self) -> None:
        self._flush = None
        self._idle.clear()
        self._hand_over()

    def _hand_over(self) -> None:
        """Give the thread what waits, unless it is busy; it asks again when it is done."""
        if self._writing is not None:
            return
        groups: list[Group] = []
        size = 0
        while self._waiting and (not groups or size + len(self._waiting[0].events) <= LARGEST_COMMIT):
            groups.append(self._waiting.popleft())
            size += len(groups[-1].events)
        overflow, self._overflow = list(self._overflow.values()), {}
        if not groups and not overflow:
            self._idle.set()
            return
        self._writing = groups
        self._handed.put(([event for group in groups for event in group.events], overflow))

    def _committed(self, rejected: int) -> None:
        groups, self._writing = self._writing or [], None
        self.rejected += rejected
        for group in groups:
            self.pending -= len(group.events)
            group.answer(True)
        if self._waiting or self._overflow:
            self._loop.call_later(GATHER_S, self._hand_over)
        else:
            self._idle.set()

    # From here on: the writing thread.

    def _write(self) -> None:
        while (handed := self._handed.get()) is not None:
            rejected = self._append_until_written(*handed)
            if rejected is None or self._loop.is_closed():
                return
            self._loop.call_soon_threadsafe(self._committed, rejected)

    def _append_until_written(self, events: list[Event], overflow: list[Overflow]) -> int | None:
        """Try until the store takes it; returns how many events it can never take, or None when told to stop."""
        pause_s = FIRST_PAUSE_S
        while True:
            started = time.perf_counter()
            try:
                rejected = self._append(events, overflow)
            except StoreUnavailable as error:
                if not self.failing:
                    log.error("the store does not write, hits are kept in memory: %s", error)
                self.failing = True
                if self._stopping.wait(pause_s):
                    return None
                pause_s = min(pause_s * 2, LONGEST_PAUSE_S)
            else:
                if self.failing:
                    log.warning("the store writes again")
                self.failing = False
                self._on_commit(time.perf_counter() - started, len(events))
                return rejected

    def _append(self, events: list[Event], overflow: list[Overflow]) -> int:
        """Append, halving a batch that the store refuses for its content until only the culprits are left out."""
        try:
            self._store.append(events, overflow)
        except StoreUnavailable:
            raise
        except Exception:
            if len(events) + len(overflow) <= 1:
                log.exception("an event that the store cannot take was left out")
                return len(events)
            half, rest = len(events) // 2, len(overflow) // 2
            return self._append(events[:half], overflow[:rest]) + self._append(events[half:], overflow[rest:])
        return 0
