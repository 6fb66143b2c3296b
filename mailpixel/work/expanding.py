"""Moves spooled hits into the log as a consumer at work. The others read what it moved."""

import time
from collections.abc import Callable

from mailpixel.spool.expanding import EXPAND, Spool
from mailpixel.work.consumer_at_work import Clock

LOOK_S = 0.05
"""How often to look for hits. It costs some 20 microseconds where there are none."""
TURN_S = 2.0
"""How long one call works."""


class Expanding:
    """A `ConsumerAtWork` that moves hits from the spool into the log. The lock of the folder is its lease."""

    name = EXPAND

    def __init__(self, spool: Spool, sleep: Callable[[float], None] = time.sleep) -> None:
        self._spool = spool
        self._sleep = sleep

    def catch_up(self, clock: Clock, lease_ms: int) -> int | None:
        """See `ConsumerAtWork`. Returns how many writes were moved."""
        moved, end_s = 0, time.monotonic() + TURN_S
        while time.monotonic() < end_s:
            clock()
            now = self._spool.expand()
            moved += now or 0
            if not now:
                self._sleep(LOOK_S)
        return moved

    def leave(self) -> None:
        """See `ConsumerAtWork`. Nothing is held between two steps."""
