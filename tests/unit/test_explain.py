"""The reasons given with a verdict."""

import pytest

from mailpixel.classify import Certainty, Network, Rules, Scope, explain, judge
from mailpixel.model import Event, Facts, Verdict
from tests.support.builders import GMAIL, ROBOT, a_click, a_delivery, a_message, an_open
from tests.support.judging import BARE, DAY, PERSON, SAFARI, SAFARI_CLICK, TRAPPED, clicks


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
        ("It came 12 s after delivery, within the 30 s in which mailboxes fetch images by themselves.",),
        (
            "Evidence of a machine: it came very soon; the message had not been opened before. "
            "Overruled: the browser reported a real user gesture.",
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
        ([a_click(DAY, agent="Neverheardof 1")], "No browser sends this user agent."),
        ([a_click(500.0, 9, facts=PERSON)], "This hit triggered the trap."),
        ([an_open(495.5), a_click(500.0, 9, facts=PERSON)], "The trap was triggered 4.5 s from this hit."),
        (
            [an_open(495.5), *clicks(500.0, 500.1)],
            "The source that loaded this image also followed the links.",
        ),
        ([a_click(1.5, facts=PERSON)], "It came 0.5 s after delivery."),
        (
            [a_click(DAY, facts=BARE)],
            "Two kinds of evidence agree: its headers do not fit the browser it names; "
            "the message had not been opened before.",
        ),
        (
            [an_open(DAY, agent=GMAIL)],
            "It came 25 h after delivery, later than mailboxes fetch images by themselves.",
        ),
        (
            [an_open(0.5, agent=GMAIL)],
            "It came 0.5 s after sending, within the 60 s in which mailboxes fetch images by themselves.",
        ),
        ([an_open(-0.5, agent=GMAIL)], "How long after delivery it came is unknown."),
        ([a_click(DAY, agent=GMAIL)], "Image proxies never follow links for a reader."),
        (
            [a_click(DAY, address="40.92.0.1")],
            "The network is “microsoft-mail-protection”, from which only machines follow links.",
        ),
        (
            [a_click(DAY, method="OPTIONS")],
            "The request's method was OPTIONS, so it is never counted as an open or a click.",
        ),
        (
            [an_open(DAY, address="40.94.29.84")],
            "Outlook fetches images from the network “microsoft-link-checks” when its reader looks.",
        ),
        ([a_click(0.5, facts=PERSON)], "It came 0.5 s after sending and before delivery."),
        (
            [a_click(DAY, facts=PERSON & ~Facts.USER_ACTIVATED | Facts.FRAMED)],
            "A page loaded the link into a frame or an object, without a user gesture.",
        ),
        (
            [an_open(9.0, agent="")],
            "It came 8 s after delivery, within the 30 s in which mailboxes fetch images by themselves.",
        ),
        (
            [a_click(20.0, agent=SAFARI, facts=SAFARI_CLICK)],
            "Evidence of a machine: it came very soon; the message had not been opened before. "
            "Overruled: the request has all that this browser sends when a person follows a link.",
        ),
        (
            [a_click(DAY, facts=PERSON & ~Facts.USER_ACTIVATED)],
            "Evidence of a machine: the message had not been opened before. One kind of evidence is not enough.",
        ),
        (
            [a_click(DAY, method="HEAD")],
            "The request's method was HEAD, so it is never counted as an open or a click.",
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
            "The user agent names Chrome, but Accept-Language is missing and the Sec-Fetch headers are missing.",
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
    assert told[0].reasons[1] == "The network is “gate”, which only machines use."
    assert "192.0.2" not in " ".join(told[0].reasons)


def test_the_rule_of_moments_says_when_a_moment_decides_alone() -> None:
    alone, among = an_event_in_transit(25.0), an_event_in_transit(31.0)
    told = explain(a_message(a_delivery(40.0), alone, among), TRAPPED, Rules())
    assert [hit.verdict for hit in told] == [Verdict.SCANNER] * 2
    assert "within 30 seconds of sending" in told[0].reasons[0]
    assert told[0].reasons[1:] == ("It came 25 s after sending and before delivery.",)
    assert told[1].reasons[1:] == (
        "It came 31 s after sending and before delivery.",
        "Two kinds of evidence agree: it came very soon; the message had not been opened before.",
    )


def an_event_in_transit(second: float) -> Event:
    """A click by a browser that reports no gesture."""
    return a_click(second, facts=PERSON & ~Facts.USER_ACTIVATED)
