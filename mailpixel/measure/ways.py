"""How far a visitor went along steps: a pure function of the events of one visitor.

A visitor reached step k when k of the visitor's events, in this order, have the names of the first k steps and all lie
in the window that begins with the first of them. Any of the events may be the first: the best start counts. So whoever
reached a step reached all before it.
"""

from collections.abc import Iterable, Mapping, Sequence

Way = tuple[int, ...]
"""The moments at which a visitor took the first steps, as far as the visitor came."""

Levels = Mapping[str, Sequence[int]]
"""Which steps an event of a name may be, by places from 0, the last first. A funnel may name one step twice."""


def levels_of(steps: Sequence[str]) -> Levels:
    """The places of each name among the steps."""
    found: dict[str, list[int]] = {}
    for place, name in enumerate(steps):
        found.setdefault(name, []).insert(0, place)
    return found


def furthest(events: Iterable[tuple[int, str]], levels: Levels, window_ms: int) -> Way:
    """The way that leads furthest; of several the one that is there first, and then the one with the shortest pauses.

    `events` are (moment, name) in order of time; of equal moments, in order of the log. Takes linear time: for each
    step only the latest way that leads to it is kept, because no other leads further.
    """
    best: Way = ()
    ways: dict[int, Way] = {}
    for at_ms, name in events:
        for place in levels.get(name, ()):  # the last first, so that one event is never two steps
            if place:
                former = ways.get(place - 1)
                if former is None or at_ms - former[0] > window_ms:
                    continue
                ways[place] = way = (*former, at_ms)
            else:
                ways[0] = way = (at_ms,)
            if place >= len(best):
                best = way
    return best


def better(one: Way, other: Way) -> Way:
    """The way that leads further; of two that lead equally far the one that is there first."""
    if len(one) != len(other):
        return max(one, other, key=len)
    return min(one, other, key=lambda way: way[-1:])
