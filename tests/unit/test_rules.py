"""The ordered table, and the rules that read one event."""

import pickle

import pytest
from msgspec.structs import replace

from mailpixel.classify import RULES, KnownAgent, Network, Rules, Thresholds, judge
from mailpixel.errors import InvalidInput
from mailpixel.model import Event, Facts, Judged, Verdict, Via
from tests.support.builders import APPLE, GMAIL, ROBOT, a_campaign, a_click, a_delivery, a_message, an_open
from tests.support.judging import PERSON, PREFETCHER

WEBKIT = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)"
SEZNAM = "SeznamEmailProxy/3.0.58"
YAHOO = "YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html"
LATE = 5_000.0


def ruling(event: Event, rules: Rules | None = None, *others: Event) -> tuple[Verdict, str, Via | None]:
    """Verdict, rule and via of one event in a message delivered a second after sending."""
    message = a_message(a_delivery(1.0), event, *others)
    found = next(hit for hit in judge(message, a_campaign(), rules or Rules()) if hit.event == event)
    return found.verdict, found.rule, found.via


def test_the_table_stands_in_the_order_of_the_design() -> None:
    assert [rule.name for rule in RULES] == [
        "internal",
        "method",
        "purpose",
        "mail_proxy",
        "apple_mpp",
        "gmail_prefetch",
        "declared",
        "trap",
        "burst",
        "instant",
        "network",
        "pair",
        "client",
        "no_open",
        "default",
    ]


def test_every_rule_says_in_one_sentence_what_it_means() -> None:
    assert [rule.name for rule in RULES if not rule.summary.endswith(".") or rule.summary.count(". ")] == []


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (an_open(LATE, method="HEAD"), (Verdict.BOT, "method", None)),
        (a_click(LATE, method="OPTIONS", facts=PERSON), (Verdict.SCANNER, "method", None)),
        (a_click(LATE, facts=PERSON | Facts.PREFETCH), (Verdict.PREFETCH, "purpose", None)),
        (an_open(LATE, facts=Facts.PREFETCH), (Verdict.PREFETCH, "purpose", None)),
        (an_open(LATE, agent=GMAIL), (Verdict.HUMAN, "mail_proxy", Via.GMAIL)),
        (an_open(31.0, agent=GMAIL), (Verdict.PREFETCH, "mail_proxy", Via.GMAIL)),
        (an_open(31.001, agent=GMAIL), (Verdict.HUMAN, "mail_proxy", Via.GMAIL)),
        (an_open(0.5, agent=GMAIL), (Verdict.PREFETCH, "mail_proxy", Via.GMAIL)),
        (an_open(-0.5, agent=GMAIL), (Verdict.HUMAN, "mail_proxy", Via.GMAIL)),
        (an_open(LATE, agent=SEZNAM), (Verdict.HUMAN, "mail_proxy", Via.SEZNAM)),
        (an_open(31.0, agent=SEZNAM), (Verdict.PREFETCH, "mail_proxy", Via.SEZNAM)),
        (a_click(LATE, agent=SEZNAM), (Verdict.SCANNER, "mail_proxy", None)),
        (an_open(LATE, agent=YAHOO), (Verdict.HUMAN, "mail_proxy", Via.YAHOO)),
        (a_click(LATE, agent=GMAIL), (Verdict.SCANNER, "mail_proxy", None)),
        (an_open(3.0, agent=APPLE), (Verdict.PRIVACY_PREFETCH, "apple_mpp", Via.APPLE)),
        (an_open(LATE, agent=APPLE), (Verdict.PRIVACY_PREFETCH, "apple_mpp", Via.APPLE)),
        (an_open(LATE, agent=APPLE, facts=Facts.REFERER), (Verdict.HUMAN, "default", None)),
        (a_click(LATE, agent=APPLE), (Verdict.SCANNER, "apple_mpp", None)),
        (an_open(LATE, agent=PREFETCHER), (Verdict.PREFETCH, "gmail_prefetch", Via.GMAIL)),
        (a_click(LATE, agent=PREFETCHER), (Verdict.SCANNER, "gmail_prefetch", None)),
        (an_open(9.0, agent=WEBKIT), (Verdict.PREFETCH, "declared", None)),
        (an_open(LATE, agent=WEBKIT), (Verdict.HUMAN, "default", None)),
        (a_click(9.0, agent=WEBKIT, facts=PERSON), (Verdict.HUMAN, "default", None)),
        (an_open(9.0, agent=""), (Verdict.PREFETCH, "declared", None)),
        (an_open(LATE, agent=""), (Verdict.HUMAN, "default", None)),
        (a_click(LATE, agent=""), (Verdict.BOT, "declared", None)),
        (an_open(LATE, agent=ROBOT), (Verdict.BOT, "declared", None)),
        (a_click(LATE, agent=ROBOT), (Verdict.BOT, "declared", None)),
        (a_click(LATE, facts=PERSON), (Verdict.HUMAN, "default", None)),
    ],
)
def test_one_event_gives_this_away(event: Event, expected: tuple[Verdict, str, Via | None]) -> None:
    assert ruling(event) == expected


@pytest.mark.parametrize("event", [an_open(LATE), a_click(LATE, method="HEAD"), a_click(LATE, agent=ROBOT)])
def test_what_is_the_senders_own_is_internal_before_anything_else(event: Event) -> None:
    preview = replace(event, facts=Facts.PREVIEW)
    internal = (Verdict.INTERNAL, "internal", None)
    assert ruling(preview) == internal
    assert ruling(event, Rules(seeds=frozenset({event.recipient}))) == internal
    assert ruling(event, Rules(operator_networks=("192.0.2.0/28",))) == internal
    assert ruling(event, Rules(operator_networks=("192.0.2.128/25",))) != internal


def test_a_proxy_with_a_broken_token_is_no_reader() -> None:
    assert ruling(an_open(LATE, agent=GMAIL, facts=Facts.FORGED)) == (Verdict.SCANNER, "trap", None)


def test_the_queue_clock_has_a_longer_window() -> None:
    def verdict(second: float) -> Verdict:
        message = a_message(an_open(second, agent=GMAIL))
        return judge(message, a_campaign(), Rules())[0].verdict

    assert (verdict(60.0), verdict(60.1)) == (Verdict.PREFETCH, Verdict.HUMAN)


def test_without_any_clock_nothing_is_early() -> None:
    message = a_message(an_open(1.0, agent=GMAIL))
    assert judge(message, a_campaign(sent_at=None), Rules())[0].verdict is Verdict.HUMAN


def test_the_first_of_several_deliveries_starts_the_clock() -> None:
    message = a_message(a_delivery(40.0), a_delivery(1.0), an_open(45.0, agent=GMAIL))
    assert judge(message, a_campaign(), Rules())[0].verdict is Verdict.HUMAN


def test_thresholds_can_be_set() -> None:
    patient = Rules(thresholds=Thresholds(open_delivery_ms=100_000))
    assert ruling(an_open(90.0, agent=GMAIL), patient)[0] is Verdict.PREFETCH


def test_any_two_different_rule_sets_have_different_versions() -> None:
    sets = [
        Rules(),
        Rules(seeds=frozenset({"r-1"})),
        Rules(operator_networks=("192.0.2.0/24",)),
        Rules(networks=(Network("192.0.2.0/24", "gate"),)),
        Rules(without=frozenset({"40.107.0.0/16"})),
        Rules(agents=(KnownAgent("x", Verdict.BOT),)),
        Rules(thresholds=Thresholds(pair_ms=1)),
    ]
    assert len({rules.version for rules in sets}) == len(sets)
    assert Rules().version == Rules().version


def test_rules_can_be_handed_to_another_process() -> None:
    rules = Rules(operator_networks=("192.0.2.0/24",))
    copy = pickle.loads(pickle.dumps(rules))
    assert copy == rules
    assert ruling(an_open(LATE), copy)[0] is Verdict.INTERNAL


def test_an_invalid_network_is_refused() -> None:
    with pytest.raises(InvalidInput):
        Rules(operator_networks=("office",))


def test_only_opens_and_clicks_come_back_in_order_of_time() -> None:
    late, early = a_click(90.0, facts=PERSON), an_open(60.0)
    message = a_message(a_delivery(1.0), late, early)
    assert judge(message, a_campaign(), Rules()) == (
        Judged(early, Verdict.HUMAN, "default"),
        Judged(late, Verdict.HUMAN, "default"),
    )
