"""Figures about the events of a site in 24 hours, each with its formula and the number from which it is shown."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Generic, TypeVar

from msgspec import Meta

from mailpixel.measure.blind_spot import FEWEST
from mailpixel.measure.evidence import Evidence
from mailpixel.report.answer import Answer

ENOUGH = 50
Source = TypeVar("Source")


class FigureValue(Answer, frozen=True):
    """One value of a figure: what it is of (empty where there is only one), the number, and its two counts."""

    of: str
    value: Annotated[float | None, Meta(description="Null where there is nothing to divide by.")]
    numerator: int
    denominator: int


class Figure(Answer, frozen=True):
    """A figure with its formula, and the number from which it is shown. Without values there is too little."""

    name: str
    formula: str
    shows_when: str
    unit: str
    values: list[FigureValue]


@dataclass(frozen=True, slots=True)
class FigureRow(Generic[Source]):
    """A row of a table of figures: how its values are found. `unit` is share, number, ms or bytes."""

    name: str
    formula: str
    shows_when: str
    unit: str
    values: Callable[[Source], Iterator[FigureValue]]


def figure_rows(rows: Sequence[FigureRow[Source]], source: Source) -> Iterator[Figure]:
    """The figures of a table."""
    for row in rows:
        yield Figure(row.name, row.formula, row.shows_when, row.unit, list(row.values(source)))


def quantiles(values: Sequence[int], unit: int = 1) -> Iterator[FigureValue]:
    """The median of values and what 95 % do not exceed, each divided by `unit`; nothing of nothing."""
    ordered = sorted(values)
    for name, share in (("median", 0.5), ("95 %", 0.95)) if ordered else ():
        value = ordered[min(int(len(ordered) * share), len(ordered) - 1)]
        yield FigureValue(name, round(value / unit, 3), value, len(ordered))


def figure_text(value: FigureValue, unit: str) -> str:
    """A value as people read it."""
    if value.value is None:
        return "none"
    if unit == "share":
        return f"{value.value:.1%} ({value.numerator:,} of {value.denominator:,})"
    return f"{value.value:,.6g}" + ("" if unit == "number" else f" {unit}")


def _share(of: str, part: int, whole: int) -> FigureValue:
    return FigureValue(of, round(part / whole, 6) if whole else None, part, whole)


def _fields(found: Evidence) -> Iterator[FigureValue]:
    for (name, problem), number in sorted(found.problems.items()):
        if found.named[name] >= ENOUGH:
            yield _share(f"{name} {problem}", number, found.named[name])


def _repeats(found: Evidence) -> Iterator[FigureValue]:
    yield _share("", found.repeats, found.with_id)


def _with_both(found: Evidence) -> Iterator[FigureValue]:
    if found.of_server:
        yield _share("", found.with_both, found.of_server)


def _blind(found: Evidence) -> Iterator[FigureValue]:
    if found.of_server >= FEWEST:
        yield _share("", found.of_server - found.with_both, found.of_server)


def _different(found: Evidence) -> Iterator[FigureValue]:
    yield _share("", found.differing, found.with_both)


def _consents(found: Evidence) -> Iterator[FigureValue]:
    for (consent, source), number in sorted(found.consents.items()):
        yield _share(f"{consent}, by {source}", number, found.consents.total())


def _ages(found: Evidence) -> Iterator[FigureValue]:
    yield from quantiles(found.ages_ms)


# fmt: off
ROWS: Sequence[FigureRow[Evidence]] = (
    FigureRow("missing or wrong fields", "events of a name with a problem / events of that name", f"{ENOUGH} events",
         "share", _fields),
    FigureRow("repeats", "events whose name and id came before / events with an id", "always", "share", _repeats),
    FigureRow("orders with both", "orders that pages and the server reported / orders of the server",
         "the server reported one", "share", _with_both),
    FigureRow("blind spot", "orders that only the server reported / orders of the server",
              f"{FEWEST} orders of the server", "share", _blind),
    FigureRow("different money", "orders whose reports name different money / orders with both", "always", "share",
         _different),
    FigureRow("consent", "events with these purposes in force, from this source / all events", "always", "share",
         _consents),
    FigureRow("age", "milliseconds from an event to its arrival", "always", "ms", _ages),
)
# fmt: on


def figures_of(found: Evidence) -> list[Figure]:
    """The figures of this evidence. Problems, consent and age are those of the visits that were read in full."""
    return list(figure_rows(ROWS, found))
