"""The parts of a whole in one bar."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from mailpixel.pages.charts.svg import rect, svg
from mailpixel.pages.numbers import grouped, per_cent


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a whole: the class of its colour and texture, its name, and its number.

    `number` is None where it is not shown. `link` leads to the list of what is in it, and `definition` says what that
    is.
    """

    kind: str
    name: str
    number: int | None
    link: str = ""
    definition: str = ""

    def share_of(self, total: int) -> str:
        """Its share of a total as text."""
        return per_cent(self.number / total if total and self.number is not None else None)


def total_of(parts: Sequence[Part]) -> int:
    """The sum of the parts that are shown."""
    return sum(part.number or 0 for part in parts)


def parts_bar(what: str, parts: Sequence[Part], height: int = 14) -> Markup:
    """The parts side by side, in their order, as shares of their sum. Empty when all are zero."""
    total = total_of(parts)
    if not total:
        return Markup("")
    shapes, x = [], 0.0
    for part in parts:
        share = (part.number or 0) / total
        if part.number:
            title = f"{part.name}: {grouped(part.number)}"
            shapes.append(rect(f"part {part.kind}", (x, share), (0, height), title))
        x += share
    return svg(f"{what}: {spoken(parts)}", height, shapes, "parts")


def spoken(parts: Sequence[Part]) -> str:
    """The parts in words, with their shares: `people 27 321 (17.0 %), machines 15 322 (9.5 %)`."""
    total = total_of(parts)
    return ", ".join(f"{part.name} {grouped(part.number)} ({part.share_of(total)})" for part in parts)


def share_bar(kind: str, share: float | None) -> Markup:
    """One share of a whole as a bar on a track. It repeats a number beside it, so screen readers skip it."""
    bar = rect(f"part {kind}", (0, share), (0, 10)) if share else ""
    track = rect("track", (0, 1), (0, 10))
    return Markup(f'<svg class="chart share" aria-hidden="true" width="100%" height="10">{track}{bar}</svg>')
