"""A consumer of the log together with its work."""

from collections.abc import Callable
from typing import Protocol

from mailpixel.projections.lease import Stop

Clock = Callable[[], int]
"""Gives milliseconds since 1970. Any call may raise `WorkEnded`."""


class WorkEnded(Stop):
    """The work must end. A clock raises it between two steps."""


class ConsumerAtWork(Protocol):
    """A consumer at work. All calls come from one thread."""

    @property
    def name(self) -> str:
        """The consumer's name, under which its lease and position are stored."""
        ...

    def catch_up(self, clock: Clock, lease_ms: int) -> int | None:
        """Work for a few seconds at most. Returns the messages done; None while another process has the lease.

        It calls the clock between its steps. An exception raised by the clock
        ends the work there without harm.
        """
        ...

    def leave(self) -> None:
        """Give up the lease, so that another process can start at once."""
        ...
