"""The last envelopes of a process in memory, for people who look whether their site is installed well.

Nothing here is ever stored. What an envelope brought besides names and problems is not kept, so the memory is bounded.
"""

from collections import deque
from collections.abc import Callable, Sequence
from typing import NamedTuple

from mailpixel.ingest.site_tally import Tallies
from mailpixel.site.refusals import Refusal

NO_NAME_OF_ITS = frozenset({Refusal.UNKNOWN_NAME.value, Refusal.BAD_NAME.value})
"""Problems of events whose name the site does not have."""
KEPT = 1_000
"""Envelopes that are remembered."""


class SeenEvent(NamedTuple):
    """One event of an envelope: its name as it came (cut to 40 characters), and what became of it."""

    name: str
    logged: bool
    problems: Sequence[str]


class SeenEnvelope(NamedTuple):
    """One envelope. `method` is POST, or GET of the image; `network` the first address of the client's /24 or /48.

    `id` names it among those that are remembered. `visitor` is the key of the visit that its events belong to, empty
    where nothing was logged. `clock_ms` is when it was received less when the browser says that it was sent.
    """

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
    id: str = ""
    visitor: str = ""
    clock_ms: int | None = None
    size_bytes: int = 0


Listener = Callable[[SeenEnvelope], None]


class Console:
    """The memory. Used on the event loop alone. `name` tells it from those of other processes."""

    def __init__(self, most: int = KEPT) -> None:
        self.name = ""
        self.tallies = Tallies()
        self._number = 0
        self._seen: deque[SeenEnvelope] = deque(maxlen=most)
        self._listeners: list[Listener] = []

    def new_id(self) -> str:
        """The id of the next envelope."""
        self._number += 1
        return f"{self.name}-{self._number:x}"

    def note(self, seen: SeenEnvelope) -> None:
        """Remember an envelope, count it, and tell whoever listens."""
        self._seen.append(seen)
        self._count(seen)
        for listener in self._listeners:
            listener(seen)

    def _count(self, seen: SeenEnvelope) -> None:
        counts = self.tallies.of(seen.site)
        counts.envelopes.add(seen.at_ms)
        counts.events.add(seen.at_ms, len(seen.events))
        counts.bytes.append(seen.size_bytes)
        if seen.clock_ms is not None:
            counts.clocks_ms.append(seen.clock_ms)
        for event in seen.events:
            if event.name and not NO_NAME_OF_ITS.isdisjoint(event.problems):
                counts.refuse(event.name)

    def of_site(self, site: str) -> list[SeenEnvelope]:
        """What is remembered of a site, oldest first."""
        return [seen for seen in self._seen if seen.site == site]

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Tell a listener of every envelope from now on. Call what is returned to end that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)
