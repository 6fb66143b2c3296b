"""Bursts fall, people stay: the rules on crowds drawn from published timing."""

import random
from collections.abc import Iterable

from mailpixel.classify import Rules, judge
from mailpixel.model import EventKind, Judged, Message, Verdict
from tests.crowds import CAMPAIGN, bursts, people

RULES = Rules()


def clicks(messages: Iterable[Message]) -> list[list[Judged]]:
    """The judged clicks of every message."""
    return [
        [hit for hit in judge(message, CAMPAIGN, RULES) if hit.event.kind is EventKind.CLICK]
        for message in messages
    ]


def test_at_least_99_percent_of_the_clicks_of_bursts_are_a_scanners_the_first_ones_too() -> None:
    swept = clicks(bursts(836, random.Random(836)))
    every = [hit.verdict is Verdict.SCANNER for hits in swept for hit in hits]
    first = [hits[0].verdict is Verdict.SCANNER for hits in swept]
    assert sum(every) / len(every) >= 0.99
    assert sum(first) / len(first) >= 0.99


def test_at_most_half_a_percent_of_the_clicks_of_people_is_lost() -> None:
    lost = [
        hit.verdict is not Verdict.HUMAN for hits in clicks(people(5_000, random.Random(5))) for hit in hits
    ]
    assert sum(lost) / len(lost) <= 0.005


def test_fifty_colleagues_behind_one_address_are_fifty_people() -> None:
    from_one_office = [
        message
        for message in people(5_000, random.Random(6))
        if {event.address for event in message.events} == {"203.0.113.40"}
    ]
    assert len(from_one_office) >= 50
    assert {hit.verdict for hits in clicks(from_one_office) for hit in hits} == {Verdict.HUMAN}
