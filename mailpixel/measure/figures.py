"""Figures about the events of a site in 24 hours, each with its formula and the number from which it is shown."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated

from msgspec import Meta

from mailpixel.measure.blind_spot import FEWEST
from mailpixel.measure.evidence import Evidence
from mailpixel.report.answer import Answer

ENOUGH = 50


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
class _Row:
    name: str
    formula: str
    shows_when: str
    unit: str
    values: Callable[[Evidence], Iterator[FigureValue]]


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
    ages = sorted(found.ages_ms)
    for name, share in (("median", 0.5), ("95 %", 0.95)) if ages else ():
        value = ages[min(int(len(ages) * share), len(ages) - 1)]
        yield FigureValue(name, float(value), value, len(ages))


# fmt: off
ROWS: Sequence[_Row] = (
    _Row("missing or wrong fields", "events of a name with a problem / events of that name", f"{ENOUGH} events",
         "share", _fields),
    _Row("repeats", "events whose name and id came before / events with an id", "always", "share", _repeats),
    _Row("orders with both", "orders that pages and the server reported / orders of the server",
         "the server reported one", "share", _with_both),
    _Row("blind spot", "orders that only the server reported / orders of the server", f"{FEWEST} orders of the server",
         "share", _blind),
    _Row("different money", "orders whose reports name different money / orders with both", "always", "share",
         _different),
    _Row("consent", "events with these purposes in force, from this source / all events", "always", "share",
         _consents),
    _Row("age", "milliseconds from an event to its arrival", "always", "ms", _ages),
)
# fmt: on


def figures_of(found: Evidence) -> list[Figure]:
    """The figures of this evidence. Problems, consent and age are those of the visits that were read in full."""
    return [Figure(row.name, row.formula, row.shows_when, row.unit, list(row.values(found))) for row in ROWS]
