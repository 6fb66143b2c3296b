"""A consumer of the log with what it does: what is run here."""

from collections.abc import Callable
from typing import Protocol

from mailpixel.projections.lease import Stop

Clock = Callable[[], int]
"""Gives milliseconds since 1970. It may raise `Ended`, whenever it is asked."""


class Ended(Stop):
    """The work is asked to end: a clock raises it between two steps."""


class Task(Protocol):
    """A consumer at work. It is called from one thread."""

    @property
    def name(self) -> str:
        """The name of the consumer, of its lease and of its position."""
        ...

    def catch_up(self, clock: Clock, lease_ms: int) -> int | None:
        """Do what waits, for some seconds at most. Returns how many messages that were, None while another process has
        the lease.

        It asks the clock between its steps, and what the clock raises ends the work there, at no harm.
        """
        ...

    def leave(self) -> None:
        """Let the next process in at once."""
        ...
