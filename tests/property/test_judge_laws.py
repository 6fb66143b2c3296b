"""The laws of judging, over generated histories of one message."""

import random

from hypothesis import example, given
from hypothesis import strategies as st

from mailpixel.classify import RULES, Certainty, Network, Rules, Scope, explain, judge
from mailpixel.kinds import EventKind
from mailpixel.model import Campaign, Event, Facts, Judged, Message, Verdict
from tests.support.builders import (
    APPLE,
    BROWSER,
    GMAIL,
    ROBOT,
    SENT_AT,
    a_click,
    a_delivery,
    a_link,
    an_event,
    an_id,
)
from tests.support.judging import MAC, PERSON, PREFETCHER

OUTLOOK = "Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0.17928; Pro)"
CAMPAIGN = Campaign(
    "spring", "Spring", sent_at=SENT_AT, links=(*map(a_link, (1, 2, 3)), a_link(4, trap=True))
)
CERTAIN = "192.0.2.200"
"""Lies in a network that is certain for clicks."""
RULESET = Rules(
    seeds=frozenset({"seed"}),
    operator_networks=("203.0.113.0/28",),
    networks=(
        Network("192.0.2.128/25", "gate", Scope.CLICKS, Certainty.CERTAIN),
        Network("198.51.100.128/25", "cloud", Scope.ALL, Certainty.PROBABLE),
    ),
)
NAMES = {rule.name for rule in RULES}
WINDOWS_MS = {EventKind.OPEN: 30_000, EventKind.CLICK: 5_000}

addresses = st.sampled_from(
    [
        "",
        "192.0.2.10",
        "192.0.2.200",
        "198.51.100.17",
        "198.51.100.200",
        "203.0.113.9",
        "2001:db8::1",
        "40.94.29.84",
    ]
)
agents = st.sampled_from([APPLE, BROWSER, MAC, GMAIL, OUTLOOK, ROBOT, PREFETCHER, "", "Neverheardof/1"])
facts = st.sampled_from(
    [
        Facts.NONE,
        PERSON,
        PERSON,
        PERSON & ~Facts.USER_ACTIVATED,
        PERSON & ~Facts.USER_ACTIVATED | Facts.FRAMED,
        Facts.ACCEPT,
        Facts.FORGED,
        Facts.PREVIEW,
    ]
)
moments = st.one_of(st.integers(0, 20_000), st.integers(0, 120_000), st.integers(0, 90_000_000))
kinds = st.sampled_from([EventKind.OPEN, EventKind.CLICK])


@st.composite
def hits(draw: st.DrawFn) -> Event:
    """Any hit at any moment of the first day, most of them close together."""
    kind = draw(kinds)
    return an_event(
        kind,
        draw(moments) / 1000,
        link=draw(st.sampled_from([1, 2, 3, 4])) if kind is EventKind.CLICK else None,
        method=draw(st.sampled_from(["GET", "GET", "GET", "HEAD"])),
        address=draw(addresses),
        agent=draw(agents),
        facts=draw(facts),
    )


@st.composite
def machine_hits(draw: st.DrawFn) -> Event:
    """A hit that rules 1 to 6 or a certain network give away as a machine's, on any link and from anywhere."""
    kind = draw(kinds)
    click = kind is EventKind.CLICK
    proof: dict[str, object] = draw(
        st.sampled_from(
            [
                {"agent": ROBOT},
                {"agent": PREFETCHER},
                {"agent": BROWSER, "method": "HEAD", "facts": PERSON},
                {"agent": BROWSER, "facts": PERSON | Facts.PREFETCH},
                {"agent": BROWSER, "facts": PERSON | Facts.PREVIEW},
                {"agent": GMAIL if click else ROBOT},
                {"agent": BROWSER, "facts": PERSON, "address": CERTAIN} if click else {"agent": ROBOT},
            ]
        )
    )
    link = draw(st.sampled_from([1, 2, 3, 4])) if click else None
    return an_event(kind, draw(moments) / 1000, **({"link": link, "address": draw(addresses)} | proof))


histories = st.lists(hits(), max_size=14)
deliveries = st.sampled_from([[], [a_delivery(1.0)], [a_delivery(40.0)], [a_delivery(1.0), a_delivery(40.0)]])


def message_of(events: list[Event]) -> Message:
    return Message("spring", "r-1", events)


def judged(events: list[Event]) -> tuple[Judged, ...]:
    return judge(message_of(events), CAMPAIGN, RULESET)


HASTY = an_event(
    EventKind.CLICK, 20, link=1, address="192.0.2.10", agent=BROWSER, facts=PERSON & ~Facts.USER_ACTIVATED
)
"""A click that an open before it would make a person's."""


@given(histories, deliveries, machine_hits())
@example([HASTY], [a_delivery(1.0)], an_event(EventKind.OPEN, 5, agent=PREFETCHER))
@example([HASTY], [a_delivery(1.0)], an_event(EventKind.OPEN, 5, agent=ROBOT))
@example(
    [a_click(500, 1, facts=PERSON & ~Facts.USER_ACTIVATED)],
    [],
    an_event(EventKind.CLICK, 505, link=4, agent=BROWSER, facts=PERSON, address="192.0.2.200"),
)
@example([a_click(500, 1, facts=PERSON)], [], an_event(EventKind.CLICK, 500.3, link=2, agent=ROBOT))
@example([a_click(500, 1, facts=PERSON)], [], an_event(EventKind.CLICK, 500.3, link=4, agent=ROBOT))
@example(
    [a_click(500, 1, facts=PERSON & ~Facts.USER_ACTIVATED), HASTY],
    [],
    an_event(EventKind.CLICK, 500.3, link=2, agent=BROWSER, facts=PERSON, address="192.0.2.200"),
)
def test_adding_a_machines_hit_changes_nothing_for_people(
    events: list[Event], delivery: list[Event], machine: Event
) -> None:
    before = {hit.event.id: hit for hit in judged(events + delivery)}
    after = {hit.event.id: hit for hit in judged([*events, *delivery, machine])}
    added = after.pop(machine.id)
    assert added.verdict is not Verdict.HUMAN
    people = {id for id, hit in before.items() if hit.verdict is Verdict.HUMAN}
    assert {id for id, hit in after.items() if hit.verdict is Verdict.HUMAN} == people
    assert {id: after[id] for id in people} == {id: before[id] for id in people}


@given(histories, deliveries, st.randoms(use_true_random=False))
def test_the_order_in_which_events_come_never_matters(
    events: list[Event], delivery: list[Event], dice: random.Random
) -> None:
    shuffled = events + delivery
    expected = judged(shuffled)
    dice.shuffle(shuffled)
    assert judged(shuffled) == expected


@given(histories, deliveries)
def test_verdicts_are_a_pure_function_and_every_hit_has_one(
    events: list[Event], delivery: list[Event]
) -> None:
    found = judged(events + delivery)
    assert found == judged(events + delivery)
    assert [hit.event for hit in found] == sorted(events, key=lambda event: event.id)


@given(histories, deliveries)
def test_every_verdict_that_is_no_persons_names_a_rule_of_the_table(
    events: list[Event], delivery: list[Event]
) -> None:
    for hit in judged(events + delivery):
        assert hit.rule in NAMES
        assert hit.verdict is Verdict.HUMAN or hit.rule != "default"


@given(histories, deliveries)
def test_a_repeat_follows_one_that_counted_with_the_same_verdict_within_the_window(
    events: list[Event], delivery: list[Event]
) -> None:
    counted: dict[tuple[object, ...], int] = {}
    for hit in judged(events + delivery):
        event = hit.event
        valid = event.method == "GET" and not event.facts & (Facts.FORGED | Facts.PREVIEW)
        if not valid or hit.verdict is Verdict.INTERNAL:
            assert not hit.dup
            continue
        address = "" if event.agent in (GMAIL, APPLE, PREFETCHER) or hit.via else event.address
        key = (event.kind, event.link, hit.verdict, address, event.agent)
        first = counted.get(key)
        repeats = first is not None and event.received_at_ms - first <= WINDOWS_MS[event.kind]
        assert hit.dup == repeats
        if not repeats:
            counted[key] = event.received_at_ms


@given(histories, deliveries)
def test_explaining_never_changes_a_verdict(events: list[Event], delivery: list[Event]) -> None:
    told = explain(message_of(events + delivery), CAMPAIGN, RULESET)
    plain = judged(events + delivery)
    assert [(hit.event, hit.verdict, hit.rule, hit.via, hit.dup) for hit in told] == [
        (hit.event, hit.verdict, hit.rule, hit.via, hit.dup) for hit in plain
    ]
    assert all(hit.reasons for hit in told)


@given(histories, deliveries)
def test_no_explanation_contradicts_its_verdict_or_itself(events: list[Event], delivery: list[Event]) -> None:
    for hit in explain(message_of(events + delivery), CAMPAIGN, RULESET):
        told = " ".join(hit.reasons)
        assert len(set(hit.reasons)) == len(hit.reasons)
        assert ("No rule identified a machine." in told) == (hit.rule == "default")
        weighed = [part for part in ("No evidence of a machine", "Evidence of a machine:") if part in told]
        assert len(weighed) == (hit.rule == "default")
        assert ("Overruled" in told or "not enough" in told) <= (hit.verdict is Verdict.HUMAN)
        assert told.count("It came ") <= 1
        assert ("later than mailboxes fetch" in told) <= (hit.verdict is Verdict.HUMAN)
        assert ("in which mailboxes fetch" in told) <= (hit.verdict is Verdict.PREFETCH)
        assert "Nothing speaks against" not in told


@given(histories, st.integers(1, 9))
def test_a_hit_written_again_is_a_repeat_and_changes_no_other(events: list[Event], position: int) -> None:
    again = [
        an_event(event.kind, 0, **fields(event, an_id(event.received_at_ms, b"othe", position + place)))
        for place, event in enumerate(events)
    ]
    once, twice = judged(events), judged([*events, *again])
    assert sum(_counts(hit) for hit in once) == sum(_counts(hit) for hit in twice)


def fields(event: Event, id: bytes) -> dict[str, object]:
    """The fields of a hit for a copy with another id."""
    names = ("received_at_ms", "link", "method", "address", "agent", "facts")
    return {name: getattr(event, name) for name in names} | {"id": id}


def _counts(hit: Judged) -> bool:
    valid = hit.event.method == "GET" and not hit.event.facts & (Facts.FORGED | Facts.PREVIEW)
    return valid and not hit.dup and hit.verdict is not Verdict.INTERNAL
