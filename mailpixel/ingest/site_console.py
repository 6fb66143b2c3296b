"""The last envelopes of a process in memory, for people who look whether their site is installed well.

Nothing here is ever stored. What an envelope brought besides names and problems is not kept, so the memory is bounded.
"""

from collections import deque
from collections.abc import Callable, Sequence
from typing import NamedTuple

KEPT = 1_000
"""Envelopes that are remembered."""


class SeenEvent(NamedTuple):
    """One event of an envelope: its name as it came (cut to 40 characters), and what became of it."""

    name: str
    logged: bool
    problems: Sequence[str]


class SeenEnvelope(NamedTuple):
    """One envelope. `method` is POST, or GET of the image; `network` the first address of the client's /24 or /48."""

    at_ms: int
    site: str
    method: str
    outcome: str
    problems: Sequence[str]
    consent: Sequence[str]
    source: str
    network: str
    agent: str
    events: Sequence[SeenEvent]


Listener = Callable[[SeenEnvelope], None]


class Console:
    """The memory. Used on the event loop alone."""

    def __init__(self, most: int = KEPT) -> None:
        self._seen: deque[SeenEnvelope] = deque(maxlen=most)
        self._listeners: list[Listener] = []

    def note(self, seen: SeenEnvelope) -> None:
        """Remember an envelope and tell whoever listens."""
        self._seen.append(seen)
        for listener in self._listeners:
            listener(seen)

    def of_site(self, site: str) -> list[SeenEnvelope]:
        """What is remembered of a site, oldest first."""
        return [seen for seen in self._seen if seen.site == site]

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Tell a listener of every envelope from now on. Call what is returned to end that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)
