"""Bounds the connections of a worker, and the bytes that they sent ahead. One object serves all connections.

When it is full, new connections still get in: those that have waited longest without a request make room.
"""

from collections import Counter
from collections.abc import Collection
from enum import StrEnum
from operator import itemgetter
from typing import Protocol

HELD_BYTES = 16 * 1024**2
"""Most bytes that all connections of a worker together may send ahead of their answers."""
ROOM = 64
"""When there are too many connections, one in this many is ended at a time."""


class Ended(StrEnum):
    """Why a connection was ended, or its request refused."""

    TOO_MANY = "too_many"
    """There were too many connections, and this one had been idle for longest or all others were busy."""
    SLOW_REQUEST = "slow_request"
    """The client did not send the headers of its request in time."""
    SLOW_BODY = "slow_body"
    """The rest of a body did not come in time."""
    NOT_READ = "not_read"
    """Its client did not read the answer."""
    TOO_MUCH_AHEAD = "too_much_ahead"
    """It sent requests ahead when there was no room for them."""
    BAD_REQUEST = "bad_request"
    """It sent something that is not HTTP."""
    LONG_TARGET = "long_target"
    """The URL of the request was too long."""
    LARGE_HEADERS = "large_headers"
    """The request had too many headers, or too large ones."""
    LARGE_BODY = "large_body"
    """The client sent a long body where none was expected."""


class HttpConnection(Protocol):
    """What the door needs from a connection."""

    @property
    def waits_since(self) -> float | None:
        """Since when it has waited for a request, on the clock of the loop; None while it has one."""
        ...

    def leave(self, why: Ended) -> None:
        """End at once."""
        ...


class Door:
    """The bounds of one worker. `draining`: the worker is ending, and each connection gets one more answer at most."""

    def __init__(self, most: int, held_bytes: int = HELD_BYTES) -> None:
        self.most = most
        self.draining = False
        self.ended: Counter[Ended] = Counter()
        self._held = 0
        self._held_bytes = held_bytes

    def make_room(self, connections: Collection[HttpConnection], newcomer: HttpConnection) -> None:
        """End the connections that have waited longest, or the newcomer when all others are busy."""
        waiting = [
            (since, each)
            for each in connections
            if each is not newcomer and (since := each.waits_since) is not None
        ]
        waiting.sort(key=itemgetter(0))
        for _, each in waiting[: max(len(connections) - self.most, self.most // ROOM)]:
            each.leave(Ended.TOO_MANY)
        if not waiting:
            newcomer.leave(Ended.TOO_MANY)

    def hold(self, size_bytes: int) -> bool:
        """Reserve room for bytes sent ahead, until `let_go`. Returns whether there was room."""
        if self._held + size_bytes > self._held_bytes:
            return False
        self._held += size_bytes
        return True

    def let_go(self, size_bytes: int) -> None:
        """Release the room of bytes that were read or discarded."""
        self._held -= size_bytes
