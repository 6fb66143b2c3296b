"""An event loop for tests, with a clock of its own."""

import heapq
from collections.abc import Callable


class Handle:
    """A call to come."""

    def __init__(self, callback: Callable[..., object]) -> None:
        self.callback: Callable[..., object] | None = callback

    def cancel(self) -> None:
        self.callback = None


class Turns:
    """An event loop that turns when it is asked to, on a clock that goes when it is moved."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self._soon: list[Handle] = []
        self._later: list[tuple[float, int, Handle]] = []
        self._number = 0

    def time(self) -> float:
        return self.now

    def call_soon(self, callback: Callable[..., object]) -> Handle:
        self._soon.append(Handle(callback))
        return self._soon[-1]

    def call_at(self, when: float, callback: Callable[..., object]) -> Handle:
        handle = Handle(callback)
        self._number += 1
        heapq.heappush(self._later, (when, self._number, handle))
        return handle

    def turn(self) -> None:
        """One turn: what was called for up to now."""
        called, self._soon = self._soon, []
        for handle in called:
            if handle.callback is not None:
                handle.callback()

    def pass_time(self, seconds: float) -> None:
        """Let time pass, with all that comes due."""
        until = self.now + seconds
        while self._later and self._later[0][0] <= until:
            self.now, _, handle = heapq.heappop(self._later)
            if handle.callback is not None:
                handle.callback()
            self.turn()
        self.now = until

    @property
    def calls_to_come(self) -> int:
        """How many calls are set for later."""
        return sum(handle.callback is not None for _, _, handle in self._later)
