"""Hits without recipients, judged with the other hits of their source while they are held."""

from collections import Counter

import pytest
from msgspec.structs import replace

from mailpixel.classify import Rules
from mailpixel.ingest.held import HELD_MS, Counted, Held, views
from mailpixel.kinds import EventKind
from mailpixel.model import Campaign, Event, Facts, Link
from mailpixel.store.aggregates import HOUR_MS, View
from tests.support.builders import APPLE, GMAIL, ROBOT, SENT_AT, a_click, an_open, at_ms

LINKS = tuple(Link(number, f"https://shop.example/{number}", trap=number == 9) for number in range(1, 10))
CAMPAIGN = Campaign("spring", "Spring", sent_at=SENT_AT, links=LINKS)
RULES = Rules(operator_networks=("198.51.100.0/24",))
LATE_S = 7_200.0
UNSEEN = Facts.OPENS_UNSEEN


def view_names(*hits: Event) -> list[tuple[int, str]]:
    """The link and view of each hit, judged together. As at the door, nobody can say whether they had opened."""
    found = views([Counted(replace(hit, facts=hit.facts | UNSEEN)) for hit in hits], CAMPAIGN, RULES)
    return [(key.link, key.view.name.lower()) for _, key in found]


@pytest.mark.parametrize(
    ("hit", "view"),
    [
        (an_open(LATE_S), (0, "human")),
        (an_open(LATE_S, agent=GMAIL), (0, "proxied")),
        (an_open(LATE_S, agent=APPLE), (0, "privacy_prefetch")),
        (an_open(LATE_S, agent=ROBOT), (0, "machine")),
        (an_open(20, agent=GMAIL), (0, "machine")),
        (a_click(LATE_S, 2), (2, "human")),
        (a_click(LATE_S, 2, agent=APPLE), (2, "machine")),
        (a_click(1, 2), (2, "machine")),
        (a_click(LATE_S, 9), (9, "machine")),
        (a_click(LATE_S, None, destination="https://shop.example/3"), (3, "human")),
        (a_click(LATE_S, None, destination="https://shop.example/for/you"), (-1, "human")),
        (a_click(LATE_S, 2, agent=""), (2, "machine")),
    ],
)
def test_a_hit_alone_is_judged_by_itself_and_by_the_time_since_sending(
    hit: Event, view: tuple[int, str]
) -> None:
    assert view_names(hit) == [view]


def test_probes_and_the_senders_own_hits_count_as_nothing() -> None:
    own = an_open(LATE_S, address="198.51.100.7")
    assert view_names(an_open(LATE_S, method="HEAD"), own, a_click(LATE_S, facts=Facts.PREVIEW)) == []


def test_three_links_within_seconds_are_a_machines_and_so_is_the_open_before() -> None:
    hits = [an_open(LATE_S), *(a_click(LATE_S + 3 * number, number) for number in (1, 2, 3))]
    assert view_names(*hits) == [(0, "machine"), (1, "machine"), (2, "machine"), (3, "machine")]
    assert view_names(*hits[:3]) == [(0, "human"), (1, "human"), (2, "human")]


def test_a_hidden_link_taints_what_its_source_follows_next() -> None:
    assert view_names(a_click(LATE_S, 9), a_click(LATE_S + 8, 1)) == [(9, "machine"), (1, "machine")]


def test_a_second_fetch_by_the_same_source_is_a_repeat() -> None:
    assert view_names(an_open(LATE_S), an_open(LATE_S + 9)) == [(0, "human"), (0, "repeat")]
    assert view_names(a_click(LATE_S, 1), a_click(LATE_S + 4, 1), a_click(LATE_S + 9, 1)) == [
        (1, "human"),
        (1, "repeat"),
        (1, "human"),
    ]


def test_each_view_has_the_campaign_and_the_hour_of_its_hit() -> None:
    [(counted, key)] = views([Counted(a_click(LATE_S, 2, facts=UNSEEN), "r-1")], CAMPAIGN, RULES)
    assert counted.recipient == "r-1"
    assert key == ("spring", at_ms(LATE_S) // HOUR_MS, EventKind.CLICK, 2, View.HUMAN)


def test_a_source_waits_until_its_first_hit_is_old_enough_and_then_goes_as_a_whole() -> None:
    held = Held()
    hits = [an_open(0), an_open(5, address="192.0.2.99"), a_click(13)]
    assert all(held.add(Counted(hit)) for hit in hits)
    assert held.due(at_ms(0) + HELD_MS - 1) == []
    assert [[each.hit for each in case] for case in held.due(at_ms(0) + HELD_MS)] == [[hits[0], hits[2]]]
    assert held.size == 1
    assert held.add(Counted(an_open(16)))
    assert Counter(len(case) for case in held.all()) == {1: 2}
    assert (held.size, held.due(at_ms(100))) == (0, [])


def test_campaigns_addresses_and_agents_are_apart() -> None:
    held = Held()
    for fields in ({}, {"campaign": "autumn"}, {"address": "192.0.2.11"}, {"agent": "Thunderbird"}):
        held.add(Counted(an_open(0, **fields)))
    assert [len(case) for case in held.all()] == [1, 1, 1, 1]


def test_hits_past_the_bound_and_without_an_address_are_not_held() -> None:
    held = Held(most=2)
    assert [held.add(Counted(an_open(second))) for second in range(3)] == [True, True, False]
    assert not Held().add(Counted(an_open(address="")))
    held.due(at_ms(60))
    assert held.add(Counted(an_open(61)))


def test_hits_of_a_clock_that_was_ahead_do_not_wait_for_it() -> None:
    held = Held()
    held.add(Counted(an_open(86_400)))
    assert len(held.due(at_ms(0))) == 1
