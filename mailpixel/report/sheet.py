"""The figures of a campaign as one table for spreadsheets: the totals first, then a row a day.

The first row after the header is always the totals, so that a formula finds them at the same place every day.
"""

from collections.abc import Iterator, Sequence

from mailpixel.report.summary import Summary
from mailpixel.report.tables import Cells, csv_header, csv_rows, flat
from mailpixel.report.timeline import COLUMNS as TIMELINE_COLUMNS
from mailpixel.report.timeline import Timeline, TimelineRow

_OF_ALL = ("sent", "delivered", "open_rate_low", "open_rate_high", "click_rate")
_COUNTS = TIMELINE_COLUMNS[1:]
COLUMNS = ("day", *_COUNTS, *_OF_ALL)
"""The columns: the counts of a timeline, then values of the whole campaign, which only the totals have."""
TOTAL = "total"
RATE_DECIMALS = 4


def sheet(summary: Summary, days: Timeline) -> bytes:
    """The table as CSV, in UTF-8. Rates are shares of 1. A value that is not known is empty."""
    return csv_header(COLUMNS) + csv_rows(_rows(summary, days.rows))


def _rows(summary: Summary, days: Sequence[TimelineRow]) -> Iterator[Cells]:
    counted = [flat(row.to_json()) for row in days]
    sums = {name: _sum([row[name] for row in counted]) for name in _COUNTS}
    yield {"day": TOTAL, **sums, **_of_all(summary)}
    for day, row in zip(days, counted, strict=True):
        counts = {name: row[name] for name in _COUNTS}
        yield {"day": day.start.date().isoformat(), **counts, **dict.fromkeys(_OF_ALL)}


def _sum(numbers: Sequence[object]) -> int | None:
    """The sum of the known ones; None where none is known, as in `first_human` of a campaign without recipients."""
    known = [number for number in numbers if isinstance(number, int)]
    return None if numbers and not known else sum(known)


def _of_all(summary: Summary) -> Cells:
    """The values of the whole campaign."""
    between, clicks = summary.open_rate_range, summary.rates["click_rate"]
    return {
        "sent": summary.recipients.sent,
        "delivered": summary.recipients.delivered,
        "open_rate_low": _rate(between.low),
        "open_rate_high": _rate(between.high),
        "click_rate": _rate(clicks.value),
    }


def _rate(value: float | None) -> float | None:
    return None if value is None else round(value, RATE_DECIMALS)
