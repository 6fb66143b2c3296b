"""The figures of a campaign as a share shows them: by the rule of `mailpixel.privacy.small_cells`."""

from collections.abc import Mapping

from mailpixel.privacy.small_cells import ShownShare, shown, shown_share
from mailpixel.report.estimate import METHODS, Estimate, OpenRateRange, rounded
from mailpixel.report.summary import Rate, Summary
from mailpixel.report.timeline import Timeline, TimelineRow

UNKNOWN = OpenRateRange(None, None, [Estimate(name, None, None, None) for name in METHODS])


def shared_rate(rate: Rate) -> ShownShare:
    """A rate with its numerator and denominator."""
    found = shown_share(rate.numerator, rate.denominator)
    return found if rate.value is not None else found._replace(value=None)


def shared_range(summary: Summary) -> OpenRateRange:
    """The range of the open rate; unknown where one of its ends is not shown."""
    rates, base = summary.open_rate_range, summary.recipients.opens_base
    whole = shown(base)
    if rates.low is None or rates.high is None or not base or not whole:
        return UNKNOWN
    low, high = (shown_share(round(rate * base), base).value for rate in (rates.low, rates.high))
    if low is None or high is None:
        return UNKNOWN
    estimates = [_coarse(each, base, whole).within(low, high) for each in rates.estimates]
    return OpenRateRange(rounded(low), rounded(high), estimates)


def _coarse(estimate: Estimate, base: int, whole: int) -> Estimate:
    if estimate.value is None or estimate.low is None or estimate.high is None:
        return estimate
    value, low, high = (
        (shown(round(rate * base)) or 0) / whole for rate in (estimate.value, estimate.low, estimate.high)
    )
    return Estimate(
        estimate.method, rounded(min(value, 1.0)), rounded(min(low, 1.0)), rounded(min(high, 1.0))
    )


def shared_timeline(timeline: Timeline) -> Timeline:
    """A timeline with the numbers to show."""
    rows = [TimelineRow(row.start, _shown(row.opens), _shown(row.clicks)) for row in timeline.rows]
    return Timeline(timeline.asked, timeline.tz, rows, timeline.note, timeline.known)


def _shown(counts: Mapping[str, int | None]) -> dict[str, int | None]:
    return {name: shown(number) for name, number in counts.items()}
