"""Evidence that needs company, and what outweighs it."""

import pytest

from mailpixel.classify import Certainty, Network, Rules, Scope, judge
from mailpixel.model import Event, Facts
from tests.support.builders import GMAIL, ROBOT, a_click, a_delivery, a_message, an_open
from tests.support.judging import (
    BARE,
    DAY,
    ELSEWHERE,
    HUMAN,
    MAC,
    PERSON,
    PREFETCHER,
    SAFARI,
    SAFARI_CLICK,
    TRAPPED,
    rulings,
)


@pytest.mark.parametrize(
    ("second", "facts", "expected"),
    [
        (1.0, PERSON, "scanner instant"),
        (2.9, PERSON, "scanner instant"),
        (3.0, PERSON, HUMAN),
        (30.0, BARE, "scanner instant"),
        (30.0, PERSON & ~Facts.USER_ACTIVATED, "scanner instant"),
        (61.0, PERSON & ~Facts.USER_ACTIVATED, "scanner instant"),
        (61.001, PERSON & ~Facts.USER_ACTIVATED, HUMAN),
        (DAY, BARE, "scanner client"),
        (0.5, PERSON, "scanner instant"),
        (-0.5, PERSON, HUMAN),
    ],
)
def test_soft_evidence_needs_company_and_a_gesture_outweighs_it(
    second: float, facts: Facts, expected: str
) -> None:
    assert rulings([a_click(second, 1, facts=facts)]) == [expected]


def test_a_mail_program_that_shows_a_mail_at_once_is_a_readers() -> None:
    assert rulings([an_open(1.5, agent="Outlook-iOS/2.0")]) == [HUMAN]


def test_who_opened_and_clicked_in_one_moment_had_opened() -> None:
    assert rulings([an_open(600.0), a_click(600.0, facts=BARE)]) == [HUMAN, HUMAN]


def test_a_reader_who_opened_is_not_lost_for_one_odd_thing() -> None:
    assert rulings([an_open(500.0), a_click(600.0, facts=BARE)]) == [HUMAN, HUMAN]


def test_a_reader_whose_opens_are_not_measured_is_not_lost_for_the_lack_of_one() -> None:
    unseen = BARE | Facts.OPENS_UNSEEN
    assert rulings([a_click(600.0, facts=BARE)]) == ["scanner client"]
    assert rulings([a_click(600.0, facts=unseen)]) == [HUMAN]
    assert rulings([a_click(30.0, facts=unseen)]) == ["scanner instant"]


def test_a_hit_says_for_itself_alone_that_opens_are_not_measured() -> None:
    machine = a_click(300.0, 2, agent=ROBOT, address=ELSEWHERE, facts=Facts.OPENS_UNSEEN)
    assert rulings([machine, a_click(600.0, facts=BARE)])[1] == "scanner client"


def test_an_open_of_a_machine_opens_nothing_but_apples_may() -> None:
    robot = an_open(500.0, agent=ROBOT, address=ELSEWHERE)
    apple = an_open(500.0, agent="Mozilla/5.0", address=ELSEWHERE)
    assert rulings([robot, a_click(600.0, facts=BARE)])[1] == "scanner client"
    assert rulings([apple, a_click(600.0, facts=BARE)])[1] == HUMAN
    forged = an_open(500.0, agent="Mozilla/5.0", address=ELSEWHERE, facts=Facts.FORGED)
    assert rulings([forged, a_click(600.0, facts=BARE)])[1] == "scanner client"


def test_safari_never_reports_a_gesture_so_its_whole_set_counts_as_one() -> None:
    assert rulings([a_click(20.0, agent=SAFARI, facts=SAFARI_CLICK)]) == [HUMAN]
    assert rulings([a_click(20.0, agent=SAFARI, facts=SAFARI_CLICK | Facts.CLIENT_HINTS)]) == [
        "scanner instant"
    ]


@pytest.mark.parametrize("missing", [Facts.ACCEPT_LANGUAGE, Facts.ACCEPT_HTML, Facts.CLIENT_HINTS])
def test_a_gesture_outweighs_a_header_that_is_missing(missing: Facts) -> None:
    assert rulings([a_click(30.0, facts=PERSON & ~missing)]) == [HUMAN]


def test_a_gesture_is_one_only_on_a_navigation() -> None:
    assert rulings([a_click(30.0, facts=PERSON & ~Facts.NAVIGATE)]) == ["scanner instant"]


def test_apps_that_never_report_a_gesture_are_taken_at_their_word_as_safari_is() -> None:
    app = SAFARI.replace("Version/26.1", "CriOS/142.0.7444.77")
    assert rulings([a_click(20.0, agent=app, facts=SAFARI_CLICK)]) == [HUMAN]
    assert rulings([a_click(20.0, agent=app, facts=SAFARI_CLICK & ~Facts.NAVIGATE)]) == ["scanner instant"]


@pytest.mark.parametrize(
    ("agent", "expected"),
    [(GMAIL, "scanner instant"), (PREFETCHER, "scanner instant"), ("Mozilla/5.0", HUMAN)],
)
def test_of_images_fetched_ahead_only_apples_may_have_been_for_a_reader(agent: str, expected: str) -> None:
    ahead = an_open(5.0, agent=agent, address=ELSEWHERE)
    assert rulings([ahead, a_click(20.0, facts=PERSON & ~Facts.USER_ACTIVATED)])[1] == expected


def test_over_plain_http_nothing_is_missed_that_browsers_hold_back() -> None:
    seen = Facts.ACCEPT | Facts.ACCEPT_HTML | Facts.ACCEPT_LANGUAGE | Facts.PLAIN_HTTP
    assert rulings([a_click(DAY, facts=seen)]) == [HUMAN]
    assert rulings([a_click(DAY, facts=seen & ~Facts.PLAIN_HTTP)]) == ["scanner client"]


def test_over_plain_http_no_browser_can_report_a_gesture_so_a_whole_navigation_counts_as_one() -> None:
    seen = Facts.ACCEPT | Facts.ACCEPT_HTML | Facts.ACCEPT_LANGUAGE | Facts.PLAIN_HTTP
    whole = seen | Facts.UPGRADE_INSECURE
    assert rulings([a_click(20.0, facts=whole)]) == [HUMAN]
    assert rulings([a_click(20.0, facts=seen)]) == ["scanner instant"]
    assert rulings([a_click(20.0, facts=whole & ~Facts.ACCEPT_LANGUAGE)]) == ["scanner instant"]
    assert rulings([a_click(20.0, facts=whole & ~Facts.PLAIN_HTTP)]) == ["scanner instant"]


def test_headers_that_were_not_kept_prove_nothing() -> None:
    assert rulings([a_click(DAY, facts=Facts.UNSEEN)]) == [HUMAN]


@pytest.mark.parametrize(
    ("certainty", "scope", "expected"),
    [
        (Certainty.CERTAIN, Scope.CLICKS, [HUMAN, "scanner network"]),
        (Certainty.CERTAIN, Scope.ALL, ["scanner network", "scanner network"]),
        (Certainty.PROBABLE, Scope.ALL, ["scanner network", HUMAN]),
        (Certainty.PEOPLE, Scope.ALL, [HUMAN, HUMAN]),
    ],
)
def test_a_network_speaks_by_its_scope_and_certainty(
    certainty: Certainty, scope: Scope, expected: list[str]
) -> None:
    rules = Rules(networks=(Network("192.0.2.0/24", "gate", scope, certainty),))
    assert rulings([an_open(500.0, facts=BARE), a_click(600.0, facts=PERSON)], rules) == expected


@pytest.mark.parametrize(
    ("second", "link", "expected"),
    [
        (515.0, 1, "scanner pair"),
        (515.001, 1, HUMAN),
        (485.0, 1, "scanner pair"),
        (484.999, 1, HUMAN),
        (512.0, 2, HUMAN),
    ],
)
def test_of_two_at_once_from_two_places_the_weaker_loses(second: float, link: int, expected: str) -> None:
    person = a_click(500.0, 1, facts=PERSON, agent=MAC)
    machine = a_click(second, link, facts=BARE, address=ELSEWHERE)
    judged = judge(a_message(a_delivery(1.0), an_open(400.0), person, machine), TRAPPED, Rules())
    found = {hit.event: f"{hit.verdict} {hit.rule}" for hit in judged}
    assert (found[person], found[machine]) == (HUMAN, expected)


@pytest.mark.parametrize(
    ("machine", "expected"),
    [
        (a_click(512.0, 1, facts=BARE, agent=MAC), "scanner pair"),
        (a_click(512.0, 1, facts=BARE, address=ELSEWHERE), "scanner pair"),
        (a_click(512.0, 1, facts=BARE, address="192.0.2.99"), HUMAN),
    ],
)
def test_two_places_are_two_networks_or_two_systems(machine: Event, expected: str) -> None:
    assert rulings([an_open(400.0), a_click(500.0, 1, facts=PERSON), machine])[2] == expected


def test_of_two_as_weak_as_each_other_neither_loses() -> None:
    pair = [a_click(500.0, 1, facts=BARE), a_click(501.0, 1, facts=BARE, address=ELSEWHERE)]
    assert rulings([an_open(400.0), *pair]) == [HUMAN] * 3


def test_two_people_at_once_both_stay() -> None:
    hits = [a_click(500.0, 1, facts=PERSON), a_click(501.0, 1, facts=PERSON, address=ELSEWHERE)]
    assert rulings(hits) == [HUMAN, HUMAN]


def test_the_same_person_twice_is_no_pair() -> None:
    hits = [a_click(500.0, 1, facts=PERSON), a_click(501.0, 1, facts=BARE, address="192.0.2.11")]
    assert rulings([an_open(400.0), *hits])[2] == HUMAN
