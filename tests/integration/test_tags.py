"""Hits without addresses get the verdicts that they get with them, wherever midnight falls."""

from collections.abc import Iterator
from itertools import pairwise

import pytest
from msgspec.structs import replace

from mailpixel.classify import Rules, judge
from mailpixel.kinds import HIT_KINDS
from mailpixel.model import Facts, Message
from mailpixel.privacy.salts import OwnSalts
from mailpixel.replay import read_scenario
from tests.integration.test_replay_scenarios import ROWS
from tests.support.builders import a_campaign, a_click, a_message, an_open
from tests.support.judging import BARE, PERSON
from tests.support.tagged import Judging, tagged, with_midnight_at

HALF_MS = 500_000
"""Half of the time after midnight in which a hit has the tag of the former day, too."""

Case = tuple[Judging, Rules]
Found = list[tuple[object, ...]]


def cases() -> Iterator[Case]:
    """Every message of every scenario, with the rules of its scenario."""
    for row in ROWS:
        scenario = read_scenario(row)
        rules = scenario.rules(Rules())
        yield from ((judging, rules) for judging in scenario.messages())


CASES = list(cases())


def found(judging: Judging, rules: Rules) -> Found:
    """What every hit is found to be."""
    return [(hit.verdict, hit.rule, hit.via, hit.dup) for hit in judge(*judging, rules)]


def without_addresses(judging: Judging, rules: Rules, full: bool = False) -> Judging:
    message, campaign = judging
    return tagged(message, rules, full=full), campaign


def gaps(message: Message) -> Iterator[int]:
    """A moment in every gap between two hits, near enough to the later one."""
    moments = sorted(event.received_at_ms for event in message.events if event.kind in HIT_KINDS)
    for earlier, later in pairwise(moments):
        if later > earlier:
            yield later - min((later - earlier) // 2, HALF_MS)


@pytest.mark.parametrize("full", [False, True])
def test_a_tag_serves_as_well_as_an_address(full: bool) -> None:
    for judging, rules in CASES:
        assert found(without_addresses(judging, rules, full), rules) == found(judging, rules), judging[0]


class Forgetful(OwnSalts):
    """Salts of which that of the former day is not kept."""

    def former(self, day: int) -> bytes | None:
        return None


def differing(every: int, salts: OwnSalts | None = None) -> tuple[int, int]:
    """Put midnight into gaps, and say how many were tried and in how many a hit is found to be something else."""
    gap = tried = differ = 0
    for judging, rules in CASES:
        for at_ms in gaps(judging[0]):
            gap += 1
            if gap % every == 0:
                tried += 1
                moved = with_midnight_at(judging, at_ms)
                kept = tagged(moved[0], rules, salts)
                differ += found((kept, moved[1]), rules) != found(judging, rules)
    return tried, differ


def test_verdicts_do_not_depend_on_where_midnight_falls() -> None:
    tried, differ = differing(7)
    assert tried > 100
    assert differ == 0


@pytest.mark.soak
def test_verdicts_do_not_depend_on_where_midnight_falls_in_any_gap() -> None:
    tried, differ = differing(1)
    assert tried > 800
    assert differ == 0
    print(f"midnight in each of {tried} gaps of {len(CASES)} messages: {differ} differ")


def test_the_scenarios_can_tell_whether_the_tag_of_the_former_day_is_there() -> None:
    assert differing(1, Forgetful())[1] > 10


def test_the_scenarios_can_tell_whether_the_network_and_the_operators_bit_are_there() -> None:
    for field, nothing in (("network", None), ("facts", Facts.NONE), ("tag", b"")):
        differ = 0
        for judging, rules in CASES:
            message, campaign = without_addresses(judging, rules)
            events = [
                replace(event, **{field: event.facts & ~Facts.OWN_NETWORK if field == "facts" else nothing})
                for event in message.events
            ]
            differ += found((replace(message, events=events), campaign), rules) != found(judging, rules)
        assert differ, field


NEIGHBOURS = a_message(
    an_open(300.0),
    a_click(600.0, 1, facts=PERSON, address="192.0.2.10"),
    a_click(603.0, 1, facts=BARE, address="192.0.2.77"),
)
"""A reader behind a gateway with several addresses: its own preview fetches the link again."""


def test_another_host_of_the_same_network_is_no_other_place() -> None:
    judging, rules = (NEIGHBOURS, a_campaign()), Rules()
    kept, campaign = without_addresses(judging, rules)
    assert [hit[0] for hit in found((kept, campaign), rules)] == ["human", "human", "human"]
    assert found((kept, campaign), rules) == found(judging, rules)
    exact_alone = replace(
        kept,
        events=[
            replace(event, tag=event.tag[:4] + bytes([place] * 4)) for place, event in enumerate(kept.events)
        ],
    )
    assert [hit[0] for hit in found((exact_alone, campaign), rules)] == ["human", "human", "scanner"]
