"""Counts visitors along the steps of a funnel, one visit after the other, without keeping the visits.

A visit is a visitor of one day. A visitor who agreed to an id is one visitor over all days and devices. The ways of all
others end at midnight (UTC), because nobody can tell who comes again.
"""

from array import array
from collections.abc import Iterable, Sequence
from statistics import median

from mailpixel.measure.ways import Levels, Way, better, furthest, levels_of
from mailpixel.model import Verdict
from mailpixel.site_model import Visit, VisitStep

SWEEP = 4_096
"""After this many visits, count the events that waited for later visits of their visitor and need not wait longer."""
LASTING = "purchase:"
"""What the id of a purchase begins with: it is known as a repeat on any day."""


class _Known:
    """A visitor who agreed to an id: the way so far, and the steps that a later visit may still continue."""

    __slots__ = ("bought", "last_ms", "steps", "way")

    def __init__(self) -> None:
        self.way: Way = ()
        self.steps: list[VisitStep] = []
        self.last_ms = 0
        self.bought: frozenset[int] = frozenset()

    def count(self, levels: Levels, window_ms: int) -> None:
        """Count the steps that wait."""
        if self.steps:
            new = self._new()
            self.way = better(
                self.way, furthest(((step.at_ms, step.name) for step in new), levels, window_ms)
            )
            self.bought |= {hash(step.id) for step in new if step.id.startswith(LASTING)}
            self.steps = []

    def _new(self) -> Sequence[VisitStep]:
        """The steps that wait, in order, without those that say again what an earlier one said."""
        seen: set[tuple[str, str]] = set()
        found = []
        for step in sorted(self.steps, key=_moment):
            key = (step.name, step.id)
            if not step.id or (key not in seen and hash(step.id) not in self.bought):
                found.append(step)
            seen.add(key)
        return found


def _moment(step: VisitStep) -> tuple[int, bytes]:
    return step.at_ms, step.event_id


class Side:
    """The visitors of one kind: people, or machines. `visitors` counts all of them, `by_day` those without an id."""

    def __init__(self, levels: Levels, window_ms: int) -> None:
        self._levels = levels
        self._window_ms = window_ms
        self._known: dict[str, _Known] = {}
        self._waiting: set[str] = set()
        self._reached = [0] * sum(map(len, levels.values()))
        self._pauses = [array("q") for _ in self._reached]
        self.by_day = 0

    @property
    def visitors(self) -> int:
        """All visitors, whether or not they took a step."""
        return self.by_day + len(self._known)

    @property
    def known(self) -> int:
        """Visitors who agreed to an id."""
        return len(self._known)

    def add(self, visit: Visit) -> None:
        """Count a visit. Visits must come in order of their beginning."""
        levels = self._levels
        if visit.known_as:
            self._join(visit, [step for step in visit.steps if step.name in levels])
        else:
            self.by_day += 1
            events = ((step.at_ms, step.name) for step in visit.steps if not step.repeat)
            self._take(furthest(events, levels, self._window_ms))

    def sweep(self, now_ms: int) -> None:
        """Count what no visit that begins at `now_ms` or later can continue."""
        for name in [each for each in self._waiting if self._is_over(self._known[each], now_ms)]:
            self._known[name].count(self._levels, self._window_ms)
            self._waiting.discard(name)

    def end(self) -> tuple[Sequence[int], Sequence[float | None]]:
        """How many visitors reached each step, and the median time from the step before in seconds. Call it once."""
        for known in self._known.values():
            known.count(self._levels, self._window_ms)
            self._take(known.way)
        return self._reached, [median(each) / 1_000 if each else None for each in self._pauses]

    def _join(self, visit: Visit, steps: Iterable[VisitStep]) -> None:
        known = self._known.setdefault(visit.known_as, _Known())
        if self._is_over(known, visit.first_ms):
            known.count(self._levels, self._window_ms)
        known.steps += steps
        known.last_ms = max(known.last_ms, visit.last_ms)
        if known.steps:
            self._waiting.add(visit.known_as)

    def _is_over(self, known: _Known, now_ms: int) -> bool:
        return now_ms > known.last_ms + self._window_ms

    def _take(self, way: Way) -> None:
        for place, at_ms in enumerate(way):
            self._reached[place] += 1
            if place:
                self._pauses[place].append(at_ms - way[place - 1])


class FunnelCount:
    """People and machines along the same steps. Visits of the operator's own count in neither."""

    def __init__(self, steps: Sequence[str], window_ms: int) -> None:
        levels = levels_of(steps)
        self.people, self.machines = Side(levels, window_ms), Side(levels, window_ms)
        self._unseen = set(steps)
        self._visits = 0
        self.internal = 0

    @property
    def unseen(self) -> frozenset[str]:
        """The steps of which no visit had an event, of people or machines."""
        return frozenset(self._unseen)

    def add(self, visit: Visit) -> None:
        """Count a visit. Visits must come in order of their beginning."""
        if self._unseen:
            self._unseen.difference_update([step.name for step in visit.steps])
        if visit.verdict is Verdict.INTERNAL:
            self.internal += 1
            return
        (self.people if visit.verdict is Verdict.HUMAN else self.machines).add(visit)
        self._visits += 1
        if self._visits % SWEEP == 0:
            self.people.sweep(visit.first_ms)
            self.machines.sweep(visit.first_ms)
