"""Counts by hour or day in any time zone, added up from the quarter hours that the store keeps.

Quarter hours fit every offset in use, so days follow local time and last 23 or 25 hours when the clocks change. The
store also keeps days in UTC. They replace local days in long timelines.

What is counted without recipients is kept by hour. Where the clocks differ from UTC by a part of an hour, the timeline
of such a campaign is in UTC.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from mailpixel.errors import InvalidInput
from mailpixel.report.counts import EVERYBODY, Known, Note
from mailpixel.report.moments import iso_ms
from mailpixel.report.tables import csv_header, csv_rows, flat
from mailpixel.report.zones import time_zone
from mailpixel.store.measures import Step
from mailpixel.store.projections import ReadProjections
from mailpixel.times import DAY_MS, moment_of, to_ms

MINUTE_MS = 60_000
LOCAL_DAYS = 60
"""The longest timeline with local days, in days. A longer one has days in UTC."""
MANY_DAYS = (
    f"a timeline of more than {LOCAL_DAYS} days has days in UTC; a shorter one has days in the time zone"
)
"""Why days are in UTC and not in the requested zone."""
BY_HOUR = "what is counted without recipients is kept by hour of UTC, and the hours of the time zone begin within these"
"""Why hours and days are in UTC and not in the requested zone."""
HOUR = timedelta(hours=1)
MOST_ROWS = 20_000
"""Gaps are filled up to this number of rows. A longer timeline has only rows with counts."""

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
    """The counts from `start` (aware, in the requested zone) to the start of the next row.

    `first_human` counts messages whose first human open or click falls into this row, so it may be summed over rows.
    It is None where no recipient is known.
    """

    start: datetime
    opens: Mapping[str, int | None]
    clicks: Mapping[str, int | None]

    def to_json(self) -> dict[str, object]:
        """{"start": ISO 8601 with offset, "opens": {…}, "clicks": {…}}."""
        return {"start": self.start.isoformat(), "opens": dict(self.opens), "clicks": dict(self.clicks)}


def to_hour(local: datetime) -> datetime:
    """The start of the local hour. The hour that repeats when clocks go back stays two hours."""
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


@dataclass(frozen=True, slots=True)
class TimelineWindow:
    """A requested timeline: `bucket` is hour or day, `tz` a time zone.

    The window has every whole bucket that overlaps `since_ms` to `until_ms` (None: no bound).
    """

    bucket: str = "hour"
    tz: str = "UTC"
    since_ms: int | None = None
    until_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Timeline:
    """Rows in a time zone. `note` says why it is not the requested zone; empty if it is.

    `known` says of whom nothing is known.
    """

    asked: TimelineWindow
    tz: str
    rows: list[TimelineRow]
    note: str = ""
    known: Known = EVERYBODY

    def to_csv(self) -> bytes:
        """The rows as a table with the columns `COLUMNS`."""
        return csv_header(COLUMNS) + csv_rows(row.to_json() for row in self.rows)

    def to_json(self) -> dict[str, object]:
        """{"bucket","tz","from","to","items":[row],"notes":[{"field","reason"}]}; moments are ISO 8601 or null."""
        return {
            "bucket": self.asked.bucket,
            "tz": self.tz,
            "from": iso_ms(self.asked.since_ms),
            "to": iso_ms(self.asked.until_ms),
            "items": [row.to_json() for row in self.rows],
            "notes": [note.to_json() for note in self.notes()],
        }

    def notes(self) -> list[Note]:
        """Why values are null, and why the zone is not the requested one."""
        unknown = [Note(f"items.{group}.first_human", why) for group, why in self.known.without.items()]
        return [Note("tz", self.note), *unknown] if self.note else unknown


def timeline_of(
    figures: ReadProjections, campaign: str, asked: TimelineWindow, known: Known = EVERYBODY
) -> Timeline:
    """The timeline of a campaign. Raises `InvalidInput` for a bad bucket, time zone or window.

    Days come from the stored days in UTC if the zone is UTC, or if there are more than `LOCAL_DAYS`. `known` says
    what is known of people.
    """
    zone, tz, note = _checked(asked), asked.tz, ""
    counts: Mapping[int, Mapping[str, int]] | None = None
    if asked.bucket == "day":
        days = figures.timeline(campaign, asked.since_ms or 0, asked.until_ms, Step.DAY)
        if days and max(days) - min(days) >= LOCAL_DAYS * DAY_MS and tz != "UTC":
            tz, note = "UTC", MANY_DAYS
        counts = days if tz == "UTC" else None
    if counts is None:
        counts = figures.timeline(campaign, *_whole_buckets(asked, zone))
        if known.by_hour and _splits_hours(counts, zone):
            return replace(
                timeline_of(figures, campaign, replace(asked, tz="UTC"), known), asked=asked, note=BY_HOUR
            )
    rows = [_known(row, known) for row in timeline_rows(counts, asked.bucket, tz)]
    return Timeline(asked, tz, rows, note, known)


def _splits_hours(counts: Mapping[int, object], zone: ZoneInfo) -> bool:
    """Whether the clocks of a zone differ from UTC by a part of an hour at any of these moments."""
    offsets = (moment_of(each).astimezone(zone).utcoffset() for each in counts)
    return any(offset is not None and offset % HOUR for offset in offsets)


def _known(row: TimelineRow, known: Known) -> TimelineRow:
    """The row without the numbers of people that are not known."""
    opens, clicks = (
        {**counts, "first_human": None} if group in known.without else counts
        for group, counts in (("opens", row.opens), ("clicks", row.clicks))
    )
    return TimelineRow(row.start, opens, clicks)


def _checked(asked: TimelineWindow) -> ZoneInfo:
    if asked.bucket not in BUCKETS:
        raise InvalidInput("bucket", f"must be one of {', '.join(BUCKETS)}")
    if asked.since_ms is not None and asked.until_ms is not None and asked.since_ms >= asked.until_ms:
        raise InvalidInput("to", "must come after the start of the window")
    return time_zone(asked.tz)


def _whole_buckets(asked: TimelineWindow, zone: ZoneInfo) -> tuple[int, int | None]:
    """The window from the start of its first bucket to the end of its last, in ms."""
    start_of, step_ms = BUCKETS[asked.bucket]
    since_ms = 0 if asked.since_ms is None else to_ms(_start(asked.since_ms, zone, start_of))
    if asked.until_ms is None:
        return since_ms, None
    last = _start(asked.until_ms - 1, zone, start_of)
    end_ms = to_ms(last)
    while _start(end_ms, zone, start_of) == last:
        end_ms += step_ms
    return since_ms, to_ms(_start(end_ms, zone, start_of))


def timeline_rows(counters: Mapping[int, Mapping[str, int]], bucket: str, tz: str) -> list[TimelineRow]:
    """Rows from the first bucket with a count to the last, from the counts by time of a store.

    Gaps are rows of zeros. Raises `InvalidInput` for an unknown bucket or time zone.
    """
    zone = _checked(TimelineWindow(bucket, tz))
    start_of, step_ms = BUCKETS[bucket]
    sums: dict[datetime, Counter[str]] = {}
    for moment_ms in _moments(counters, step_ms):
        sums.setdefault(_start(moment_ms, zone, start_of), Counter())
    for counted_ms, measures in counters.items():
        sums.setdefault(_start(counted_ms, zone, start_of), Counter()).update(measures)
    return [_row(start.astimezone(zone), sums[start]) for start in sorted(sums)]


def _moments(counters: Mapping[int, object], step_ms: int) -> Iterator[int]:
    """Moments that touch every bucket from the first count to the last, or only those with counts if too many."""
    if not counters:
        return iter(())
    first, last = min(counters), max(counters)
    return iter(range(first, last, step_ms) if (last - first) // step_ms <= MOST_ROWS * 2 else ())


def _start(moment_ms: int, zone: ZoneInfo, start_of: Callable[[datetime], datetime]) -> datetime:
    """The start of the bucket in UTC, so that it is a unique key also when clocks change."""
    return start_of(moment_of(moment_ms).astimezone(zone)).astimezone(UTC)


def _row(start: datetime, sums: Mapping[str, int]) -> TimelineRow:
    return TimelineRow(
        start=start,
        opens={name: sums.get(measure, 0) for name, measure in OPENS.items()},
        clicks={name: sums.get(measure, 0) for name, measure in CLICKS.items()},
    )


COLUMNS = tuple(flat(_row(datetime(2000, 1, 1, tzinfo=UTC), {}).to_json()))
"""The column names of a row: `opens_human` for {"opens": {"human"}}."""
