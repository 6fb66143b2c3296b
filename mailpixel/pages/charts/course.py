"""Two campaigns as lines over the hours since sending, on one scale."""

from collections.abc import Iterator, Sequence

from markupsafe import Markup

from mailpixel.pages.charts.scales import rate_ticks, rate_top, tick_anchor
from mailpixel.pages.charts.svg import at, line, number, polyline, svg, text
from mailpixel.report.course import HOURS
from mailpixel.report.wording import rate_text

PLOT_PX, TOP_PX, WORDS_PX = 180, 8, 22
EVERY_H = 12
"""The hours between two ticks."""


def course_lines(what: str, courses: Sequence[tuple[str, Sequence[float]]]) -> Markup:
    """One line a campaign: its name, and its share of recipients at the end of each hour.

    The first line is solid, the second dashed. Empty without any share.
    """
    shares = [share for _, line_shares in courses for share in line_shares]
    if not shares:
        return Markup("")
    end = rate_top(shares)
    height = TOP_PX + PLOT_PX + WORDS_PX
    plot = svg(f"{what}: {_label(courses)}", height, _plot(courses, end), "course")
    words = "".join(text("words", 0, _y(tick / end) + 4, rate_text(tick), "from") for tick in rate_ticks(end))
    axis = f'<svg class="chart" aria-hidden="true" width="44" height="{height}">{words}</svg>'
    return Markup(f'<div class="plot">{plot}{axis}</div>')


def _plot(courses: Sequence[tuple[str, Sequence[float]]], end: float) -> Iterator[str]:
    for tick in rate_ticks(end):
        yield line("grid" if tick else "axis", (0, 1), (_y(tick / end), _y(tick / end)))
    yield f'<svg x="0" y="{TOP_PX}" width="{at(1)}" height="{number(PLOT_PX)}">'
    for place, (_, shares) in enumerate(courses):
        points = [(0.0, 0.0), *(((hour + 1) / HOURS, share / end) for hour, share in enumerate(shares))]
        yield polyline(("first-line", "second-line")[place], points)
    yield "</svg>"
    for hour in range(0, HOURS + 1, EVERY_H):
        kind = "words odd" if hour // EVERY_H % 2 else "words"
        yield text(kind, hour / HOURS, TOP_PX + PLOT_PX + 17, f"{hour} h", tick_anchor(hour / HOURS))


def _label(courses: Sequence[tuple[str, Sequence[float]]]) -> str:
    known = ((name, shares) for name, shares in courses if shares)
    return "; ".join(f"{name} {rate_text(shares[-1])} after {len(shares)} hours" for name, shares in known)


def _y(share: float) -> float:
    return TOP_PX + PLOT_PX * (1 - share)
