"""Counters by hour or day in any time zone, made of the quarter hours that the store keeps.

Quarter hours fit every offset in use, so a day is a day where the readers live, 23 or 25 hours long when the
clocks change.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal
from zoneinfo import ZoneInfo

from mailpixel.errors import InvalidInput
from mailpixel.report.tables import flat
from mailpixel.report.zones import time_zone
from mailpixel.times import moment_of

MINUTE_MS = 60_000
MOST_ROWS = 20_000
"""Rows up to which gaps are filled; a longer timeline has rows only where something was counted."""

OPENS = {
    "events": "opens.events",
    "human": "opens.human",
    "privacy_prefetch": "opens.privacy_prefetch",
    "machine": "opens.machine",
    "first_human": "opens.first_human",
}
CLICKS = {
    "events": "clicks.events",
    "human": "clicks.human",
    "machine": "clicks.machine",
    "first_human": "clicks.first_human",
}


@dataclass(frozen=True, slots=True)
class TimelineRow:
    """What was counted from `start` (aware, in the zone asked for) until the next row's start.

    `first_human` counts messages whose first human open or click lies here: it may be added up over rows.
    """

    start: datetime
    opens: Mapping[str, int]
    clicks: Mapping[str, int]

    def to_json(self) -> dict[str, object]:
        """{"start": ISO 8601 with offset, "opens": {…}, "clicks": {…}}."""
        return {"start": self.start.isoformat(), "opens": dict(self.opens), "clicks": dict(self.clicks)}


def to_hour(local: datetime) -> datetime:
    """The start of the clock's hour; the hour that comes twice when clocks go back stays two hours."""
    return local.replace(minute=0, second=0, microsecond=0)


def to_day(local: datetime) -> datetime:
    """The first midnight of the day."""
    return local.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)


Bucket = Literal["hour", "day"]
BUCKETS: Mapping[str, tuple[Callable[[datetime], datetime], int]] = {
    "hour": (to_hour, 30 * MINUTE_MS),
    "day": (to_day, 12 * 60 * MINUTE_MS),
}
"""Name to the start of a moment's bucket, and a step in ms that never jumps over one."""


def timeline(quarters: Mapping[int, Mapping[str, int]], bucket: str, tz: str) -> list[TimelineRow]:
    """Rows from the first bucket with a count to the last, from `Store.timeline`.

    Gaps are rows of zeros. Raises `InvalidInput` when the bucket or the time zone is unknown.
    """
    if bucket not in BUCKETS:
        raise InvalidInput("bucket", f"must be one of {', '.join(BUCKETS)}")
    zone = time_zone(tz)
    start_of, step_ms = BUCKETS[bucket]
    sums: dict[datetime, Counter[str]] = {}
    for moment_ms in _moments(quarters, step_ms):
        sums.setdefault(_start(moment_ms, zone, start_of), Counter())
    for quarter_ms, measures in quarters.items():
        sums.setdefault(_start(quarter_ms, zone, start_of), Counter()).update(measures)
    return [_row(start.astimezone(zone), sums[start]) for start in sorted(sums)]


def _moments(quarters: Mapping[int, object], step_ms: int) -> Iterator[int]:
    """Moments that touch every bucket from the first quarter hour to the last, unless they are too many."""
    if not quarters:
        return iter(())
    first, last = min(quarters), max(quarters)
    return iter(range(first, last, step_ms) if (last - first) // step_ms <= MOST_ROWS * 2 else ())


def _start(moment_ms: int, zone: ZoneInfo, start_of: Callable[[datetime], datetime]) -> datetime:
    """The start of the bucket as an instant, in UTC so that it is one key whichever way the clock is set."""
    return start_of(moment_of(moment_ms).astimezone(zone)).astimezone(UTC)


def _row(start: datetime, sums: Mapping[str, int]) -> TimelineRow:
    return TimelineRow(
        start=start,
        opens={name: sums.get(measure, 0) for name, measure in OPENS.items()},
        clicks={name: sums.get(measure, 0) for name, measure in CLICKS.items()},
    )


COLUMNS = tuple(flat(_row(datetime(2000, 1, 1, tzinfo=UTC), {}).to_json()))
"""The names of a row as a table has them: `opens_human` for {"opens": {"human"}}."""
