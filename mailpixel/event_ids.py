"""Event ids: 16 bytes of received_at (6), edge (4) and position (6), unique over machines and sorted by time.

All reports (deliveries, bounces, complaints and opt-outs) share one edge, and their position is a hash of their
content. Two different reports of the same millisecond collide once in 280,000,000,000,000 pairs.

Earlier releases also hashed into the edge. If a report logged by such a release is sent again, it is logged a
second time. No figure changes, because both say the same of their message, but lists of events show it twice.
"""

import hashlib
import itertools
import os

from mailpixel.kinds import EventKind, Reason
from mailpixel.model import Event, Facts
from mailpixel.times import DAY_MS

LATEST_MS = ((1 << 32) - 1) * 1000
"""The latest time an event can have, in 2106. A clock that is further ahead is cut to it."""
REPORTED_EDGE = bytes(4)
"""The edge of all reports."""


class EventIds:
    """Makes the ids of one process. Its clock never runs backwards, unless it was ahead by more than a day."""

    def __init__(self, edge: bytes | None = None) -> None:
        self.edge = os.urandom(4) if edge is None else edge
        self._positions = itertools.count(1)
        self._last_ms = 0
        self._head = bytes(6) + self.edge

    def next(self, now_ms: int) -> tuple[int, bytes]:
        """(received_at_ms, id) for a hit that arrives now."""
        if now_ms != self._last_ms:
            self._move_to(_bounded(now_ms))
        return self._last_ms, self._head + next(self._positions).to_bytes(6, "big")

    def _move_to(self, now_ms: int) -> None:
        if now_ms < self._last_ms <= now_ms + DAY_MS:
            now_ms = self._last_ms
        self._last_ms = now_ms
        self._head = now_ms.to_bytes(6, "big") + self.edge


def reported_event(
    kind: EventKind, campaign: str, recipient: str, at_ms: int, reason: Reason | None = None
) -> Event:
    """A report as an event. It has no method, because there was no HTTP request.

    The id follows from the content, so a report that is sent twice is logged once, from whichever source: also when
    it is imported later, without the ESP's own id. The moment is the report's and not that of the post, so it stays
    the same when an ESP sends again. Two reports that differ in the moment are two events; no figure counts both.
    """
    at_ms = _bounded(at_ms)
    content = (kind, campaign, recipient) if reason is None else (kind, campaign, recipient, reason)
    said = hashlib.sha256("\0".join(content).encode()).digest()
    id = at_ms.to_bytes(6, "big") + REPORTED_EDGE + said[:6]
    return Event(id, kind, at_ms, "", "", "", Facts.NONE, campaign, recipient, reason=reason)


def reported_claim(kind: EventKind, case: tuple[str, str], at_ms: int, body: str) -> Event:
    """A report about an order as an event of its case. Its id follows from all that it says, as above."""
    at_ms = _bounded(at_ms)
    said = hashlib.sha256("\0".join((kind, *case, body)).encode()).digest()
    id = at_ms.to_bytes(6, "big") + REPORTED_EDGE + said[:6]
    return Event(id, kind, at_ms, "", "", "", Facts.NONE, *case, body=body)


def _bounded(at_ms: int) -> int:
    return min(max(at_ms, 0), LATEST_MS)
