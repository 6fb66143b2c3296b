"""Bursts fall, people stay: the rules on crowds drawn from published timing."""

import random
from collections.abc import Iterable

import pytest

from mailpixel.classify import Rules, judge
from mailpixel.kinds import EventKind
from mailpixel.model import Facts, Judged, Message, Verdict
from tests.support.crowds import CAMPAIGN, a_visit, bursts, lone_clicks, people
from tests.support.readers import CHAT, OLD_GATEWAY, SCENES, Scene, a_reader, notified, waiting_for_it

RULES = Rules()
HURRIED = (notified, waiting_for_it)
"""Clicks in the first minute, before an open that is a person's for sure: two pieces of evidence."""


def clicks(messages: Iterable[Message]) -> list[list[Judged]]:
    """The judged clicks of every message."""
    return [
        [hit for hit in judge(message, CAMPAIGN, RULES) if hit.event.kind is EventKind.CLICK]
        for message in messages
    ]


def lost(messages: Iterable[Message]) -> float:
    """The share of people's clicks that were taken for a machine's."""
    of_people = [hit for hits in clicks(messages) for hit in hits if hit.event.agent != CHAT.agent]
    return sum(hit.verdict is not Verdict.HUMAN for hit in of_people) / len(of_people)


def test_at_least_99_percent_of_the_clicks_of_bursts_are_a_scanners_the_first_ones_too() -> None:
    swept = clicks(bursts(836, random.Random(836)))
    every = [hit.verdict is Verdict.SCANNER for hits in swept for hit in hits]
    first = [hits[0].verdict is Verdict.SCANNER for hits in swept]
    assert sum(every) / len(every) >= 0.99
    assert sum(first) / len(first) >= 0.99


def test_a_gateway_of_one_click_a_message_falls_by_what_its_headers_lack() -> None:
    checks = clicks(lone_clicks(1_000, random.Random(10), OLD_GATEWAY))
    assert {hit.verdict for hits in checks for hit in hits} == {Verdict.SCANNER}


@pytest.mark.parametrize("secure", [True, False], ids=["https", "http"])
def test_at_most_half_a_percent_of_the_clicks_of_people_is_lost(secure: bool) -> None:
    assert lost(people(5_000, random.Random(5), secure)) <= 0.005


@pytest.mark.parametrize("secure", [True, False], ids=["https", "http"])
@pytest.mark.parametrize("scene", [scene for scene, _ in SCENES if scene not in HURRIED])
def test_no_habit_of_readers_costs_them_more_than_half_a_percent(scene: Scene, secure: bool) -> None:
    dice = random.Random(7)
    assert lost(a_visit(scene, dice, a_reader(dice), secure) for _ in range(500)) <= 0.005


@pytest.mark.parametrize("scene", HURRIED)
def test_whoever_clicks_in_the_first_minute_stays_where_the_browser_can_say_that_it_was_a_person(
    scene: Scene,
) -> None:
    dice = random.Random(7)
    readers = [a_reader(dice) for _ in range(1_000)]
    assert (
        lost(a_visit(scene, dice, reader) for reader in readers if reader.facts & Facts.USER_ACTIVATED) == 0
    )


def test_fifty_colleagues_behind_one_address_are_fifty_people() -> None:
    from_one_office = [
        message
        for message in people(5_000, random.Random(6))
        if {event.address for event in message.events if event.kind is not EventKind.DELIVERY}
        == {"203.0.113.40"}
    ]
    assert len(from_one_office) >= 50
    assert lost(from_one_office) <= 0.005
