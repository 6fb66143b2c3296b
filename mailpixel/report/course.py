"""The course of a campaign over the hours since it was sent, as a share of its recipients. Made to be compared."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import accumulate

from mailpixel.report.estimate import rounded
from mailpixel.times import HOUR_MS

HOURS = 72
"""The hours of a course."""


@dataclass(frozen=True, slots=True)
class Course:
    """Shares of recipients who had opened and clicked, at the end of each hour since sending: `HOURS` rates each.

    A recipient joins with the first human open or click, so a course never falls. It ends at the hour of the last
    count that is possible: an hour that has not begun has no rate.
    """

    opened: tuple[float, ...]
    clicked: tuple[float, ...]


def course(
    counters: Mapping[int, Mapping[str, int]], sent_at_ms: int, recipients: int, now_ms: int
) -> Course:
    """The course from the counts by quarter hour of a store. `recipients` is the denominator of its rates."""
    hours = min(max((now_ms - sent_at_ms) // HOUR_MS + 1, 0), HOURS)
    return Course(
        *(
            _shares(counters, measure, (sent_at_ms, hours), recipients)
            for measure in ("opens.first_human", "clicks.first_human")
        )
    )


def _shares(
    counters: Mapping[int, Mapping[str, int]], measure: str, window: tuple[int, int], recipients: int
) -> tuple[float, ...]:
    sent_at_ms, hours = window
    found = [0] * hours
    for start_ms, measures in counters.items():
        hour = max((start_ms - sent_at_ms) // HOUR_MS, 0)
        if hour < hours:
            found[hour] += measures.get(measure, 0)
    return tuple(min(rounded(number / recipients), 1.0) for number in accumulate(found))
