"""Threads for blocking work: a few for each kind of caller, so that no kind delays another."""

import sys
from collections.abc import Callable
from functools import partial
from threading import BoundedSemaphore
from typing import ParamSpec, TypeVar

from anyio import CapacityLimiter, to_thread

from mailpixel.errors import StoreUnavailable

API_AT_ONCE = 2
"""Most steps of API work at once in a lane. More would not be faster: they share one interpreter with the readers."""
PAGES_AT_ONCE = 2
"""Most pages at work at once, apart from the API, so that neither waits for the other."""
UPLOADS_AT_ONCE = 2
FORMS_AT_ONCE = 8
"""Most forms with files at once. Each may take `MAILPIXEL_UPLOAD_BYTES` of the disk until it is answered."""
OPT_OUTS_AT_ONCE = 4
ERASURES_AT_ONCE = 2
"""Most erasures at once. Each waits until every worker knows, which takes up to two seconds."""
CHECKS_AT_ONCE = 2
POST_STEPS_AT_ONCE = 2
POSTS_AT_ONCE = 16
"""Most posts of ESPs at once. Each may hold 1 MB; an ESP sends again what was refused."""
EXPORTS_AT_ONCE = 16
"""Most exports at once in one process. Each holds some megabytes until its client has read it."""

NO_THREAD = "can't start new thread"
"""What Python says when the system gives it no further thread, mostly for lack of memory."""

Given = ParamSpec("Given")
Result = TypeVar("Result")


TURN_S = 0.001
"""How long a thread computes before another one that wants to run gets its turn. A reader's answer takes
several turns of the event loop and the writing thread. Beside four computing threads it took 100 ms at Python's
default of 5 ms, and 20 ms at this."""


def take_short_turns() -> None:
    """Make the threads of this process take turns every `TURN_S` seconds."""
    sys.setswitchinterval(TURN_S)


class Lane:
    """Runs functions in threads, at most `at_once` at a time, first come first served."""

    def __init__(self, at_once: int) -> None:
        self._limiter = CapacityLimiter(at_once)

    @property
    def waiting(self) -> int:
        """How many wait for their turn."""
        return self._limiter.statistics().tasks_waiting

    async def run(
        self, function: Callable[Given, Result], *args: Given.args, **named: Given.kwargs
    ) -> Result:
        """Run the function in a thread. Returns its result or raises its error.

        Raises `StoreUnavailable` when the system gives no thread.
        """
        try:
            return await to_thread.run_sync(partial(function, *args, **named), limiter=self._limiter)
        except RuntimeError as error:
            if str(error) != NO_THREAD:
                raise
            raise StoreUnavailable(
                "the system gives no thread for this now; raise the limits of memory and threads of the service"
            ) from None


class Threads:
    """The lanes of one process."""

    def __init__(self) -> None:
        self.api_reads = Lane(API_AT_ONCE)
        self.api_writes = Lane(API_AT_ONCE)
        self.page_reads = Lane(PAGES_AT_ONCE)
        self.page_writes = Lane(PAGES_AT_ONCE)
        self.uploads = Lane(UPLOADS_AT_ONCE)
        """Uploads on their way to the disk."""
        self.opt_outs = Lane(OPT_OUTS_AT_ONCE)
        self.erasures = Lane(ERASURES_AT_ONCE)
        self.inbound = Lane(POST_STEPS_AT_ONCE)
        self.checks = Lane(CHECKS_AT_ONCE)
        """Readiness, metrics and small files."""
        self.exports = BoundedSemaphore(EXPORTS_AT_ONCE)
        """An export takes it or is refused; no request waits for it."""
        self.forms = BoundedSemaphore(FORMS_AT_ONCE)
        """A form with files takes it or is refused."""
        self.posts = BoundedSemaphore(POSTS_AT_ONCE)
        """A post of an ESP takes it or is refused."""
