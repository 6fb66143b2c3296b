"""Two campaigns side by side, in sentences that claim no more than the figures show."""

from dataclasses import dataclass

from mailpixel.report.estimate import OpenRateRange, wilson
from mailpixel.report.summary import Rate, Summary
from mailpixel.report.wording import probable_rate, rate_text


@dataclass(frozen=True, slots=True)
class Compared:
    """Sentences on the opens and the clicks of two campaigns. `part`: whether the ranges of opens do not overlap.

    Before the first hits of both, `opens` says so and `clicks` is empty.
    """

    opens: str
    clicks: str
    part: bool


def compare(one: Summary, other: Summary) -> Compared:
    """What can be said of two campaigns."""
    for each in (one, other):
        if not each.has_hits:
            silent = f"“{_name(each)}” has no hits yet, so there is nothing to compare."
            return Compared(silent, "", False)
    part, opens = _opens(one, other)
    return Compared(opens, _clicks(one, other), part)


def _opens(one: Summary, other: Summary) -> tuple[bool, str]:
    for more, less in ((one, other), (other, one)):
        low, high = more.open_rate_range.low, less.open_rate_range.high
        if low is None or high is None:
            return False, "One of the two has no open rate, so their opens cannot be compared."
        if low > high:
            return True, (
                f"“{_name(more)}” was read by a larger share: at least {rate_text(low)}, against at most "
                f"{rate_text(high)} of “{_name(less)}”."
            )
    overlap = "The ranges overlap: opens alone cannot say which of the two was read by a larger share."
    return False, f"{overlap} {_estimates(one, other)}"


def _estimates(one: Summary, other: Summary) -> str:
    """What the estimates say when the ranges overlap."""
    for more, less in ((one, other), (other, one)):
        higher, lower = _reach(more.open_rate_range), _reach(less.open_rate_range)
        if higher is None or lower is None:
            return "At least one of the two has no single estimate."
        if higher[0] > lower[1]:
            rates = (probable_rate(each.open_rate_range) for each in (more, less))
            about = " against ".join(f"about {rate_text(rate)}" for rate in rates)
            return f"The estimates put “{_name(more)}” ahead, {about}, if their assumptions hold for both."
    return "The estimates do not separate them either."


def _reach(rates: OpenRateRange) -> tuple[float, float] | None:
    """From the lowest to the highest end of the intervals, if the estimates agree."""
    ends = [end for each in rates.estimates for end in (each.low, each.high) if end is not None]
    return (min(ends), max(ends)) if rates.agree else None


def _clicks(one: Summary, other: Summary) -> str:
    for more, less in ((one, other), (other, one)):
        rate, against = more.rates["click_rate"], less.rates["click_rate"]
        higher, lower = _interval(rate), _interval(against)
        if higher is None or lower is None:
            return "One of the two has no click rate, so their clicks cannot be compared."
        if higher[0] > lower[1]:
            return (
                f"A larger share clicked in “{_name(more)}”: {rate_text(rate.value)} against "
                f"{rate_text(against.value)}, a difference larger than chance."
            )
    rates = (rate_text(each.rates["click_rate"].value) for each in (one, other))
    return f"The click rates, {' and '.join(rates)}, differ by no more than chance can explain."


def _interval(rate: Rate) -> tuple[float, float] | None:
    """The 95 % interval of a rate, if it is known."""
    if rate.value is None or not rate.denominator:
        return None
    return wilson(rate.numerator, rate.denominator)


def _name(summary: Summary) -> str:
    return summary.campaign.name
