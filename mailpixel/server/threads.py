"""Threads for what blocks: a few for each kind of caller, so that no kind holds up another."""

import sys
from collections.abc import Callable
from functools import partial
from threading import BoundedSemaphore
from typing import ParamSpec, TypeVar

from anyio import CapacityLimiter, to_thread

API_AT_ONCE = 2
"""Steps of API work at once in a lane. More would not be quicker, as they share one interpreter with the readers."""
OPT_OUTS_AT_ONCE = 4
CHECKS_AT_ONCE = 2
EXPORTS_AT_ONCE = 16
"""Exports under way in one process: each holds some megabytes for as long as its client takes to read it."""

Given = ParamSpec("Given")
Result = TypeVar("Result")


TURN_S = 0.001
"""How long a thread computes before the next one that wants to gets its turn. A reader's answer takes several turns of
the event loop and the writing thread; beside four computing threads it waited 100 ms at Python's own 5 ms, 20 at this.
"""


def take_short_turns() -> None:
    """Let the threads of this process take turns every `TURN_S`."""
    sys.setswitchinterval(TURN_S)


class Lane:
    """Runs functions in threads, at most `at_once` of them at a time; who comes first goes first."""

    def __init__(self, at_once: int) -> None:
        self._limiter = CapacityLimiter(at_once)

    async def run(
        self, function: Callable[Given, Result], *args: Given.args, **named: Given.kwargs
    ) -> Result:
        """What the function gives, or raises."""
        return await to_thread.run_sync(partial(function, *args, **named), limiter=self._limiter)


class Threads:
    """The lanes of one process."""

    def __init__(self) -> None:
        self.api_reads = Lane(API_AT_ONCE)
        self.api_writes = Lane(API_AT_ONCE)
        self.opt_outs = Lane(OPT_OUTS_AT_ONCE)
        self.checks = Lane(CHECKS_AT_ONCE)
        """Readiness, metrics and small files."""
        self.exports = BoundedSemaphore(EXPORTS_AT_ONCE)
        """Taken by who begins an export; nobody waits for it."""
