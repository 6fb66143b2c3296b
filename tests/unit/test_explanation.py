"""One message explained, as the command and the API give it."""

from mailpixel.classify import Rules
from mailpixel.kinds import Reason
from mailpixel.report.explanation import REASONS, explanation
from tests.support.builders import (
    APPLE,
    a_bounce,
    a_campaign,
    a_complaint,
    a_delivery,
    a_message,
    an_open,
    an_optout,
)

KEYS = {
    "id",
    "received_at",
    "kind",
    "recipient",
    "link",
    "destination",
    "method",
    "agent",
    "verdict",
    "rule",
    "via",
    "dup",
    "facts",
    "reason",
    "campaign",
    "client",
    "reasons",
}


def test_every_hit_has_its_verdict_and_reasons_and_the_message_its_clock() -> None:
    told = explanation(a_message(a_delivery(1), an_open(9, agent=APPLE)), a_campaign(), Rules()).to_json()
    (hit,) = told.pop("hits")
    assert told == {
        "campaign": "spring",
        "recipient": "r-1",
        "delivered_at": "2026-09-21T14:13:21Z",
        "opted_out": False,
        "rules_version": Rules().version,
        "reports": [{"at": "2026-09-21T14:13:21Z", "kind": "delivery", "reason": None, "text": "delivered"}],
    }
    assert set(hit) == KEYS
    assert (hit["verdict"], hit["rule"], hit["via"]) == ("privacy_prefetch", "apple_mpp", "apple")
    assert all(isinstance(reason, str) and reason.endswith(".") for reason in hit["reasons"])
    assert hit["reasons"]


def test_an_address_is_shown_only_when_asked_for() -> None:
    (hit,) = explanation(a_message(an_open(9)), a_campaign(), Rules(), addresses=True).to_json()["hits"]
    assert hit["address"] == "192.0.2.10"


def test_a_message_without_hits_has_none_to_explain() -> None:
    told = explanation(a_message(an_optout()), a_campaign(), Rules()).to_json()
    assert (told["opted_out"], told["delivered_at"], told["hits"]) == (True, None, [])
    assert told["reports"] == []


def test_bounces_and_complaints_are_in_words_in_order_of_time() -> None:
    message = a_message(a_complaint(90), a_bounce(2), a_bounce(3, Reason.TIMED_OUT), a_delivery(60))
    told = explanation(message, a_campaign(), Rules()).to_json()
    assert [(report["at"][14:], report["reason"], report["text"]) for report in told["reports"]] == [
        ("13:22Z", "invalid", "bounced: mailbox unknown"),
        ("13:23Z", "timed_out", "bounced: no answer in time"),
        ("14:20Z", None, "delivered"),
        ("14:50Z", "spam", "reported as spam"),
    ]


def test_every_reason_has_words() -> None:
    assert set(REASONS) == set(Reason)
