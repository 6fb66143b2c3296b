"""What happened when: columns of opens and of clicks, with the way to earlier and later ones."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from markupsafe import Markup

from mailpixel.pages.charts.columns import Column, columns
from mailpixel.pages.charts.figure import figure, numbers_table
from mailpixel.pages.numbers import day_text, grouped, hour_text
from mailpixel.report.moments import iso
from mailpixel.report.parts import DIRECT, MACHINE, PRIVACY
from mailpixel.report.timeline import Timeline, TimelineRow

HOURS, DAYS = 72, 400
SPANS = {"hour": timedelta(hours=HOURS), "day": timedelta(days=DAYS)}
"""The time that one chart shows, by the length of its steps."""
OPEN_PARTS = {DIRECT: "people", PRIVACY: "privacy prefetch (Apple): may hide a reader", MACHINE: "machines"}
CLICK_PARTS = {DIRECT: "people", MACHINE: "machines"}


@dataclass(frozen=True, slots=True)
class When:
    """The charts of opens and clicks from `since` on. `earlier` and `later` are moments to begin other charts at.

    `span` names the time shown. `note` says why days are in UTC, and is empty when they are not.
    """

    bucket: str
    tz: str
    span: str
    opens: Markup
    clicks: Markup
    earlier: str
    later: str
    note: str


def when(timeline: Timeline, since: datetime) -> When:
    """The charts of a timeline that begins at `since`."""
    bucket, span = timeline.asked.bucket, SPANS[timeline.asked.bucket]
    rows = timeline.rows
    return When(
        bucket=bucket,
        tz=timeline.tz,
        span=_span(rows, bucket),
        opens=_opens(rows, bucket),
        clicks=_clicks(rows, bucket),
        earlier=iso(since - span),
        later=iso(since + span),
        note=timeline.note,
    )


def _opens(rows: Sequence[TimelineRow], bucket: str) -> Markup:
    steps = [
        Column(
            _name(row, bucket),
            {
                DIRECT: row.opens["human"],
                PRIVACY: row.opens["privacy_prefetch"],
                MACHINE: row.opens["machine"],
            },
        )
        for row in rows
    ]
    return _figure("Opens", steps, OPEN_PARTS)


def _clicks(rows: Sequence[TimelineRow], bucket: str) -> Markup:
    steps = [
        Column(_name(row, bucket), {DIRECT: row.clicks["human"], MACHINE: row.clicks["machine"]})
        for row in rows
    ]
    return _figure("Clicks", steps, CLICK_PARTS)


def _figure(what: str, steps: Sequence[Column], names: dict[str, str]) -> Markup:
    seen = [step for step in steps if any(number != 0 for number in step.numbers.values())]
    rows = [(step.name, *(grouped(step.numbers[kind]) for kind in names)) for step in seen]
    table = numbers_table(f"{what} without repeats", ("From", *names.values()), rows)
    return figure(columns(what, steps), names, table)


def _name(row: TimelineRow, bucket: str) -> str:
    return hour_text(row.start) if bucket == "hour" else f"{row.start.day} {row.start:%b}"


def _span(rows: Sequence[TimelineRow], bucket: str) -> str:
    """The first and the last step with a hit."""
    if not rows:
        return ""
    text = hour_text if bucket == "hour" else day_text
    first, last = text(rows[0].start), text(rows[-1].start)
    return first if first == last else f"{first} to {last}"
