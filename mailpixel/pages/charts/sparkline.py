"""A row of numbers as one small line."""

from collections.abc import Sequence

from markupsafe import Markup

from mailpixel.pages.charts.svg import polyline, svg
from mailpixel.pages.numbers import grouped

HEIGHT_PX = 26


def sparkline(what: str, numbers: Sequence[int]) -> Markup:
    """The numbers from left to right on a scale of their own, without axes. Empty when all are zero."""
    most = max(numbers, default=0)
    if not most:
        return Markup("")
    across = max(len(numbers) - 1, 1)
    # a little room above and below, so that the line is not cut at its peak
    points = [(place / across, 0.06 + 0.88 * number / most) for place, number in enumerate(numbers)]
    drawn = points if len(points) > 1 else [points[0], (1.0, points[0][1])]
    return svg(f"{what}: at most {grouped(most)}", HEIGHT_PX, [polyline("spark", drawn)], "sparkline")
