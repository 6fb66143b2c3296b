"""The figures of a campaign as one table for spreadsheets: the totals first, then a row a day.

The first row after the header is always the totals, so that a formula finds them at the same place every day.

Whoever has the address of a share sees it, so it holds what `mailpixel.privacy.small_cells` allows.
"""

from collections.abc import Iterator, Sequence

from mailpixel.privacy.small_cells import shown
from mailpixel.report.shared import shared_range, shared_rate, shared_timeline
from mailpixel.report.summary import Summary
from mailpixel.report.tables import Cells, csv_header, csv_rows, flat
from mailpixel.report.timeline import COLUMNS as TIMELINE_COLUMNS
from mailpixel.report.timeline import Timeline

_OF_ALL = ("sent", "delivered", "open_rate_low", "open_rate_high", "click_rate")
_COUNTS = TIMELINE_COLUMNS[1:]
COLUMNS = ("day", *_COUNTS, *_OF_ALL)
"""The columns: the counts of a timeline, then values of the whole campaign, which only the totals have."""
TOTAL = "total"
RATE_DECIMALS = 4


def sheet(summary: Summary, days: Timeline) -> bytes:
    """The table as CSV, in UTF-8. Rates are shares of 1. A value that is not known or not shown is empty."""
    return csv_header(COLUMNS) + csv_rows(_rows(summary, days))


def _rows(summary: Summary, days: Timeline) -> Iterator[Cells]:
    counted = [flat(row.to_json()) for row in days.rows]
    sums = {name: _sum([row[name] for row in counted]) for name in _COUNTS}
    yield {"day": TOTAL, **sums, **_of_all(summary)}
    for day in shared_timeline(days).rows:
        row = flat(day.to_json())
        counts = {name: row[name] for name in _COUNTS}
        yield {"day": day.start.date().isoformat(), **counts, **dict.fromkeys(_OF_ALL)}


def _sum(numbers: Sequence[object]) -> int | None:
    """The sum of the known ones as shown; None where none is known, as when recipients are not."""
    known = [number for number in numbers if isinstance(number, int)]
    return None if numbers and not known else shown(sum(known))


def _of_all(summary: Summary) -> Cells:
    """The values of the whole campaign."""
    between, clicks = shared_range(summary), shared_rate(summary.rates["click_rate"])
    return {
        "sent": summary.recipients.sent,
        "delivered": shown(summary.recipients.delivered),
        "open_rate_low": _rate(between.low),
        "open_rate_high": _rate(between.high),
        "click_rate": _rate(clicks.value),
    }


def _rate(value: float | None) -> float | None:
    return None if value is None else round(value, RATE_DECIMALS)
