"""The laws of judging without addresses, over generated histories of one message."""

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from mailpixel.classify import judge
from mailpixel.kinds import HIT_KINDS
from mailpixel.model import Event, Verdict
from mailpixel.privacy.minimise import FORMER_MS
from mailpixel.privacy.salts import OwnSalts
from tests.property.test_judge_laws import CAMPAIGN, RULESET, deliveries, histories, machine_hits, message_of
from tests.support.tagged import DAY_MS, Judging, tagged, with_midnight_at

Found = list[tuple[object, ...]]


def found(judging: Judging) -> Found:
    return [(hit.verdict, hit.rule, hit.via, hit.dup) for hit in judge(*judging, RULESET)]


def compared(events: list[Event], before_last_ms: int, full: bool) -> tuple[Found, Found]:
    """What the hits are found to be with addresses and with tags, with a midnight so long before the last hit.

    Only hits of the last two days count: nothing is compared over a longer time.
    """
    hits = [event for event in events if event.kind in HIT_KINDS]
    assume(hits)
    last_ms = max(event.received_at_ms for event in hits)
    near = [event for event in events if event.received_at_ms > last_ms - before_last_ms - DAY_MS]
    judging = with_midnight_at((message_of(near), CAMPAIGN), last_ms - before_last_ms)
    return found(judging), found((tagged(judging[0], RULESET, full=full), judging[1]))


@given(histories, deliveries, st.integers(0, FORMER_MS - 1), st.booleans())
def test_a_tag_serves_as_well_as_an_address_wherever_midnight_falls(
    events: list[Event], delivery: list[Event], before_last_ms: int, full: bool
) -> None:
    with_addresses, with_tags = compared(events + delivery, before_last_ms, full)
    assert with_tags == with_addresses


@pytest.mark.soak
@settings(max_examples=20_000)
@given(histories, deliveries, st.integers(0, FORMER_MS - 1), st.booleans())
def test_a_tag_serves_as_well_as_an_address_in_many_histories(
    events: list[Event], delivery: list[Event], before_last_ms: int, full: bool
) -> None:
    with_addresses, with_tags = compared(events + delivery, before_last_ms, full)
    assert with_tags == with_addresses


@given(histories, deliveries, machine_hits(), st.integers(0, FORMER_MS - 1))
def test_adding_a_machines_hit_with_a_tag_changes_nothing_for_people(
    events: list[Event], delivery: list[Event], machine: Event, before_last_ms: int
) -> None:
    every = [*events, *delivery, machine]
    last_ms = max(event.received_at_ms for event in every if event.kind in HIT_KINDS)
    near = [event for event in every if event.received_at_ms > last_ms - before_last_ms - DAY_MS]
    message, campaign = with_midnight_at((message_of(near), CAMPAIGN), last_ms - before_last_ms)
    kept = tagged(message, RULESET, OwnSalts())
    without = message_of([event for event in kept.events if event.id[6:] != machine.id[6:]])
    people = [
        {hit.event.id for hit in judge(each, campaign, RULESET) if hit.verdict is Verdict.HUMAN}
        for each in (without, kept)
    ]
    assert people[0] == people[1]
