"""Events of API streams on their way to the log. They get a share of each commit, so readers never wait for imports."""

import asyncio
from collections import deque
from collections.abc import Sequence
from typing import NamedTuple

from mailpixel.model import Event

SHARE = 250
"""Most stream events in one commit: they add a few milliseconds to what its readers wait for."""


class Batch:
    """Events that a stream waits for. `done` says of each, in order, whether it is durable."""

    def __init__(self, events: Sequence[Event], done: asyncio.Future[Sequence[bool]]) -> None:
        self.events = events
        self.done = done
        self.given_up = False
        """When true, the remaining events are never written. The writing thread reads it."""
        self._outcomes: list[bool] = []

    @property
    def begun(self) -> int:
        """How many events, counted from the first, are decided."""
        return len(self._outcomes)

    def settle(self, outcomes: Sequence[bool]) -> bool:
        """Note the outcomes of the next events. Returns True when the batch is complete."""
        self._outcomes += outcomes
        if self.given_up:
            self._outcomes += [False] * (len(self.events) - self.begun)
        if self.begun < len(self.events):
            return False
        if not self.done.done():
            self.done.set_result(self._outcomes)
        return True


class Share(NamedTuple):
    """Some events of a batch, written together."""

    batch: Batch
    events: Sequence[Event]


class Batches:
    """The waiting batches, in the order in which they get their shares."""

    def __init__(self) -> None:
        self._waiting: deque[Batch] = deque()
        self._out: list[Batch] = []

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def add(self, batch: Batch) -> None:
        """Let a batch wait for its share."""
        self._waiting.append(batch)

    def take(self) -> list[Share]:
        """The shares of the next commit, from all batches that fit into it."""
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
        """Note the outcomes of a share. Its batch waits again when it has more events."""
        if share.batch not in self._out:  # `end` was called meanwhile
            return
        self._out.remove(share.batch)
        if not share.batch.settle(outcomes):
            self._waiting.append(share.batch)

    def give_up(self, batch: Batch) -> None:
        """Stop writing a batch. The writing thread decides about a share that is being written."""
        batch.given_up = True
        if batch in self._waiting:
            self._waiting.remove(batch)
            batch.settle(())

    def end(self) -> None:
        """Stop writing and wake every waiting stream."""
        for batch in (*self._waiting, *self._out):
            batch.given_up = True
            batch.settle(())
        self._waiting.clear()
        self._out.clear()
