"""Hits with a broken signature on their way to the log: few, written late, and never in a reader's way."""

from mailpixel.model import Event
from mailpixel.times import DAY_MS

MOST_HELD = 1_000
"""Most hits kept in memory between writes, once a second. Anyone can send them: more are dropped."""
MOST_A_DAY = 20_000
"""Most hits written per day and process: about ten megabytes."""


class Evidence:
    """Keeps these hits until they are written: up to `MOST_HELD` at a time and `MOST_A_DAY` a day."""

    def __init__(self) -> None:
        self._held: list[Event] = []
        self._day = 0
        self._written = 0

    def add(self, hit: Event) -> bool:
        """Keep a hit. Returns False when there is no room."""
        day = hit.received_at_ms // DAY_MS
        if day != self._day:
            self._day, self._written = day, 0
        if len(self._held) >= MOST_HELD or self._written + len(self._held) >= MOST_A_DAY:
            return False
        self._held.append(hit)
        return True

    def take(self) -> list[Event]:
        """Remove and return all hits that are kept."""
        held, self._held = self._held, []
        return held

    def wrote(self, hits: int) -> None:
        """Count written hits against the day's limit. Whether their messages are known may be seen only later."""
        self._written += hits
