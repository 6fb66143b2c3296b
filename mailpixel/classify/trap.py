"""Rule 7: a link no reader can see was followed, or an address was damaged by a machine."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence

from mailpixel.classify.sight import FORGED, Ruling, Sight, Source
from mailpixel.classify.thresholds import Thresholds
from mailpixel.model import Link, Verdict

TRAP = Ruling("trap", Verdict.SCANNER)
_HARMLESS = ("internal", "purpose")
"""Rulings under which nothing springs: the sender tries everything, and a browser loads ahead for its
reader.
"""


def mark_trap(sights: Sequence[Sight], links: Iterable[Link], thresholds: Thresholds) -> None:
    """Rule on the undecided sights near a sprung trap, and on those of the tripping source long after."""
    traps = [link.number for link in links if link.trap]
    trips = [
        sight for sight in sights if (sight.bits & FORGED or sight.event.link in traps) and _springs(sight)
    ]
    if not trips:
        return
    everyone = [sight.at_ms for sight in trips]
    by_source = _times_by_source(trips)
    for sight in sights:
        if sight.ruling is None:
            distance = _distance(sight, everyone, by_source, thresholds)
            if distance is not None:
                sight.ruling, sight.distance_ms = TRAP, distance


def _springs(sight: Sight) -> bool:
    return sight.ruling is None or sight.ruling.rule not in _HARMLESS


def _times_by_source(trips: Iterable[Sight]) -> dict[Source, list[int]]:
    times: dict[Source, list[int]] = {}
    for trip in trips:
        times.setdefault(trip.source, []).append(trip.at_ms)
    return times


def _distance(
    sight: Sight, everyone: Sequence[int], by_source: dict[Source, list[int]], thresholds: Thresholds
) -> int | None:
    """Milliseconds to the trip that taints a sight; None when none does."""
    nearest = _nearest(everyone, sight.at_ms)
    if nearest <= thresholds.trap_ms:
        return nearest
    own = by_source.get(sight.source)
    since = _since_last(own, sight.at_ms) if own else None
    return since if since is not None and since <= thresholds.taint_ms else None


def _nearest(times: Sequence[int], at_ms: int) -> int:
    place = bisect_left(times, at_ms)
    return min(abs(time - at_ms) for time in times[max(place - 1, 0) : place + 1])


def _since_last(times: Sequence[int], at_ms: int) -> int | None:
    place = bisect_right(times, at_ms)
    return at_ms - times[place - 1] if place else None
