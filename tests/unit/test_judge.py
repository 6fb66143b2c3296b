"""The rules that need a message's other clicks: bursts and traps."""

import pytest

from mailpixel.classify import Certainty, Network, Rules, Scope
from mailpixel.classify.judge import observe
from mailpixel.model import Facts, Verdict
from tests.support.builders import APPLE, ROBOT, a_click, a_message, an_open
from tests.support.judging import BARE, BURST, DAY, ELSEWHERE, HUMAN, PERSON, TRAP, TRAPPED, clicks, rulings

SILENT = PERSON & ~Facts.USER_ACTIVATED
"""A browser that reports no gesture."""


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        ((500.0, 505.0, 510.0), [BURST] * 3),
        ((500.0, 505.0, 510.001), [HUMAN] * 3),
        ((500.0, 501.0), [BURST] * 2),
        ((500.0, 501.001), [HUMAN] * 2),
        ((500.0, 506.5, 512.0), [HUMAN] * 3),
        ((500.0, 504.0, 508.0, 514.0, 521.0), [BURST] * 4 + [HUMAN]),
    ],
)
def test_a_burst_is_three_links_in_ten_seconds_or_two_in_one(
    seconds: tuple[float, ...], expected: list[str]
) -> None:
    assert rulings(clicks(*seconds)) == expected


def test_repeats_of_one_link_are_no_burst() -> None:
    hits = [a_click(second, 1, facts=PERSON) for second in (500.0, 500.4, 501.0, 506.0)]
    assert rulings(hits) == [HUMAN, f"{HUMAN} again", f"{HUMAN} again", HUMAN]


def test_embedded_destinations_are_links_too() -> None:
    hits = [
        a_click(500.0 + step, None, destination=f"https://other.example/{step}", facts=PERSON)
        for step in range(3)
    ]
    assert rulings(hits) == [BURST] * 3


def test_every_source_without_a_gesture_inside_the_span_falls_and_nothing_outside_does() -> None:
    hits = [*clicks(500.0, 500.3), a_click(500.5, 3, facts=SILENT, address=ELSEWHERE)]
    reader = a_click(DAY, 3, facts=SILENT, address=ELSEWHERE)
    assert rulings([an_open(60.0, address="203.0.113.5"), *hits, reader]) == [
        HUMAN,
        BURST,
        BURST,
        BURST,
        HUMAN,
    ]


@pytest.mark.parametrize("checker", [SILENT, BARE])
def test_a_checker_beside_a_readers_gesture_makes_no_burst_of_it(checker: Facts) -> None:
    reader = [a_click(501.0, 1, facts=PERSON), a_click(502.6, 2, facts=PERSON)]
    checks = [
        a_click(500.2, 1, facts=checker, address=ELSEWHERE),
        a_click(501.7, 2, facts=checker, address=ELSEWHERE),
    ]
    told = rulings([an_open(60.0), *reader, *checks])
    assert [told[0], told[2], told[4]] == [HUMAN] * 3


def test_two_people_who_share_a_message_are_no_burst() -> None:
    hits = [a_click(500.0, 1, facts=PERSON), a_click(500.4, 2, facts=PERSON, address=ELSEWHERE)]
    assert rulings(hits) == [HUMAN, HUMAN]


def test_a_gesture_does_not_save_a_source_that_follows_everything() -> None:
    assert rulings(clicks(500.0, 500.2, 500.4)) == [BURST] * 3


def test_a_certain_network_and_a_click_too_soon_belong_to_no_span_of_others() -> None:
    gate = Rules(networks=(Network("203.0.113.0/24", "gate", Scope.CLICKS, Certainty.CERTAIN),))
    hits = [
        a_click(500.0, 1, facts=SILENT),
        a_click(500.3, 2, facts=PERSON, address="203.0.113.9"),
        a_click(500.6, 3, facts=PERSON, address="203.0.113.9"),
    ]
    assert rulings([an_open(60.0), *hits], gate) == [HUMAN, HUMAN, "scanner network", "scanner network"]
    soon = [a_click(2.9, 2, facts=PERSON, address=ELSEWHERE), a_click(3.2, 1, facts=PERSON)]
    assert rulings(soon) == ["scanner instant", HUMAN]


def test_a_source_whose_sweep_began_too_soon_falls_whole() -> None:
    hits = [an_open(2.0), *clicks(2.4, 2.9, 3.3)]
    assert rulings(hits) == [BURST, "scanner instant", "scanner instant", BURST]


def test_a_burst_takes_the_opens_of_its_source_that_came_before() -> None:
    before, other, after = an_open(30.0), an_open(40.0, address=ELSEWHERE), an_open(600.0)
    assert rulings([before, other, *clicks(500.0, 500.3), after]) == [BURST, HUMAN, BURST, BURST, HUMAN]


@pytest.mark.parametrize(("second", "expected"), [(500.6, BURST), (501.3, BURST), (501.301, HUMAN)])
def test_the_pixel_at_the_end_of_a_sweep_falls_with_it(second: float, expected: str) -> None:
    assert rulings([*clicks(500.0, 500.3), an_open(second)]) == [BURST, BURST, expected]


def test_clicks_that_gave_themselves_away_make_no_burst_of_a_readers_click() -> None:
    preview = a_click(500.2, 2, agent=ROBOT, address=ELSEWHERE)
    ahead = a_click(500.3, 3, facts=PERSON | Facts.PREFETCH)
    probe = a_click(500.4, 2, method="HEAD")
    assert rulings([a_click(500.0, 1, facts=PERSON), preview, ahead, probe]) == [
        HUMAN,
        "bot declared",
        "prefetch purpose",
        "scanner method",
    ]


def test_clicks_the_trap_took_still_make_a_burst_of_those_before() -> None:
    hits = clicks(501.0, 499.5, 498.0)
    assert rulings([*hits, a_click(510.0, 9, facts=PERSON)]) == [BURST, BURST, TRAP, TRAP]


def test_a_damaged_address_is_no_click_of_a_burst() -> None:
    hits = [a_click(500.0, 1, facts=PERSON), a_click(500.5, 2, facts=PERSON | Facts.FORGED)]
    assert rulings([an_open(400.0), *hits]) == [HUMAN, HUMAN, TRAP]


def test_a_followed_hidden_link_takes_everybody_near_and_its_source_long_after() -> None:
    hits = [
        a_click(489.0, 1, facts=SILENT, address=ELSEWHERE),
        an_open(490.0, address="203.0.113.5"),
        a_click(500.0, 9, facts=PERSON),
        a_click(510.0, 2, facts=SILENT, address=ELSEWHERE),
        a_click(512.0, 3, facts=SILENT, address=ELSEWHERE),
        an_open(1_400.0),
        an_open(1_400.0, address=ELSEWHERE),
        an_open(1_400.001),
    ]
    opened = an_open(60.0, address="203.0.113.6")
    assert rulings([opened, *hits]) == [HUMAN, HUMAN, TRAP, TRAP, TRAP, HUMAN, TRAP, HUMAN, HUMAN]


def test_a_hidden_link_leaves_the_source_of_a_readers_gesture_alone_but_not_its_own() -> None:
    hits = [
        an_open(497.0, address=ELSEWHERE),
        a_click(499.0, 1, facts=PERSON, address=ELSEWHERE),
        a_click(499.5, 2, facts=PERSON),
        a_click(500.0, 9, facts=PERSON),
    ]
    assert rulings(hits) == [HUMAN, HUMAN, TRAP, TRAP]


def test_each_trip_begins_the_taint_anew() -> None:
    hits = [a_click(second, link, facts=PERSON) for second, link in ((500.0, 9), (1_300.0, 9), (2_100.0, 1))]
    assert rulings(hits) == [TRAP] * 3


@pytest.mark.parametrize(
    ("change", "own"), [({"method": "HEAD"}, "scanner method"), ({"agent": ROBOT}, "bot declared")]
)
def test_a_machine_that_gave_itself_away_springs_nothing(change: dict[str, object], own: str) -> None:
    trip = a_click(500.0, 9, **change)
    told = rulings([an_open(60.0), trip, a_click(505.0, 1, facts=SILENT, address=ELSEWHERE)])
    assert told == [HUMAN, own, HUMAN]


def test_a_certain_network_springs_nothing_either_and_shields_nobody() -> None:
    gate = Rules(networks=(Network("192.0.2.0/24", "gate", Scope.CLICKS, Certainty.CERTAIN),))
    near = [an_open(499.0, address="192.0.2.9"), a_click(505.0, 1, facts=SILENT, address=ELSEWHERE)]
    trip = a_click(500.0, 9, facts=PERSON, address="192.0.2.9")
    assert rulings([an_open(60.0), *near, trip], gate) == [HUMAN, HUMAN, TRAP, HUMAN]
    other = a_click(503.0, 9, facts=PERSON, address="203.0.113.9")
    gesture = a_click(504.0, 1, facts=PERSON, address="192.0.2.9")
    assert rulings([an_open(60.0), *near, other, gesture], gate) == [HUMAN, TRAP, TRAP, TRAP, TRAP]


def test_a_broken_signature_taints_its_own_source_alone_and_only_afterwards() -> None:
    hits = [
        a_click(490.0, 2, facts=PERSON),
        a_click(500.0, 1, facts=PERSON | Facts.FORGED),
        a_click(500.4, 1, facts=PERSON),
        a_click(505.0, 1, facts=SILENT, address=ELSEWHERE),
        a_click(1_400.0, 1, facts=PERSON),
        a_click(1_400.001, 1, facts=PERSON),
    ]
    assert rulings([an_open(60.0), *hits]) == [HUMAN, HUMAN, TRAP, TRAP, HUMAN, TRAP, HUMAN]


def test_an_image_proxys_agent_in_a_broken_signature_takes_no_reader_away() -> None:
    forged = an_open(500.0, agent=APPLE, address=ELSEWHERE, facts=Facts.FORGED | Facts.REFERER)
    assert rulings([forged, an_open(520.0, agent=APPLE, facts=Facts.REFERER)]) == [TRAP, HUMAN]


def test_where_no_addresses_are_kept_a_broken_signature_silences_nobody_with_the_same_browser() -> None:
    forged = a_click(500.0, 1, address="", facts=PERSON | Facts.FORGED)
    reader = [an_open(510.0, address=""), a_click(520.0, 1, address="", facts=PERSON)]
    assert rulings([forged, *reader]) == [TRAP, HUMAN, HUMAN]


def test_a_broken_signature_on_the_hidden_link_proves_nothing_of_others() -> None:
    forged = a_click(500.0, 9, facts=PERSON | Facts.FORGED)
    assert rulings([forged, an_open(501.0, address=ELSEWHERE)]) == [TRAP, HUMAN]


def test_a_preview_and_a_browser_loading_ahead_spring_nothing() -> None:
    hits = [
        a_click(500.0, 9, facts=PERSON | Facts.PREVIEW),
        a_click(501.0, 9, facts=PERSON | Facts.PREFETCH),
        a_click(505.0, 1, facts=PERSON),
    ]
    assert rulings(hits) == ["internal internal", "prefetch purpose", HUMAN]


def test_looking_at_a_message_costs_no_more_than_a_walk_over_its_events() -> None:
    hits = [a_click(500.0 + step / 100, step % 2 + 1, facts=PERSON) for step in range(4_000)]
    observations = observe(a_message(*hits), TRAPPED, Rules())
    assert {hit.ruling.verdict for hit in observations if hit.ruling} == {Verdict.SCANNER}
