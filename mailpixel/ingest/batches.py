"""Events of streams on their way to the log: a share of each commit, so that no reader waits for a bulk import."""

import asyncio
from collections import deque
from collections.abc import Sequence
from typing import NamedTuple

from mailpixel.model import Event

SHARE = 250
"""Events of streams in one commit: a few milliseconds beside what its readers wait for anyway."""


class Batch:
    """Events that one stream waits for. `done` says of each, in order, whether it is durable."""

    def __init__(self, events: Sequence[Event], done: asyncio.Future[Sequence[bool]]) -> None:
        self.events = events
        self.done = done
        self.given_up = False
        """What is not written by now is not written at all. Read by the writing thread."""
        self._outcomes: list[bool] = []

    @property
    def begun(self) -> int:
        """How many of the events, from the first on, are decided."""
        return len(self._outcomes)

    def settle(self, outcomes: Sequence[bool]) -> bool:
        """Note what became of the next events; True when nothing is left to do."""
        self._outcomes += outcomes
        if self.given_up:
            self._outcomes += [False] * (len(self.events) - self.begun)
        if self.begun < len(self.events):
            return False
        if not self.done.done():
            self.done.set_result(self._outcomes)
        return True


class Share(NamedTuple):
    """Some events of a batch that are written together."""

    batch: Batch
    events: Sequence[Event]


class Batches:
    """The batches that wait, in the order in which they get their shares."""

    def __init__(self) -> None:
        self._waiting: deque[Batch] = deque()
        self._out: list[Batch] = []

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def add(self, batch: Batch) -> None:
        """Let a batch wait for its share."""
        self._waiting.append(batch)

    def take(self) -> list[Share]:
        """The shares of the next commit, of as many batches as fit into it."""
        shares: list[Share] = []
        room = SHARE
        while room and self._waiting:
            batch = self._waiting.popleft()
            events = batch.events[batch.begun : batch.begun + room]
            room -= len(events)
            shares.append(Share(batch, events))
            self._out.append(batch)
        return shares

    def settle(self, share: Share, outcomes: Sequence[bool]) -> None:
        """Note what became of a share; its batch waits again when there is more of it."""
        if share.batch not in self._out:  # everything has ended meanwhile
            return
        self._out.remove(share.batch)
        if not share.batch.settle(outcomes):
            self._waiting.append(share.batch)

    def give_up(self, batch: Batch) -> None:
        """Write no more of a batch. Of a share that is being written, the writing thread has the last word."""
        batch.given_up = True
        if batch in self._waiting:
            self._waiting.remove(batch)
            batch.settle(())

    def end(self) -> None:
        """Nothing is written any more: let everybody know."""
        for batch in (*self._waiting, *self._out):
            batch.given_up = True
            batch.settle(())
        self._waiting.clear()
        self._out.clear()
