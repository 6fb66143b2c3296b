"""Rule 7: a link no reader can see was followed, or an address was damaged by a machine."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mailpixel.classify.certain import speaks
from mailpixel.classify.networks import Certainty, NetworkTable
from mailpixel.classify.sight import FORGED, Ruling, Sight, Source
from mailpixel.classify.thresholds import Thresholds
from mailpixel.model import Link, Verdict

TRAP = Ruling("trap", Verdict.SCANNER)


@dataclass(frozen=True, slots=True)
class _Trips:
    """When traps were sprung, in order: hidden links by anybody and by source, and everything by source.

    A source here is address and agent, whoever it is: many image proxies share an agent, and anybody can send a
    broken signature under it. So one without an address, where none is kept, tells nothing of others.
    """

    hidden: Sequence[int]
    hidden_by: dict[Source, list[int]]
    all_by: dict[Source, list[int]]
    people: frozenset[Source]
    """Sources with a click that shows a person's gesture."""


def mark_trap(
    sights: Sequence[Sight], links: Iterable[Link], networks: NetworkTable, thresholds: Thresholds
) -> None:
    """Rule on the undecided sights that sprang a trap, on those near a followed hidden link, and on those of the
    tripping source long after.

    Hits that one event or a certain network gave away spring nothing: they prove nothing of others, not even of a
    like agent nearby.
    """
    hidden = {link.number for link in links if link.trap}
    trips = [
        sight
        for sight in sights
        if (sight.bits & FORGED or sight.event.link in hidden) and sight.ruling is None
    ]
    if not trips:
        return
    telling = [trip for trip in trips if _may_tell(trip, networks)]
    people = {_source(sight) for sight in sights if _is_persons(sight) and _may_tell(sight, networks)}
    hidden_trips = [trip for trip in telling if _is_hidden(trip, hidden)]
    seen = _Trips(
        [trip.at_ms for trip in hidden_trips],
        _by_source(hidden_trips),
        _by_source(trip for trip in telling if trip.event.address or not trip.bits & FORGED),
        frozenset(people),
    )
    for trip in trips:
        trip.ruling, trip.distance_ms = TRAP, 0
    for sight in sights:
        if sight.ruling is None:
            distance = _distance(sight, seen, thresholds)
            if distance is not None:
                sight.ruling, sight.distance_ms = TRAP, distance


def _is_hidden(sight: Sight, hidden: set[int]) -> bool:
    return sight.event.link in hidden and not sight.bits & FORGED


def _may_tell(sight: Sight, networks: NetworkTable) -> bool:
    """Whether a hit may say anything of others: not what a certain network gives away."""
    sight.network = networks.lookup(sight.event.address)
    return speaks(sight) is not Certainty.CERTAIN


def _is_persons(sight: Sight) -> bool:
    return sight.ruling is None and sight.countable and sight.gesture


def _source(sight: Sight) -> Source:
    return sight.event.address, sight.event.agent


def _by_source(trips: Iterable[Sight]) -> dict[Source, list[int]]:
    times: dict[Source, list[int]] = {}
    for trip in trips:
        times.setdefault(_source(trip), []).append(trip.at_ms)
    return times


def _distance(sight: Sight, trips: _Trips, thresholds: Thresholds) -> int | None:
    """Milliseconds to the trip that taints a sight; None when none does."""
    source = _source(sight)
    near = trips.hidden_by.get(source, ()) if source in trips.people else trips.hidden
    nearest = _nearest(near, sight.at_ms)
    if nearest is not None and nearest <= thresholds.trap_ms:
        return nearest
    since = _since_last(trips.all_by.get(source, ()), sight.at_ms)
    return since if since is not None and since <= thresholds.taint_ms else None


def _nearest(times: Sequence[int], at_ms: int) -> int | None:
    place = bisect_left(times, at_ms)
    return min((abs(time - at_ms) for time in times[max(place - 1, 0) : place + 1]), default=None)


def _since_last(times: Sequence[int], at_ms: int) -> int | None:
    place = bisect_right(times, at_ms)
    return at_ms - times[place - 1] if place else None
