"""The short way to judge gives every event the verdict of the long way.

The gate compares a small sample. By hand, a million events: `pytest -m soak tests/property/test_short_way.py`.
"""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailpixel.classify import Rules, judge
from mailpixel.classify.judge import judged_together
from mailpixel.classify.singly import judged_singly
from mailpixel.model import Message
from tests.support.crowds import CAMPAIGN, bursts, people
from tests.support.odd_hits import odd_cases
from tests.support.tagged import tagged


def assert_both_ways_agree(events: int, seed: int) -> tuple[int, int]:
    """Compare them, and return the numbers of messages that went the short way and the long way."""
    short = long = 0
    for message, campaign, rules in odd_cases(events, seed):
        singly, together = judged_singly(message, campaign, rules), judged_together(message, campaign, rules)
        if singly is None:
            long += 1
        else:
            short += 1
            assert singly == together
        assert list(judge(message, campaign, rules)) == together
    return short, long


def test_both_ways_agree_on_a_sample_of_odd_messages() -> None:
    short, long = assert_both_ways_agree(6_000, seed=1)
    assert min(short, long) > 400, "the sample tries both"


@settings(max_examples=20)
@given(st.integers(min_value=0))
def test_both_ways_agree_on_any_odd_messages(seed: int) -> None:
    assert_both_ways_agree(60, seed)


def test_both_ways_agree_on_readers_and_gateways() -> None:
    assert_agree_on_crowds(400)


@pytest.mark.soak
def test_both_ways_agree_on_a_million_events() -> None:
    assert_both_ways_agree(700_000, seed=2)
    assert_agree_on_crowds(40_000)


def assert_agree_on_crowds(messages: int) -> None:
    dice, rules = random.Random(3), Rules()
    crowd = [
        *people(messages, dice),
        *bursts(messages // 10, dice),
        *people(messages // 4, dice, secure=False),
    ]
    for message in crowd:
        for each in (message, tagged(message, rules)):
            assert list(judge(each, CAMPAIGN, rules)) == judged_together(each, CAMPAIGN, rules)


def test_a_message_with_one_hit_goes_the_short_way() -> None:
    (*_, message) = people(1, random.Random(1))
    alone = Message(message.campaign, message.recipient, message.events[:2])
    assert judged_singly(alone, CAMPAIGN, Rules()) is not None
