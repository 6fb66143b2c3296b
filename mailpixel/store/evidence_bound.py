"""Bounds the hits with a broken signature that one process logs a day.

They are counted where it is seen whether their message has events: anyone can make up messages, and those use up
nothing.
"""

from collections import Counter
from collections.abc import Iterable, Sequence

from mailpixel.model import Event
from mailpixel.times import DAY_MS

MOST_A_DAY = 20_000
"""Most of them per day and process: about ten megabytes."""


class EvidenceBound:
    """Counts them by the day they were received on."""

    def __init__(self, most_a_day: int = MOST_A_DAY) -> None:
        self._most_a_day = most_a_day
        self._written: Counter[int] = Counter()

    def fitting(self, hits: Iterable[Event]) -> Sequence[Event]:
        """Those that there is room for, the first ones first. They are not counted before `wrote`."""
        found, new = [], Counter[int]()
        for hit in hits:
            day = hit.received_at_ms // DAY_MS
            if self._written[day] + new[day] < self._most_a_day:
                new[day] += 1
                found.append(hit)
        return found

    def wrote(self, hits: Iterable[Event]) -> None:
        """Count what was written. Only the latest two days are remembered."""
        self._written.update(hit.received_at_ms // DAY_MS for hit in hits)
        latest = max(self._written, default=0)
        self._written = Counter({day: self._written[day] for day in (latest - 1, latest)})
