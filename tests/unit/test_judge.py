"""The rules that need an event's neighbours, repeats, and the reasons given."""

from collections.abc import Sequence

import pytest

from mailpixel.classify import Certainty, Network, Rules, Scope, explain, judge
from mailpixel.classify.message import look
from mailpixel.model import Campaign, Event, Facts, Verdict
from tests.builders import (
    BROWSER,
    GMAIL,
    ROBOT,
    SENT_AT,
    a_click,
    a_delivery,
    a_link,
    a_message,
    an_open,
)

PERSON = Facts(4080)
BARE = Facts.ACCEPT | Facts.ACCEPT_ENCODING
SAFARI = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/26.1 Mobile/15E148 Safari/604.1"
)
PREFETCHER = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/42.0.2311.135 Safari/537.36 Edge/12.246 Mozilla/5.0"
)
SAFARI_CLICK = PERSON & ~(Facts.USER_ACTIVATED | Facts.CLIENT_HINTS)
ELSEWHERE = "198.51.100.9"
MAC = BROWSER.replace("Windows NT 10.0; Win64; x64", "Macintosh; Intel Mac OS X 10_15_7")
LINKS = (a_link(1), a_link(2), a_link(3), a_link(9, trap=True))
TRAPPED = Campaign("spring", "Spring", sent_at=SENT_AT, links=LINKS)
DAY = 90_000.0


def rulings(events: Sequence[Event], rules: Rules | None = None) -> list[str]:
    """`verdict rule` of every event in order of time, delivered a second after sending."""
    judged = judge(a_message(a_delivery(1.0), *events), TRAPPED, rules or Rules())
    return [f"{hit.verdict} {hit.rule}{' again' if hit.dup else ''}" for hit in judged]


def clicks(*seconds: float, facts: Facts = PERSON, address: str = "192.0.2.10") -> list[Event]:
    """One click a moment, each on another link."""
    return [
        a_click(second, link, facts=facts, address=address) for link, second in enumerate(seconds, start=1)
    ]


HUMAN, BURST, TRAP = "human default", "scanner burst", "scanner trap"


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


def test_every_source_inside_the_span_falls_and_nothing_outside_does() -> None:
    hits = [*clicks(500.0, 500.3), a_click(500.5, 3, facts=PERSON, address=ELSEWHERE)]
    reader = a_click(DAY, 3, facts=PERSON, address=ELSEWHERE)
    assert rulings([*hits, reader]) == [BURST, BURST, BURST, HUMAN]


def test_a_burst_takes_the_opens_of_its_source_that_came_before() -> None:
    before, other, after = an_open(30.0), an_open(40.0, address=ELSEWHERE), an_open(600.0)
    assert rulings([before, other, *clicks(500.0, 500.3), after]) == [BURST, HUMAN, BURST, BURST, HUMAN]


def test_the_pixel_at_the_end_of_a_sweep_falls_with_it() -> None:
    assert rulings([*clicks(500.0, 500.3), an_open(500.6)]) == [BURST, BURST, BURST]


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


def test_a_sprung_trap_takes_everybody_near_and_its_source_long_after() -> None:
    hits = [
        a_click(489.0, 1, facts=PERSON, address=ELSEWHERE),
        an_open(490.0, address="203.0.113.5"),
        a_click(500.0, 9, facts=PERSON),
        a_click(510.0, 2, facts=PERSON, address=ELSEWHERE),
        a_click(512.0, 3, facts=PERSON, address=ELSEWHERE),
        an_open(1_400.0),
        an_open(1_400.1, address=ELSEWHERE),
        an_open(1_401.0),
    ]
    assert rulings(hits) == [HUMAN, TRAP, TRAP, TRAP, HUMAN, TRAP, HUMAN, f"{HUMAN}"]


def test_each_trip_begins_the_taint_anew() -> None:
    hits = [a_click(second, link, facts=PERSON) for second, link in ((500.0, 9), (1_300.0, 9), (2_100.0, 1))]
    assert rulings(hits) == [TRAP] * 3


def test_a_broken_signature_springs_the_trap() -> None:
    hits = [a_click(500.0, 1, facts=PERSON | Facts.FORGED), a_click(500.4, 1, facts=PERSON)]
    assert rulings(hits) == [TRAP, TRAP]


def test_a_preview_and_a_browser_loading_ahead_spring_nothing() -> None:
    hits = [
        a_click(500.0, 9, facts=PERSON | Facts.PREVIEW),
        a_click(501.0, 9, facts=PERSON | Facts.PREFETCH),
        a_click(505.0, 1, facts=PERSON),
    ]
    assert rulings(hits) == ["internal internal", "prefetch purpose", HUMAN]


@pytest.mark.parametrize(
    ("second", "facts", "expected"),
    [
        (2.9, PERSON, "scanner instant"),
        (3.0, PERSON, HUMAN),
        (30.0, BARE, "scanner instant"),
        (30.0, PERSON & ~Facts.USER_ACTIVATED, "scanner instant"),
        (62.0, PERSON & ~Facts.USER_ACTIVATED, HUMAN),
        (DAY, BARE, "scanner client"),
        (0.5, PERSON, HUMAN),
    ],
)
def test_soft_evidence_needs_company_and_a_gesture_outweighs_it(
    second: float, facts: Facts, expected: str
) -> None:
    assert rulings([a_click(second, 1, facts=facts)]) == [expected]


def test_a_reader_who_opened_is_not_lost_for_one_odd_thing() -> None:
    assert rulings([an_open(500.0), a_click(600.0, facts=BARE)]) == [HUMAN, HUMAN]


def test_an_open_of_a_machine_opens_nothing_but_apples_may() -> None:
    robot = an_open(500.0, agent=ROBOT, address=ELSEWHERE)
    apple = an_open(500.0, agent="Mozilla/5.0", address=ELSEWHERE)
    assert rulings([robot, a_click(600.0, facts=BARE)])[1] == "scanner client"
    assert rulings([apple, a_click(600.0, facts=BARE)])[1] == HUMAN


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


def test_of_two_at_once_from_two_places_the_weaker_loses() -> None:
    person = a_click(500.0, 1, facts=PERSON, agent=MAC)
    machine = a_click(512.0, 1, facts=BARE, address=ELSEWHERE)
    assert rulings([an_open(400.0), person, machine]) == [HUMAN, HUMAN, "scanner pair"]
    assert rulings([an_open(400.0), person, a_click(516.0, 1, facts=BARE, address=ELSEWHERE)])[2] == HUMAN
    assert rulings([an_open(400.0), person, a_click(512.0, 2, facts=BARE, address=ELSEWHERE)])[2] == HUMAN


def test_two_people_at_once_both_stay() -> None:
    hits = [a_click(500.0, 1, facts=PERSON), a_click(501.0, 1, facts=PERSON, address=ELSEWHERE)]
    assert rulings(hits) == [HUMAN, HUMAN]


def test_the_same_person_twice_is_no_pair() -> None:
    hits = [a_click(500.0, 1, facts=PERSON), a_click(501.0, 1, facts=BARE, address="192.0.2.11")]
    assert rulings([an_open(400.0), *hits])[2] == HUMAN


@pytest.mark.parametrize(
    ("seconds", "dups"),
    [((500.0, 530.0, 530.1), [False, True, False]), ((500.0, 520.0, 540.0), [False, True, False])],
)
def test_an_open_repeats_the_one_that_counted_for_thirty_seconds(
    seconds: tuple[float, ...], dups: list[bool]
) -> None:
    judged = judge(a_message(*(an_open(second) for second in seconds)), TRAPPED, Rules())
    assert [hit.dup for hit in judged] == dups


def test_an_image_proxy_repeats_itself_from_any_address() -> None:
    hits = [an_open(500.0, agent=GMAIL), an_open(504.0, agent=GMAIL, address=ELSEWHERE)]
    assert [hit.dup for hit in judge(a_message(*hits), TRAPPED, Rules())] == [False, True]


@pytest.mark.parametrize("change", [{"link": 2}, {"address": ELSEWHERE}, {"agent": MAC}])
def test_another_link_address_or_agent_is_no_repeat(change: dict[str, object]) -> None:
    hits = [a_click(500.0, facts=PERSON), a_click(**({"second": 502.0, "facts": PERSON} | change))]  # type: ignore[arg-type]
    assert [hit.dup for hit in judge(a_message(*hits), TRAPPED, Rules())] == [False, False]


def test_what_does_not_count_is_never_repeated() -> None:
    hits = [
        a_click(500.0, method="HEAD"),
        a_click(500.1, facts=Facts.FORGED),
        a_click(500.2, facts=PERSON),
        a_click(500.3, method="HEAD"),
        a_click(500.4, facts=Facts.PREVIEW),
        a_click(500.5, facts=Facts.PREVIEW),
    ]
    assert [hit.dup for hit in judge(a_message(*hits), TRAPPED, Rules())] == [False] * 6


def test_a_later_fetch_of_a_proxy_that_was_early_counts() -> None:
    hits = [an_open(30.0, agent=GMAIL), an_open(35.0, agent=GMAIL)]
    assert rulings(hits) == ["prefetch mail_proxy", "human mail_proxy"]


def test_explain_gives_the_same_verdicts_with_reasons_for_people() -> None:
    message = a_message(
        a_delivery(1.0), an_open(13.0, agent=GMAIL), a_click(31.0, facts=PERSON), *clicks(500.0, 500.4)
    )
    told = explain(message, TRAPPED, Rules())
    plain = judge(message, TRAPPED, Rules())
    assert [(hit.event, hit.verdict, hit.rule, hit.via, hit.dup) for hit in told] == [
        (hit.event, hit.verdict, hit.rule, hit.via, hit.dup) for hit in plain
    ]
    assert [hit.reasons[1:] for hit in told] == [
        ("It came 12 s after delivery, within the 30 s mailboxes fetch in.",),
        (
            "Against it: it came very soon; nobody had opened the message before. "
            "Set aside, because it shows a person's own click.",
        ),
        ("2 different links were followed within 0.4 s.",),
        ("2 different links were followed within 0.4 s.",),
    ]
    assert all(hit.reasons == () for hit in plain)


@pytest.mark.parametrize(
    ("events", "reason"),
    [
        ([an_open(DAY, agent=ROBOT)], "What gave it away in the user agent: “curl”."),
        ([a_click(DAY, agent="")], "It sent no user agent at all."),
        ([a_click(DAY, agent="Neverheardof 1")], "The user agent is none that a browser sends."),
        ([a_click(500.0, 9, facts=PERSON)], "This hit sprang the trap."),
        ([an_open(495.5), a_click(500.0, 9, facts=PERSON)], "The trap was sprung 4.5 s from this hit."),
        (
            [an_open(495.5), *clicks(500.0, 500.1)],
            "The links were followed by the very source that loaded this image.",
        ),
        ([a_click(1.5, facts=PERSON)], "It came 0.5 s after delivery."),
        (
            [a_click(DAY, facts=BARE)],
            "These agree: its headers are not those of the browser it claims to be; "
            "nobody had opened the message before.",
        ),
        (
            [an_open(DAY, agent=GMAIL)],
            "It came 25 h after delivery, later than mailboxes fetch by themselves.",
        ),
        ([an_open(0.5, agent=GMAIL)], "How long after delivery it came is not known, or the clocks differ."),
        (
            [a_click(DAY, method="HEAD")],
            "The request was a HEAD, so it is never counted as an open or a click.",
        ),
        ([a_click(DAY, facts=Facts.PREVIEW)], "The address was made for a preview, so it is never counted."),
        (
            [a_click(DAY, facts=Facts.FORGED)],
            "The signature of the address is broken, so it is never counted.",
        ),
        (
            [an_open(DAY), an_open(DAY + 1)][::-1],
            "It repeats a hit that was counted a moment before, so it is not counted again.",
        ),
        (
            [an_open(DAY, facts=PERSON)],
            "No evidence of a machine was found: timing, network, headers and neighbouring hits were looked at.",
        ),
        (
            [an_open(DAY, facts=BARE)],
            "The agent says Chrome, but Accept-Language is missing and the Sec-Fetch headers are missing.",
        ),
    ],
)
def test_a_reason_names_the_evidence(events: list[Event], reason: str) -> None:
    told = explain(a_message(a_delivery(1.0), *events), TRAPPED, Rules())
    first = next(hit for hit in told if hit.event == events[0])
    assert reason in first.reasons


def test_a_reason_never_shows_an_address_or_a_token() -> None:
    rules = Rules(networks=(Network("192.0.2.0/24", "gate", Scope.ALL, Certainty.CERTAIN),))
    told = explain(a_message(a_click(DAY, facts=PERSON)), TRAPPED, rules)
    assert told[0].reasons[1] == "The network is “gate”, which only machines ask from."
    assert "192.0.2" not in " ".join(told[0].reasons)


def test_looking_at_a_message_costs_no_more_than_a_walk_over_its_events() -> None:
    hits = [a_click(500.0 + step / 100, step % 2 + 1, facts=PERSON) for step in range(4_000)]
    sights = look(a_message(*hits), TRAPPED, Rules())
    assert {sight.ruling.verdict for sight in sights if sight.ruling} == {Verdict.SCANNER}
