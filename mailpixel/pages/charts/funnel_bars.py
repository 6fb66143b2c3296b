"""The steps of a funnel as bars below one another: people, and machines beside them, on one scale."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from markupsafe import Markup

from mailpixel.pages.charts.svg import rect, svg, text
from mailpixel.pages.numbers import grouped, per_cent

STEP_PX, BAR_PX, THIN_PX, WORDS_PX = 58, 20, 7, 16


class FunnelBar(NamedTuple):
    """A step: its name, the people and machines who reached it, and the share of people who reached the first."""

    name: str
    people: int
    machines: int
    share: float | None


def funnel_bars(steps: Sequence[FunnelBar]) -> Markup:
    """One group of bars a step. Empty when nobody took any step."""
    most = max((max(step.people, step.machines) for step in steps), default=0)
    if not most:
        return Markup("")
    said = ", ".join(f"{step.name} {grouped(step.people)} ({per_cent(step.share)})" for step in steps)
    shapes = [shape for place, step in enumerate(steps) for shape in _bars(step, most, place * STEP_PX)]
    return svg(f"People who reached each step: {said}", STEP_PX * len(steps), shapes, "funnel")


def _bars(step: FunnelBar, most: int, y: int) -> Iterator[str]:
    yield text(
        "words",
        0,
        y + 12,
        f"{step.name}: {grouped(step.people)}, {per_cent(step.share)} of the first",
        "from",
    )
    top = y + WORDS_PX
    yield rect("track", (0, 1), (top, BAR_PX))
    if step.people:
        yield rect("part human", (0, step.people / most), (top, BAR_PX), f"people: {grouped(step.people)}")
    if step.machines:
        place = (top + BAR_PX + 2, THIN_PX)
        yield rect("part machine", (0, step.machines / most), place, f"machines: {grouped(step.machines)}")
