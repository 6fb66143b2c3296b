"""Hits with a broken signature on their way to the log: few, late and never in a reader's way."""

from mailpixel.model import Event
from mailpixel.times import DAY_MS

MOST_HELD = 1_000
"""Hits kept in memory until they are written, once a second. Anybody can send them, so more are dropped."""
MOST_A_DAY = 20_000
"""Hits written in one day and process: some ten megabytes at the very most."""


class Evidence:
    """Keeps such hits until they are written, up to `MOST_HELD` at a time and `MOST_A_DAY` a day."""

    def __init__(self) -> None:
        self._held: list[Event] = []
        self._day = 0
        self._written = 0

    def add(self, hit: Event) -> bool:
        """Keep a hit; False when there is no room."""
        day = hit.received_at_ms // DAY_MS
        if day != self._day:
            self._day, self._written = day, 0
        if len(self._held) >= MOST_HELD or self._written + len(self._held) >= MOST_A_DAY:
            return False
        self._held.append(hit)
        return True

    def take(self) -> list[Event]:
        """All that are kept, which are then the caller's."""
        held, self._held = self._held, []
        return held

    def wrote(self, hits: int) -> None:
        """Count hits that were written: those of unknown messages are not, and use up nothing."""
        self._written += hits
