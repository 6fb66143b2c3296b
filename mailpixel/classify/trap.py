"""Rule 7: a link that no reader can see was followed, or a machine damaged an address."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mailpixel.classify.appearance import Ruling
from mailpixel.classify.certain import speaks
from mailpixel.classify.observation import FORGED, Observation
from mailpixel.classify.origins import Source, network_of
from mailpixel.classify.rules import Rules
from mailpixel.classify.thresholds import Thresholds
from mailpixel.model import Certainty, Verdict

TRAP = Ruling("trap", Verdict.SCANNER)


@dataclass(frozen=True, slots=True)
class _Trips:
    """When traps were hit, in order: hidden links by anyone and by source, and all traps by source.

    A source here is origin and agent, also for image proxies: many of them share an agent, and anyone can
    send a broken signature under it. A source of which nothing is stored proves nothing about others.
    """

    hidden: Sequence[int]
    hidden_by: dict[Source, list[int]]
    all_by: dict[Source, list[int]]
    people: frozenset[Source]
    """Sources with a click that shows a person's gesture."""


def mark_trap(observations: Sequence[Observation], hidden: frozenset[int], rules: Rules) -> None:
    """Rule on undecided hits that trigger a trap, those near a followed hidden link, and later ones of the source.

    Hits that their own event or a certain network decided trigger nothing: they prove nothing about others,
    not even about a similar agent nearby. `hidden` are the numbers of the hidden links. A hit that carries the
    decision of this rule triggers as it did then.
    """
    trips = [
        hit
        for hit in observations
        if (hit.bits & FORGED or (hidden and hit.event.link in hidden))
        and (hit.ruling is None or hit.ruling == TRAP)
    ]
    if not trips:
        return
    telling = [trip for trip in trips if _may_tell(trip, rules)]
    people = {_source(hit) for hit in observations if _is_persons(hit) and _may_tell(hit, rules)}
    hidden_trips = [trip for trip in telling if _is_hidden(trip, hidden)]
    seen = _Trips(
        [trip.at_ms for trip in hidden_trips],
        _by_source(hidden_trips),
        _by_source(trip for trip in telling if trip.origin or not trip.bits & FORGED),
        frozenset(people),
    )
    for trip in trips:
        trip.ruling, trip.distance_ms = TRAP, 0
    for hit in observations:
        if hit.ruling is None:
            distance = _distance(hit, seen, rules.thresholds)
            if distance is not None:
                hit.ruling, hit.distance_ms = TRAP, distance


def _is_hidden(hit: Observation, hidden: frozenset[int]) -> bool:
    return hit.event.link in hidden and not hit.bits & FORGED


def _may_tell(hit: Observation, rules: Rules) -> bool:
    """Whether a hit may be evidence about others. Hits from a certain network may not."""
    hit.network = network_of(hit.event, rules)
    return speaks(hit) is not Certainty.CERTAIN


def _is_persons(hit: Observation) -> bool:
    return hit.ruling is None and hit.countable and hit.gesture


def _source(hit: Observation) -> Source:
    return hit.origins.source(hit.origin, hit.event)


def _by_source(trips: Iterable[Observation]) -> dict[Source, list[int]]:
    times: dict[Source, list[int]] = {}
    for trip in trips:
        times.setdefault(_source(trip), []).append(trip.at_ms)
    return times


def _distance(hit: Observation, trips: _Trips, thresholds: Thresholds) -> int | None:
    """Milliseconds to the trap hit that decides this one; None when there is none."""
    source = _source(hit)
    near = trips.hidden_by.get(source, ()) if source in trips.people else trips.hidden
    nearest = _nearest(near, hit.at_ms)
    if nearest is not None and nearest <= thresholds.trap_ms:
        return nearest
    since = _since_last(trips.all_by.get(source, ()), hit.at_ms)
    return since if since is not None and since <= thresholds.taint_ms else None


def _nearest(times: Sequence[int], at_ms: int) -> int | None:
    place = bisect_left(times, at_ms)
    return min((abs(time - at_ms) for time in times[max(place - 1, 0) : place + 1]), default=None)


def _since_last(times: Sequence[int], at_ms: int) -> int | None:
    place = bisect_right(times, at_ms)
    return at_ms - times[place - 1] if place else None
