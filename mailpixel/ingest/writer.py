"""The thread that writes events. It tries until the store takes them, and tells the event loop when it has."""

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Sequence
from itertools import chain
from queue import SimpleQueue
from typing import NamedTuple, TypeVar

from mailpixel.errors import MailpixelError, StoreUnavailable
from mailpixel.ingest.batches import Share
from mailpixel.model import Event
from mailpixel.store.log import EventWriter, Overflow

FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.05, 1.0
"""How long to wait before a write is tried again: twice as long each time."""

Item = TypeVar("Item", Event, Overflow)

log = logging.getLogger(__name__)


class Handed(NamedTuple):
    """What is written at one time. `blank`: where there is no event, something is written that takes as long."""

    events: Sequence[Event] = ()
    shares: Sequence[Share] = ()
    overflow: Sequence[Overflow] = ()
    evidence: Sequence[Event] = ()
    blank: bool = False


class Writer:
    """Writes what it is handed, one after the other. `failing` says that the store takes nothing at present.

    On the event loop it calls `committed` with the number of events that the store can never take, and `settle` with a
    share and what became of each of its events; in its own thread `on_commit(seconds, events)` after each write.
    """

    def __init__(
        self,
        store: EventWriter,
        loop: asyncio.AbstractEventLoop,
        committed: Callable[[int], object],
        settle: Callable[[Share, Sequence[bool]], object],
        on_commit: Callable[[float, int], None],
    ) -> None:
        self._store, self._loop = store, loop
        self._committed, self._settle_share, self._on_commit = committed, settle, on_commit
        self._handed: SimpleQueue[Handed | None] = SimpleQueue()
        self._stopping = threading.Event()
        self.failing = False
        self._thread = threading.Thread(target=self._run, name="mailpixel-writer", daemon=True)
        self._thread.start()

    def hand(self, handed: Handed) -> None:
        """Have this written."""
        self._handed.put(handed)

    async def stop(self, within_s: float) -> None:
        """End the thread. What the store still refuses is not tried again."""
        self._stopping.set()
        self._handed.put(None)
        await asyncio.to_thread(self._thread.join, within_s)

    # The methods from here on run in the thread.

    def _run(self) -> None:
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
        self._loop.call_soon_threadsafe(self._settle_share, share, outcomes)

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
