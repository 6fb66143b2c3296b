"""Funnels against their definition, on thousands of random visits."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from statistics import median

from hypothesis import given, settings
from hypothesis import strategies as st

from mailpixel.measure.funnel_count import FunnelCount
from mailpixel.measure.ways import Way, furthest, levels_of
from mailpixel.model import Verdict
from mailpixel.site_model import Visit, VisitStep
from tests.support.site_cases import site_id

NAMES = ("a", "b", "c", "d")
Events = Sequence[tuple[int, str]]
EVENTS = st.lists(st.tuples(st.integers(0, 30), st.sampled_from(NAMES)), max_size=9).map(
    lambda found: sorted(found, key=lambda event: event[0])
)
STEPS = st.lists(st.sampled_from(NAMES), min_size=1, max_size=4)


def every_way(events: Events, steps: Sequence[str], window_ms: int) -> list[tuple[int, ...]]:
    """All ways along the first k steps, for each k, by trying all choices of events: the places of the events."""
    found = []
    for length in range(1, len(steps) + 1):
        for chosen in combinations(range(len(events)), length):
            right = [events[place][1] for place in chosen] == list(steps[:length])
            if right and events[chosen[-1]][0] - events[chosen[0]][0] <= window_ms:
                found.append(chosen)
    return found


def by_definition(events: Events, steps: Sequence[str], window_ms: int) -> Way:
    """The longest way; of several the one that ends first, then the one whose pauses before the end are shortest."""
    ways = every_way(events, steps, window_ms)
    best = max(ways, key=lambda way: (len(way), -way[-1], tuple(reversed(way))), default=())
    return tuple(events[place][0] for place in best)


@given(EVENTS, STEPS, st.integers(0, 30))
@settings(max_examples=1_000)
def test_the_way_that_leads_furthest_is_that_of_the_definition(
    events: Events, steps: Sequence[str], window_ms: int
) -> None:
    assert furthest(events, levels_of(steps), window_ms) == by_definition(events, steps, window_ms)


@dataclass
class Person:
    """A visitor as the definition sees one: all events, whatever visits they came in."""

    events: list[VisitStep]

    def way(self, steps: Sequence[str], window_ms: int) -> Way:
        known: set[tuple[str, str]] = set()
        once = []
        for step in sorted(self.events, key=lambda step: (step.at_ms, step.event_id)):
            if (step.name, step.id) not in known:
                once.append((step.at_ms, step.name))
            known.add((step.name, step.id))
        return by_definition(once, steps, window_ms)


def random_visits(chance: random.Random) -> list[Visit]:
    """Visits of several days in order of their beginning, of people with and without ids, and of machines."""
    visits = []
    for number in range(chance.randint(0, 12)):
        begin = chance.randint(0, 400)
        times = sorted(begin + chance.randint(0, 25) for _ in range(chance.randint(1, 4)))
        said: set[tuple[str, str]] = set()
        steps = []
        for at_ms in times:
            name = chance.choice(NAMES)
            id = f"purchase:{chance.randint(1, 3)}" if name == "d" else f"{number}-{chance.randint(1, 3)}"
            steps.append(VisitStep(at_ms, site_id(at_ms), name, id, "", (name, id) in said))
            said.add((name, id))
        verdict = chance.choice((Verdict.HUMAN, Verdict.HUMAN, Verdict.BOT, Verdict.INTERNAL))
        known_as = chance.choice(("", "v1", "v2"))
        visits.append(
            Visit("shop", str(number), times[0], times[-1], verdict, "x", tuple(steps), known_as=known_as)
        )
    return sorted(visits, key=lambda visit: (visit.first_ms, visit.visitor))


def people_of(visits: Sequence[Visit], machines: bool) -> list[Person]:
    found: dict[str, Person] = {}
    for visit in visits:
        if visit.verdict is not Verdict.INTERNAL and (visit.verdict is not Verdict.HUMAN) == machines:
            key = visit.known_as or f"day of {visit.visitor}"
            found.setdefault(key, Person([])).events += visit.steps
    return list(found.values())


def test_counts_are_those_of_the_definition_on_three_thousand_random_sites() -> None:
    chance = random.Random(7)
    for _ in range(3_000):
        visits = random_visits(chance)
        steps = [chance.choice(NAMES) for _ in range(chance.randint(1, 4))]
        window_ms = chance.randint(0, 120)
        count = FunnelCount(steps, window_ms)
        for visit in visits:
            count.add(visit)
            if chance.random() < 0.2:
                count.people.sweep(visit.first_ms)
        for side, machines in ((count.people, False), (count.machines, True)):
            people = people_of(visits, machines)
            ways = [person.way(steps, window_ms) for person in people]
            reached = [sum(len(way) > place for way in ways) for place in range(len(steps))]
            found, pauses = side.end()
            assert (side.visitors, list(found)) == (len(people), reached)
            assert all(before >= after for before, after in pairwise(found))
            expected = [
                [way[place] - way[place - 1] for way in ways if len(way) > place] if place else []
                for place in range(len(steps))
            ]
            assert pauses == [median(each) / 1_000 if each else None for each in expected]
