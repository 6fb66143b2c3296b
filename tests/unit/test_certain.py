"""What decides alone: a click before anybody can have read, a certain network, an image a mailbox fetches on view."""

import pytest

from mailpixel.classify import Certainty, Network, Rules, Scope, judge
from mailpixel.model import Event, Facts, Verdict, Via
from tests.support.builders import BROWSER, a_campaign, a_click, a_delivery, a_message, an_open
from tests.support.judging import (
    BARE,
    BURST,
    DAY,
    ELSEWHERE,
    HUMAN,
    PERSON,
    SAFARI,
    SAFARI_CLICK,
    TRAP,
    rulings,
)

LINK_CHECKS, MAIL_PROTECTION, EXCHANGE = "40.94.29.84", "40.107.218.12", "2603:1026:c03:4c10::5"


def verdicts(*events: Event, sent: bool = True) -> list[str]:
    """`verdict rule` of every event in order of time, with no delivery but those among the events."""
    campaign = a_campaign() if sent else a_campaign(sent_at=None)
    return [f"{hit.verdict} {hit.rule}" for hit in judge(a_message(*events), campaign, Rules())]


@pytest.mark.parametrize(
    ("second", "expected"),
    [(-1.0, HUMAN), (0.0, "scanner instant"), (30.0, "scanner instant"), (30.001, HUMAN), (599.9, HUMAN)],
)
def test_a_gesture_counts_before_a_late_delivery_but_not_while_the_message_was_just_sent(
    second: float, expected: str
) -> None:
    assert verdicts(a_delivery(600.0), a_click(second, facts=PERSON)) == [expected]


def test_without_a_reported_delivery_only_two_seconds_after_sending_are_too_soon() -> None:
    assert verdicts(a_click(1.999, facts=PERSON)) == ["scanner instant"]
    assert verdicts(a_click(2.0, facts=PERSON)) == [HUMAN]


def test_before_a_delivery_of_a_campaign_that_was_never_sent_there_is_no_clock() -> None:
    assert verdicts(a_delivery(600.0), a_click(5.0, facts=PERSON), sent=False) == [HUMAN]


def test_a_bare_image_in_transit_is_the_gateways() -> None:
    hits = [an_open(60.0, facts=BARE), an_open(60.001, facts=BARE, address=ELSEWHERE)]
    assert verdicts(a_delivery(600.0), *hits) == ["scanner instant", HUMAN]


@pytest.mark.parametrize("address", [LINK_CHECKS, MAIL_PROTECTION, EXCHANGE])
@pytest.mark.parametrize("facts", [BARE, PERSON, Facts.NONE])
def test_a_late_image_from_microsofts_networks_is_a_readers(address: str, facts: Facts) -> None:
    (hit,) = judge(
        a_message(a_delivery(1.0), an_open(31.001, address=address, facts=facts)), a_campaign(), Rules()
    )
    assert (hit.verdict, hit.rule, hit.via) == (Verdict.HUMAN, "mail_proxy", Via.MICROSOFT)


def test_an_early_image_from_there_is_judged_as_any_other() -> None:
    assert rulings([an_open(31.0, address=LINK_CHECKS, facts=BARE)]) == ["scanner instant"]


def test_images_from_two_addresses_of_such_a_network_repeat_one_another() -> None:
    late = [an_open(DAY, address=LINK_CHECKS), an_open(DAY + 9, address="40.94.30.1")]
    assert rulings(late) == ["human mail_proxy", "human mail_proxy again"]


def test_a_trap_and_a_robots_name_come_before_the_network() -> None:
    hidden = a_click(DAY, 9, facts=PERSON, address=LINK_CHECKS)
    assert rulings([hidden, an_open(DAY + 5, address=LINK_CHECKS)]) == [TRAP, TRAP]
    assert rulings([an_open(DAY, address=LINK_CHECKS, agent="curl/8.5.0")]) == ["bot declared"]


def test_what_an_operator_says_of_images_still_counts_late() -> None:
    own = Rules(networks=(Network("203.0.113.0/24", "ours", Scope.ALL, Certainty.PROBABLE),))
    assert rulings([an_open(DAY, address="203.0.113.9", facts=BARE)], own) == ["scanner network"]


@pytest.mark.parametrize("agent", [BROWSER, SAFARI])
def test_a_link_that_a_page_loads_into_itself_is_evidence_but_a_gesture_outweighs_it(agent: str) -> None:
    shown = SAFARI_CLICK if agent is SAFARI else PERSON & ~Facts.USER_ACTIVATED
    framed = a_click(DAY, facts=shown | Facts.FRAMED, agent=agent)
    assert rulings([framed]) == ["scanner client"]
    assert rulings([an_open(60.0), framed]) == [HUMAN, HUMAN]
    assert rulings([a_click(DAY, facts=PERSON | Facts.FRAMED)]) == [HUMAN]


def test_a_pixel_in_a_frame_is_an_image_all_the_same() -> None:
    assert rulings([an_open(20.0, facts=PERSON | Facts.FRAMED)]) == [HUMAN]


def test_a_sweep_of_one_source_falls_with_its_pixel_when_it_began_too_soon() -> None:
    sweep = [a_click(1.2 + step / 10, step, facts=PERSON) for step in (1, 2, 3)]
    assert rulings([an_open(1.1), *sweep]) == [BURST, *["scanner instant"] * 3]
