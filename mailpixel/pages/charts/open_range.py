"""The range of the open rate: solid up to the certain floor, hatched up to the ceiling, with the estimates below."""

from collections.abc import Iterator

from markupsafe import Markup

from mailpixel.pages.charts.scales import rate_ticks, rate_top, tick_anchor
from mailpixel.pages.charts.svg import dot, line, rect, svg, text
from mailpixel.report.estimate import Estimate, OpenRateRange
from mailpixel.report.wording import WAYS, probable_rate, rate_text

BAR_PX = 26
ROW_PX = 36
"""The height of one estimate: its dot, and its words below it."""
AXIS_PX = 30


def open_range(rates: OpenRateRange, top: float | None = None) -> Markup:
    """The range with its estimates and its axis. `top` is the end of the axis; by default the range decides.

    Empty when the range is not known.
    """
    if rates.low is None or rates.high is None:
        return Markup("")
    end = rate_top([rates.high]) if top is None else top
    known = [each for each in rates.estimates if each.value is not None]
    axis_y = BAR_PX + 8 + ROW_PX * len(known)
    shapes = [*_band(rates.low, rates.high, end, BAR_PX)]
    for row, estimate in enumerate(known):
        shapes += _estimate(estimate, end, BAR_PX + 16 + row * ROW_PX)
    shapes += _axis(end, axis_y)
    return svg(_label(rates), axis_y + AXIS_PX, shapes, "open-range")


def small_range(rates: OpenRateRange, top: float) -> Markup:
    """The range alone as a low bar, with a tick where a single number is fair. Empty when it is not known."""
    if rates.low is None or rates.high is None:
        return Markup("")
    shapes = [*_band(rates.low, rates.high, top, 18)]
    probable = probable_rate(rates)
    if probable is not None:
        shapes.append(line("tick", (probable / top,) * 2, (0, 18)))
    return svg(_label(rates), 18, shapes, "open-range")


def _band(low: float, high: float, end: float, height: int) -> Iterator[str]:
    yield rect("track", (0, 1), (0, height))
    if low:
        yield rect("part human", (0, low / end), (0, height))
    if high > low:
        yield rect("part privacy", (low / end, (high - low) / end), (0, height))


def _estimate(estimate: Estimate, end: float, y: int) -> Iterator[str]:
    """A dot with whiskers, and its words below."""
    assert estimate.value is not None  # noqa: S101 - the caller leaves out the unknown ones
    x = estimate.value / end
    if estimate.low is not None and estimate.high is not None:
        ends = (estimate.low / end, estimate.high / end)
        yield line("whisker", ends, (y, y))
        yield from (line("whisker", (each, each), (y - 5, y + 5)) for each in ends)
    yield dot("estimate", x, y)
    yield text("words", x, y + 19, f"{rate_text(estimate.value)} {WAYS[estimate.method]}")


def _axis(end: float, y: int) -> Iterator[str]:
    yield line("axis", (0, 1), (y, y))
    for tick in rate_ticks(end):
        x = tick / end
        yield line("axis", (x, x), (y, y + 4))
        yield text("words", x, y + 18, rate_text(tick), tick_anchor(x))


def _label(rates: OpenRateRange) -> str:
    """The chart in words."""
    parts = [f"Known readers {rate_text(rates.low)}, at most {rate_text(rates.high)}"]
    for each in rates.estimates:
        if each.value is not None:
            interval = (
                f" (95 % interval {rate_text(each.low)} to {rate_text(each.high)})"
                if each.low is not None
                else ""
            )
            parts.append(f"{rate_text(each.value)} {WAYS[each.method]}{interval}")
    return "; ".join(parts)
