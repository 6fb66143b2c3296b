"""A deadline with one timer, however often it changes."""

import asyncio
from collections.abc import Callable
from math import inf


class Deadline:
    """Calls `late()` when what was expected last did not happen in time.

    `since` is when it was set, on the clock of the loop. The timer often fires early and is then set again:
    that costs less than setting it anew for each request.
    """

    __slots__ = ("_armed_at", "_late", "_loop", "_timer", "_until", "since")

    def __init__(self, loop: asyncio.AbstractEventLoop, late: Callable[[], None]) -> None:
        self._loop = loop
        self._late = late
        self.since = 0.0
        self._until = self._armed_at = inf
        self._timer: asyncio.TimerHandle | None = None

    def expect(self, seconds: float) -> None:
        """Expect something within this time. It replaces the former expectation."""
        self.since = self._loop.time()
        self._until = self.since + seconds
        if self._until < self._armed_at:
            self._arm()

    def end(self) -> None:
        """Expect nothing more, and drop the reference to `late`."""
        if self._timer is not None:
            self._timer.cancel()
        self._late = _nobody

    def _arm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._armed_at = self._until
        self._timer = self._loop.call_at(self._until, self._look_at_clock)

    def _look_at_clock(self) -> None:
        self._timer, self._armed_at = None, inf
        if self._loop.time() < self._until:
            self._arm()
        else:
            self._until = inf
            self._late()


def _nobody() -> None:
    """The callback of a deadline that has ended: does nothing."""
