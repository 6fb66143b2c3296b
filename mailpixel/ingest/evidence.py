"""Hits with a broken signature on their way to the log: few, written late, and never in a reader's way."""

from mailpixel.model import Event

MOST_HELD = 1_000
"""Most hits kept in memory between writes, once a second. Anyone can send them: more are dropped. How many are logged a
day is bounded where it is known whether their messages have events."""


class Evidence:
    """Keeps these hits until they are written: up to `MOST_HELD` at a time."""

    def __init__(self) -> None:
        self._held: list[Event] = []

    def add(self, hit: Event) -> bool:
        """Keep a hit. Returns False when there is no room."""
        if len(self._held) >= MOST_HELD:
            return False
        self._held.append(hit)
        return True

    def take(self) -> list[Event]:
        """Remove and return all hits that are kept."""
        held, self._held = self._held, []
        return held
