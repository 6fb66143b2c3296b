"""Scenarios, scores and access logs, read and judged."""

import copy
from typing import Any

import pytest

from mailpixel.classify import Rules
from mailpixel.errors import InvalidInput
from mailpixel.kinds import EventKind
from mailpixel.model import Facts
from mailpixel.replay import LogShape, Replayed, read_log, read_scenario, replay, score
from mailpixel.replay.score import ErrorRates
from tests.support.builders import BROWSER, GMAIL

SENT_MS = 1_790_000_000_000
RULES = Rules()


def hit(second: float, **fields: Any) -> dict[str, Any]:
    return {
        "t_ms": SENT_MS + round(second * 1000),
        "recipient": "r-1",
        "kind": "open",
        "link": None,
        "method": "GET",
        "ip": "192.0.2.10",
        "headers": {"user-agent": BROWSER},
    } | fields


ROW: dict[str, Any] = {
    "scenario": "s",
    "config": {"seeds": ["seed"], "trap_links": [2], "agents": [{"contains": "xyz", "verdict": "bot"}]},
    "campaign": {"id": "s", "links": ["https://shop.example/1", "https://shop.example/2"], "sent": 2},
    "messages": [{"recipient": "r-1", "sent_at_ms": SENT_MS, "delivered_at_ms": SENT_MS + 1000}],
    "hits": [
        hit(500, headers={"User-Agent": GMAIL}),
        hit(501, headers={"User-Agent": GMAIL}, ip="192.0.2.11"),
        hit(502, token="garbage", recipient=None),
        hit(503, token="expired"),
        hit(504, token="preview"),
        hit(505, method="HEAD"),
        hit(600, recipient="seed"),
        hit(700, kind="click", link=2),
        hit(900, kind="click", link=1, headers={"user-agent": "xyz"}, ip="nowhere"),
        hit(2_000, recipient="r-2", headers={"user-agent": "Mozilla/5.0"}),
        hit(
            3_000,
            recipient="r-3",
            kind="click",
            link=1,
            headers={
                "user-agent": BROWSER,
                "accept": "text/html",
                "accept-language": "en",
                "sec-fetch-mode": "navigate",
                "sec-fetch-user": "?1",
            },
        ),
    ],
}
LINE: dict[str, Any] = {
    "scenario": "s",
    "verdicts": [
        "human",
        "human",
        None,
        None,
        "internal",
        "bot",
        "internal",
        "scanner",
        "bot",
        "privacy_prefetch",
        "human",
    ],
    "rules": [
        "mail_proxy",
        "mail_proxy",
        None,
        None,
        "internal",
        "method",
        "internal",
        "trap",
        "declared",
        "apple_mpp",
        "default",
    ],
    "via": ["gmail", "gmail", None, None, None, None, None, None, None, "apple", None],
    "dup": [False, True] + [False] * 9,
    "summary": {
        "opens_total": 2,
        "opens_human": 1,
        "opens_proxied": 1,
        "opens_privacy_prefetch": 1,
        "opens_machine": 0,
        "unique_openers_human": 1,
        "unique_openers_privacy_only": 1,
        "clicks_total": 3,
        "clicks_human": 1,
        "clicks_machine": 2,
        "unique_clickers_human": 1,
        "inferred_openers": 1,
        "duplicates": 1,
        "internal": 2,
        "uncounted": 3,
    },
}


def outcome(row: dict[str, Any]) -> Replayed:
    return replay(read_scenario(row), RULES)


def test_a_scenario_comes_out_as_one_line_of_labels_and_counts() -> None:
    assert outcome(ROW).line() == LINE


def test_a_file_without_labels_has_no_score() -> None:
    scenario = read_scenario(ROW)
    found = score([(scenario, replay(scenario, RULES))])
    assert (found.scenarios, found.wrong, found.errors[0]) == (0, (), ErrorRates("all", 0, *[None] * 6))


def labelled(**changes: Any) -> Any:
    row = copy.deepcopy(ROW)
    row["expect"] = {key: LINE[key] for key in ("verdicts", "rules", "via", "dup", "summary")} | changes
    scenario = read_scenario(row)
    return score([(scenario, replay(scenario, RULES))])


def test_right_labels_score_full_marks() -> None:
    found = labelled()
    assert found.wrong == ()
    assert found.errors == (
        ErrorRates("all", 9, 1.0, 0.0, 0.0, 1.0, 0.0, 0.0),
        ErrorRates("open", 6, 1.0, 0.0, 0.0, 1.0, 0.0, 0.0),
        ErrorRates("click", 3, 1.0, 0.0, 0.0, 1.0, 0.0, 0.0),
    )


def test_wrong_labels_are_named_by_place_and_counted_both_ways() -> None:
    verdicts = ["prefetch", *LINE["verdicts"][1:7], "human", ["prefetch", "bot"], None, "human"]
    found = labelled(verdicts=verdicts)
    assert found.wrong == (
        ("s", "verdicts[1]", "prefetch", "human"),
        ("s", "verdicts[8]", "human", "scanner"),
    )
    everything = found.errors[0]
    assert (everything.hits, everything.right) == (8, 6 / 8)
    assert (everything.false_human, everything.false_bot) == (1 / 5, 1 / 3)
    by_name = {row.verdict: row for row in found.verdicts}
    assert (by_name["human"].precision, by_name["human"].recall) == (2 / 3, 2 / 3)
    assert (by_name["prefetch"].labelled, by_name["prefetch"].recall) == (1, 0.0)
    assert (by_name["scanner"].precision, by_name["scanner"].recall) == (0.0, None)


def test_a_summary_may_be_a_range() -> None:
    assert labelled(summary={"opens_total": [2, 5], "internal": [3, 4], "clicks_total": 4}).wrong == (
        ("s", "summary.internal", [3, 4], 2),
        ("s", "summary.clicks_total", 4, 3),
    )


def test_a_proxy_is_judged_unless_the_verdict_is_not() -> None:
    assert labelled(via=[None] * 11).wrong[0] == ("s", "via[1]", None, "gmail")
    assert labelled(verdicts=[None] * 11, via=[None] * 11).wrong == ()


def test_an_address_has_one_spelling_however_it_was_written() -> None:
    rows = [hit(second, ip=ip) for second, ip in ((500, "192.0.2.10"), (510, "::ffff:192.0.2.10"))]
    assert outcome(ROW | {"hits": rows}).line()["dup"] == [False, True]
    log = read_log([f"::ffff:192.0.2.1{LOG.splitlines()[1][9:]}"], "old", LogShape(open="^/open"))
    assert log.messages[0].events[0].address == "192.0.2.1"


def test_no_two_events_of_a_scenario_have_one_id() -> None:
    deliveries = [{"recipient": f"r-{n}", "sent_at_ms": SENT_MS, "delivered_at_ms": SENT_MS} for n in (1, 2)]
    rows = [hit(0, recipient="r-1"), hit(0, recipient="r-2")]
    events = [
        event
        for message, _ in read_scenario(ROW | {"messages": deliveries, "hits": rows}).messages()
        for event in message.events
    ]
    assert len({event.id for event in events}) == len(events) == 4


@pytest.mark.parametrize(
    "row",
    [
        {},
        {"scenario": "s"},
        ROW | {"hits": [{}]},
        ROW | {"hits": [hit(1, t_ms=-5)]},
        ROW | {"hits": [hit(1, kind="view")]},
        ROW | {"hits": 5},
        ROW | {"campaign": None},
        ROW | {"config": {"networks": [{"prefix": "x"}]}, "hits": "h"},
    ],
)
def test_what_is_no_scenario_is_refused(row: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        read_scenario(row)


M = "https://m.example/"
LOG = rf"""
192.0.2.1 - - [25/Nov/2026:11:00:00 +0100] "GET /open?recipient=r%2D1 HTTP/1.1" 200 43 "-" "{GMAIL}"
192.0.2.2 - - [25/Nov/2026:10:05:00 +0000] "GET /click?recipient=r-1&link=3 HTTP/2" 302 0 "{M}" "{BROWSER}"
192.0.2.3 - - [25/Nov/2026:10:06:00 +0000] "HEAD /click?recipient=r-2&link=about%20 HTTP/1.1" 302 0 "-" "a \"b\"" extra
192.0.2.4 - - [25/Nov/2026:10:07:00 +0000] "GET /index.html HTTP/1.1" 200 9 "-" "-"
192.0.2.4 - - [25/Nov/2026:10:07:00 +0000] "GET /open?recipient=r-1 HTTP/1.1" 404 9 "-" "-"
192.0.2.4 - - [no time] "GET /open?recipient=r-1 HTTP/1.1" 200 9 "-" "-"
192.0.2.4 - - [25/Nov/2026:10:08:00 +0000] "GET /open?recipient=r-2 HTTP/1.1" 200 9
garbage
"""


def test_an_access_log_becomes_messages() -> None:
    log = read_log(LOG.splitlines(), "old", LogShape(open="^/open", click="^/click"))
    assert (len(log.messages), log.lines, log.skipped) == (2, 9, 5)
    first, second = log.messages
    assert [
        (event.kind, event.recipient, event.link, event.method, event.address) for event in first.events
    ] == [
        (EventKind.OPEN, "r-1", None, "GET", "192.0.2.1"),
        (EventKind.CLICK, "r-1", 3, "GET", "192.0.2.2"),
    ]
    assert [(event.destination, event.agent, event.facts) for event in second.events] == [
        ("about ", 'a \\"b\\"', Facts.UNSEEN),
        (None, "", Facts.UNSEEN),
    ]
    assert first.events[1].facts == Facts.UNSEEN | Facts.REFERER
    assert first.events[1].received_at_ms - first.events[0].received_at_ms == 300_000


def test_the_shape_of_a_log_can_name_recipient_and_link_in_the_path() -> None:
    shape = LogShape(open=r"^/p/(?P<recipient>\w+)\.gif", click=r"^/l/(?P<recipient>\w+)/(?P<link>\d+)")
    lines = [
        f'192.0.2.1 - - [25/Nov/2026:10:00:0{second} +0000] "GET {path} HTTP/1.1" 200 43 "-" "{BROWSER}"'
        for second, path in enumerate(("/p/abc.gif", "/l/abc/7", "/l/abc"))
    ]
    log = read_log(lines, "old", shape)
    assert [(event.kind, event.recipient, event.link) for event in log.messages[0].events] == [
        (EventKind.OPEN, "abc", None),
        (EventKind.CLICK, "abc", 7),
    ]
    assert log.skipped == 1


def test_an_invalid_pattern_is_refused() -> None:
    with pytest.raises(InvalidInput) as caught:
        LogShape(click="(")
    assert caught.value.field == "click"
