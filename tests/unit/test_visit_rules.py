"""The rules of visits: which one decides, from what, and that only the events matter."""

import random
from collections.abc import Sequence
from typing import Any

import pytest
from msgspec.structs import replace

from mailpixel.classify import KnownAgent, Rules
from mailpixel.classify.rules import VISIT_RULES
from mailpixel.classify.thresholds import VisitThresholds
from mailpixel.classify.visit import judge_visit
from mailpixel.classify.visit_rules import DECIDING, LEFT_OUT
from mailpixel.classify.visit_words import reasons_of
from mailpixel.model import Certainty, Decision, Event, Facts, Scope, Verdict
from tests.support.builders import APPLE, BROWSER, GMAIL
from tests.support.site_cases import SHOWN, a_case, a_network, a_step, bought, judged_by

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:152.0) Gecko/20100101 Firefox/152.0"
HEADLESS = BROWSER.replace("Chrome", "HeadlessChrome")
GOOGLEBOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
CERTAIN = a_network(scope=Scope.ALL, certainty=Certainty.CERTAIN)
PROBABLE = a_network(scope=Scope.ALL)


def requested(*seconds: float, **request: Any) -> Sequence[Event]:
    """Page views at these seconds by requests that show this."""
    return [a_step(second, request=request) for second in seconds]


def test_the_table_stands_in_order_and_every_rule_of_it_decides() -> None:
    names = [rule.name for rule in VISIT_RULES]
    assert names == [
        "internal",
        "method",
        "purpose",
        "declared",
        "automated",
        "flood",
        "network",
        "client",
        "spin",
        "claimed",
        "default",
    ]
    deciding = [name for group, _ in DECIDING for name in group]
    assert [name for name in names if name not in LEFT_OUT] == [*deciding, "default"]


def test_every_rule_says_in_one_sentence_what_it_means() -> None:
    assert [
        rule.name for rule in VISIT_RULES if not rule.summary.endswith(".") or rule.summary.count(". ")
    ] == []


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        (requested(1, 60), ("human", "default")),
        (requested(1), ("human", "default")),
        (requested(1, 60, facts=SHOWN | Facts.OWN_NETWORK), ("internal", "internal")),
        (requested(1, 60, facts=SHOWN | Facts.PREVIEW, agent=GOOGLEBOT), ("internal", "internal")),
        (requested(1, method="HEAD"), ("bot", "method")),
        (requested(1, method="GET", facts=SHOWN | Facts.PREFETCH), ("prefetch", "purpose")),
        (requested(1, agent=GOOGLEBOT), ("bot", "declared")),
        (requested(1, agent=HEADLESS), ("bot", "declared")),
        (requested(1, agent="node"), ("bot", "declared")),
        (
            requested(1, agent="Mozilla/5.0 (compatible; GPTBot/1.2; +https://openai.com/gptbot)"),
            ("bot", "declared"),
        ),
        (requested(1, agent="curl/8.5.0"), ("bot", "declared")),
        (requested(1, agent=""), ("bot", "declared")),
        (requested(1, 60, agent=GMAIL), ("bot", "declared")),
        (requested(1, 60, agent=APPLE), ("bot", "declared")),
        ([a_step(1, automated=True), a_step(60)], ("bot", "automated")),
        (requested(1, 60, network=CERTAIN), ("scanner", "network")),
        (requested(1, network=PROBABLE), ("bot", "network")),
        (requested(1, 60, network=PROBABLE), ("human", "default")),
        (requested(1, 60, network=PROBABLE, facts=Facts.ACCEPT), ("bot", "network")),
        (requested(1, facts=Facts.ACCEPT), ("bot", "client")),
        (requested(1, 60, facts=Facts.ACCEPT), ("human", "default")),
        (requested(1, facts=Facts.ACCEPT | Facts.UNSEEN), ("human", "default")),
        (requested(1, agent=FIREFOX), ("bot", "client")),
        (requested(1, agent=FIREFOX, facts=SHOWN & ~Facts.CLIENT_HINTS), ("human", "default")),
        (requested(1, facts=SHOWN | Facts.NAVIGATE), ("bot", "client")),
        (requested(1, facts=SHOWN & ~Facts.SEC_FETCH | Facts.PLAIN_HTTP), ("human", "default")),
        ([*bought(1)], ("human", "claimed")),
        ([a_step(0), *bought(30)], ("human", "default")),
        ([a_step(30), *bought(30)], ("human", "default")),
        ([a_step(31), *bought(30)], ("human", "claimed")),
        ([a_step(30, "sign_up"), a_step(60)], ("human", "default")),
    ],
)
def test_the_first_rule_that_matches_decides(events: Sequence[Event], expected: tuple[str, str]) -> None:
    assert judged_by([event for event in events if event.campaign.startswith("site:")]) == expected


def test_networks_from_which_people_come_or_which_only_follow_links_prove_nothing() -> None:
    people = a_network(scope=Scope.ALL, certainty=Certainty.PEOPLE)
    links = a_network(scope=Scope.CLICKS, certainty=Certainty.CERTAIN)
    assert [judged_by(requested(1, network=network)) for network in (people, links)] == [
        ("human", "default")
    ] * 2


def test_a_network_that_the_operator_struck_out_proves_nothing() -> None:
    assert judged_by(requested(1, 60, network=CERTAIN), Rules(without=frozenset({CERTAIN.prefix}))) == (
        "human",
        "default",
    )


def test_the_operators_own_words_about_agents_hold() -> None:
    friend = Rules(agents=(KnownAgent("googlebot", Verdict.HUMAN),))
    foe = Rules(agents=(KnownAgent("chrome/151", Verdict.SCANNER),))
    assert judged_by(requested(1, 60, agent=GOOGLEBOT), friend) == ("human", "default")
    assert judged_by(requested(1, 60), foe) == ("scanner", "declared")


@pytest.mark.parametrize(
    ("views", "every_s", "rule"),
    [
        (30, 2.0, "default"),
        (31, 2.0, "flood"),
        (31, 2.001, "default"),
        (10, 0.1, "default"),
        (11, 0.1, "flood"),
        (11, 0.101, "default"),
        (300, 10.0, "default"),
    ],
)
def test_a_flood_is_more_page_views_than_a_person_looks_at(views: int, every_s: float, rule: str) -> None:
    assert judged_by([a_step(round(number * every_s, 3)) for number in range(views)])[1] == rule


def test_steps_that_are_no_page_views_and_repeats_are_no_flood() -> None:
    assert judged_by([a_step(number / 100, "add_to_cart") for number in range(50)])[1] == "default"
    assert judged_by([a_step(0.01 * number, id="one") for number in range(50)] + [a_step(9)])[1] == "default"


def test_a_machine_does_not_escape_by_a_purchase_before_its_flood() -> None:
    assert judged_by([bought(0)[0], *(a_step(1 + number / 100) for number in range(40))]) == ("bot", "flood")


def test_one_hard_fact_takes_the_whole_day() -> None:
    assert judged_by([a_step(1), a_step(4_000), a_step(40_000, automated=True)]) == ("bot", "automated")
    assert judged_by([a_step(1), a_step(60, request={"network": CERTAIN})]) == ("scanner", "network")


def test_a_probe_and_what_a_browser_loads_ahead_are_left_out_of_a_visit() -> None:
    probe = a_step(2, request={"method": "HEAD"})
    ahead = a_step(3, request={"method": "GET", "facts": SHOWN | Facts.PREFETCH})
    person = a_step(60), a_step(90)
    judged = judge_visit(a_case(probe, ahead, *person), Rules())
    assert (judged.verdict, judged.rule, [seen.event for seen in judged.steps]) == (
        Verdict.HUMAN,
        "default",
        [*person],
    )
    assert {id: ruling.rule for id, ruling in judged.out.items()} == {probe.id: "method", ahead.id: "purpose"}
    assert judged.decision(probe.id) == Decision(Verdict.BOT, "method")
    assert judged.decision(person[0].id) == Decision(Verdict.HUMAN, "default")


def test_a_repeat_has_name_and_id_of_an_earlier_step() -> None:
    first, again = a_step(10, "add_to_cart", id="x"), a_step(5, "add_to_cart", id="x", received=20)
    other = a_step(11, "view_item", id="x")
    judged = judge_visit(a_case(first, again, other), Rules())
    assert [seen.event for seen in judged.steps] == [again, first, other]
    assert judged.repeats == {first.id}
    assert judged.decision(first.id).dup


def test_of_steps_without_an_id_no_repeat_is_known() -> None:
    steps = a_step(5, "view_item", id=""), a_step(10, "view_item", id="")
    assert judge_visit(a_case(*steps), Rules()).repeats == frozenset()


EVERY_KIND = [
    requested(1, 60),
    requested(1, 60, facts=SHOWN | Facts.OWN_NETWORK),
    requested(1, method="HEAD"),
    [*requested(1, method="GET", facts=SHOWN | Facts.PREFETCH), a_step(9), a_step(70)],
    requested(1, 60, agent=GOOGLEBOT),
    [a_step(1, automated=True), a_step(60)],
    requested(1, 60, network=CERTAIN),
    requested(1, network=PROBABLE),
    requested(1, facts=Facts.ACCEPT),
    [bought(1)[0]],
    [bought(1)[0], *(a_step(1 + number / 100) for number in range(40))],
]


@pytest.mark.parametrize("events", EVERY_KIND)
def test_a_verdict_does_not_depend_on_the_order_of_the_events(events: Sequence[Event]) -> None:
    shuffled = random.Random(7).sample(events, len(events))
    assert judged_by(shuffled) == judged_by(events)


@pytest.mark.parametrize("events", EVERY_KIND)
def test_a_verdict_stays_when_the_details_of_some_or_all_events_are_dropped(events: Sequence[Event]) -> None:
    judged = judge_visit(a_case(*events), Rules())

    def dropped(event: Event) -> Event:
        kept = event.facts & Facts.OWN_NETWORK
        return replace(event, agent="", facts=kept, network=None, decided=judged.decision(event.id))

    for number in range(len(events) + 1):
        some = [dropped(event) if at < number else event for at, event in enumerate(events)]
        again = judge_visit(a_case(*some), Rules())
        assert (again.verdict, again.rule) == (judged.verdict, judged.rule), number
        assert [seen.event.id for seen in again.steps] == [seen.event.id for seen in judged.steps]


def test_reasons_begin_with_the_rule_and_name_the_evidence() -> None:
    def said(events: Sequence[Event]) -> Sequence[str]:
        return reasons_of(judge_visit(a_case(*events), Rules()), Rules())[1:]

    assert said(requested(1, agent=GOOGLEBOT)) == ("What gave it away in the user agent: “bot”.",)
    assert said([a_step(number / 100) for number in range(31)]) == ("11 pages were viewed within 0.1 s.",)
    assert said(requested(1, 60, network=CERTAIN))[0] == "The network is “hosting”, which only machines use."
    assert said(requested(1, facts=Facts.ACCEPT)) == (
        "2 kinds of evidence agree: its headers do not fit the browser that it names; it ended at once or after one "
        "step, as the visit of a program does.",
        "The user agent names Chrome, but Accept-Language is missing and the Sec-Fetch headers are missing.",
        "Seen of the visit: nothing happened beyond the first second; only one thing happened.",
    )
    assert said(requested(1, 60)) == (
        "No evidence of a machine was found: agent, network, headers, speed and length were looked at.",
    )
    assert said([bought(1)[0], a_step(60)])[0] == "The purchase is purchase:A-1."


def test_rules_of_visits_make_no_figures_of_mail_look_old() -> None:
    """The version that stands beside the figures of a campaign says nothing of visits."""
    other = Rules(visits=VisitThresholds(flood_views=31))
    assert Rules().version == other.version
    assert Rules().visits_version == f"1/{Rules().version}"


def test_thresholds_are_those_of_the_rules() -> None:
    events = [a_step(number) for number in range(32)]
    assert (judged_by(events), judged_by(events, Rules(visits=VisitThresholds(flood_views=32)))) == (
        ("bot", "flood"),
        ("human", "default"),
    )
