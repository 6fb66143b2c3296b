"""Numbers over time, as stacked columns over an axis of whole numbers."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from mailpixel.pages.charts.scales import count_ticks
from mailpixel.pages.charts.svg import line, rect, svg, text
from mailpixel.pages.numbers import grouped

PLOT_PX, TOP_PX, WORDS_PX = 160, 8, 22
FEWEST = 12
"""With fewer columns than this, each is as wide as if there were this many."""
LABELS = 8
"""Most labels below the columns. In a narrow window two of three are hidden."""


@dataclass(frozen=True, slots=True)
class Column:
    """The numbers of one step of time, by part from the bottom up, and the name of the step. None: not shown."""

    name: str
    numbers: Mapping[str, int | None]

    @property
    def total(self) -> int:
        """The sum of its parts that are shown."""
        return sum(number or 0 for number in self.numbers.values())


def columns(what: str, steps: Sequence[Column]) -> Markup:
    """The columns with their axes. The axis of numbers stands beside them, so that no column covers it.

    Empty when all numbers are zero.
    """
    most = max((step.total for step in steps), default=0)
    if not most:
        return Markup("")
    ticks = count_ticks(most)
    label = f"{what}: from {steps[0].name} to {steps[-1].name}, at most {grouped(most)} in one step"
    plot = svg(label, TOP_PX + PLOT_PX + WORDS_PX, _plot(steps, ticks), "columns")
    return Markup(f'<div class="plot">{plot}{_numbers(ticks)}</div>')


def _plot(steps: Sequence[Column], ticks: Sequence[int]) -> Iterator[str]:
    for tick in ticks[1:]:
        yield line("grid", (0, 1), (_y(tick, ticks), _y(tick, ticks)))
    width = 1 / max(len(steps), FEWEST)
    for place, step in enumerate(steps):
        yield from _column(step, (place * width, width), ticks)
    yield line("axis", (0, 1), (_y(0, ticks), _y(0, ticks)))
    yield from _names(steps, width)


def _column(step: Column, place: tuple[float, float], ticks: Sequence[int]) -> Iterator[str]:
    x, width = place
    below = 0
    title = f"{step.name}: " + ", ".join(f"{kind} {grouped(number)}" for kind, number in step.numbers.items())
    for kind, number in step.numbers.items():
        if number:
            top = _y(below + number, ticks)
            down = (top, _y(below, ticks) - top)
            yield rect(f"part {kind}", (x + width * 0.08, width * 0.84), down, title)
        below += number or 0


def _names(steps: Sequence[Column], width: float) -> Iterator[str]:
    """Names of some steps. Two of three are left out in a narrow window."""
    every = -(-len(steps) // LABELS) if len(steps) > FEWEST else 2
    for label, place in enumerate(range(0, len(steps), every)):
        room = (len(steps) - place) * width >= 1 / LABELS or place == 0
        if room or len(steps) <= FEWEST:
            kind = "words odd" if label % 3 else "words"
            yield text(kind, place * width, TOP_PX + PLOT_PX + 17, steps[place].name, "from")


def _numbers(ticks: Sequence[int]) -> str:
    """The axis of numbers. Screen readers have the label of the columns and the table below them."""
    words = "".join(text("words", 0, _y(tick, ticks) + 4, grouped(tick), "from") for tick in ticks)
    height = TOP_PX + PLOT_PX + WORDS_PX
    longest = max(len(grouped(tick)) for tick in ticks)
    return f'<svg class="chart" aria-hidden="true" width="{longest * 8 + 4}" height="{height}">{words}</svg>'


def _y(number: int, ticks: Sequence[int]) -> float:
    return TOP_PX + PLOT_PX * (1 - number / ticks[-1])
