"""One message folded: its marks, its tally and the moments kept of it."""

import pytest

from mailpixel.kinds import EventKind, Reason
from mailpixel.model import Event, Facts, Judged, Verdict, Via
from mailpixel.projections.message_state import fold_message
from mailpixel.store.projections import MessageState
from mailpixel.store.sqlite.rows import KINDS
from mailpixel.store.verdict_codes import VerdictCode, pack, unpack
from tests.support.builders import (
    APPLE,
    GMAIL,
    ROBOT,
    SENT_AT_MS,
    a_bounce,
    a_campaign,
    a_click,
    a_complaint,
    a_delivery,
    a_message,
    an_open,
    an_optout,
    at_ms,
    judge_plainly,
)

START_MS = SENT_AT_MS // 900_000 * 900_000


def state_of(*events: Event) -> MessageState:
    message = a_message(*events)
    return fold_message(message, judge_plainly(message, a_campaign()))


def totals_of(*events: Event) -> dict[str, int]:
    tally = state_of(*events).tally
    return {measure: number for (bucket, link, measure), number in tally.items() if not bucket and not link}


def test_marks_say_what_was_judged() -> None:
    judged = [
        Judged(an_open(1), Verdict.HUMAN, "mail_proxy", Via.GMAIL),
        Judged(a_delivery(2), Verdict.INTERNAL, "internal"),
        Judged(a_click(3, link=65535), Verdict.SCANNER, "burst", dup=True),
        Judged(a_click(4, link=None, method="HEAD"), Verdict.BOT, "method"),
        Judged(an_open(5, facts=Facts.FORGED | Facts.REFERER), Verdict.SCANNER, "burst", Via.MICROSOFT),
    ]
    second = SENT_AT_MS // 1000
    assert unpack(pack(judged)) == (
        VerdictCode(second + 1, EventKind.OPEN, Verdict.HUMAN, "mail_proxy", via=Via.GMAIL),
        VerdictCode(second + 3, EventKind.CLICK, Verdict.SCANNER, "burst", link=65535, dup=True),
        VerdictCode(second + 4, EventKind.CLICK, Verdict.BOT, "method", probe=True),
        VerdictCode(second + 5, EventKind.OPEN, Verdict.SCANNER, "burst", via=Via.MICROSOFT, forged=True),
    )


def test_marks_of_nothing_are_nothing() -> None:
    assert unpack(pack([])) == ()
    assert unpack(MessageState("spring", "r-1").marks) == ()


def test_what_is_stored_by_its_place_in_an_enumeration_keeps_that_place() -> None:
    assert [str(verdict) for verdict in Verdict] == [
        "human",
        "privacy_prefetch",
        "prefetch",
        "scanner",
        "bot",
        "internal",
    ]
    assert [str(via) for via in Via] == ["gmail", "yahoo", "apple", "microsoft", "seznam"]
    reasons = ["invalid", "bounced", "timed_out", "blocked", "spam", "unsubscribed", "other"]
    assert [str(reason) for reason in Reason] == reasons
    assert [(str(kind), reason and str(reason)) for kind, reason in KINDS] == [
        *((kind, None) for kind in ("open", "click", "delivery", "optout")),
        *((kind, reason) for kind in ("bounce", "complaint") for reason in reasons),
        *((kind, None) for kind in ("step", "consent", "purchase", "refund", "cancel")),
    ]


@pytest.mark.parametrize("verdict", list(Verdict))
@pytest.mark.parametrize("via", [None, *Via])
def test_every_verdict_and_via_has_a_mark_of_its_own(verdict: Verdict, via: Via | None) -> None:
    (mark,) = unpack(pack([Judged(an_open(0), verdict, "some_rule", via)]))
    assert (mark.verdict, mark.via, mark.rule) == (verdict, via, "some_rule")


def test_a_mark_takes_eight_bytes() -> None:
    judged = [Judged(an_open(n), Verdict.HUMAN, "default") for n in range(10)]
    assert len(pack(judged)) == len(b"default\n") + 80


def test_sixty_four_rules_fit_and_one_more_does_not() -> None:
    judged = [Judged(an_open(n), Verdict.HUMAN, f"rule_{n}") for n in range(65)]
    assert [mark.rule for mark in unpack(pack(judged[:64]))] == [f"rule_{n}" for n in range(64)]
    with pytest.raises(ValueError, match="more than 64 rules"):
        pack(judged)


def test_the_moments_of_a_message_are_kept() -> None:
    events = [
        a_delivery(5),
        a_delivery(3),
        an_open(10, agent=ROBOT),
        an_open(20),
        an_open(50),
        a_click(30, method="HEAD"),
        a_click(40),
        an_optout(60),
        an_open(99, facts=Facts.FORGED),
    ]
    state = state_of(*events)
    assert state == MessageState(
        campaign="spring",
        recipient="r-1",
        marks=state.marks,
        delivered_at_ms=at_ms(3),
        opted_out=True,
        first_human_open_at_ms=at_ms(20),
        first_human_click_at_ms=at_ms(40),
        last_event_at_ms=at_ms(60),
        client=state.client,
        known=9,
    )


@pytest.mark.parametrize(
    ("events", "bounced", "standing"),
    [
        ([a_delivery(1), a_bounce(2, Reason.BLOCKED)], (at_ms(2), Reason.BLOCKED), "bounced"),
        ([a_bounce(1), a_bounce(2, Reason.BLOCKED)], (at_ms(2), Reason.BLOCKED), "bounced"),
        ([a_delivery(2), a_bounce(2)], (at_ms(2), Reason.INVALID), "bounced"),
        ([a_bounce(1), a_delivery(2)], (None, None), "nothing"),
        ([a_bounce(2), an_open(60)], (at_ms(2), Reason.INVALID), "read"),
        ([a_bounce(2), an_open(60, agent=APPLE)], (at_ms(2), Reason.INVALID), "bounced"),
        ([a_bounce(2), an_open(60, agent=ROBOT)], (at_ms(2), Reason.INVALID), "bounced"),
        ([a_bounce(2), an_optout(60)], (at_ms(2), Reason.INVALID), "opted_out"),
    ],
)
def test_the_last_bounce_stands_until_a_delivery(
    events: list[Event], bounced: tuple[int | None, Reason | None], standing: str
) -> None:
    state = state_of(*events)
    assert (state.bounced_at_ms, state.bounce_reason) == bounced
    assert (state.standing, state.seen) == (standing, True)


def test_a_message_is_delivered_or_bounced_and_a_person_decides() -> None:
    def counted(*events: Event) -> set[str]:
        return {name for _, _, name in state_of(*events).tally} & {"delivered", "bounced"}

    assert counted(a_delivery(1), a_bounce(2)) == {"bounced"}
    assert counted(a_bounce(1), a_delivery(2)) == {"delivered"}
    assert counted(a_delivery(1), a_bounce(2), an_open(3)) == {"delivered"}
    assert counted(a_bounce(2), a_click(3)) == set()


def test_a_complaint_counts_once_and_says_nothing_of_reading() -> None:
    state = state_of(a_complaint(90), a_complaint(80))
    assert (state.complained_at_ms, state.standing) == (at_ms(80), "nothing")
    assert state.tally == {(0, 0, "complained"): 1, (0, 0, "standing.nothing"): 1, (0, 0, "seen"): 1}


def test_an_open_of_a_person_counts_as_one() -> None:
    assert state_of(an_open(0)).tally == {
        (0, 0, "opens.events"): 1,
        (0, 0, "opens.deduplicated"): 1,
        (0, 0, "opens.human"): 1,
        (0, 0, "opens.unique"): 1,
        (0, 0, "opens.unique_human"): 1,
        (0, 0, "opens.unique_human_trackable"): 1,
        (0, 0, "opens.client.browser"): 1,
        (0, 0, "opens.device.desktop"): 1,
        (0, 0, "standing.read"): 1,
        (0, 0, "seen"): 1,
        (START_MS, 0, "opens.events"): 1,
        (START_MS, 0, "opens.human"): 1,
        (START_MS, 0, "opens.first_human"): 1,
    }


def test_a_click_counts_for_its_link_too() -> None:
    assert state_of(a_click(0, link=2)).tally == {
        (0, 0, "clicks.events"): 1,
        (0, 0, "clicks.deduplicated"): 1,
        (0, 0, "clicks.human"): 1,
        (0, 0, "clicks.unique"): 1,
        (0, 0, "clicks.unique_human"): 1,
        (0, 0, "opens.inferred_from_clicks"): 1,
        (0, 0, "opens.client.unknown"): 1,
        (0, 0, "opens.device.desktop"): 1,
        (0, 0, "standing.clicked"): 1,
        (0, 0, "seen"): 1,
        (0, 2, "clicks.events"): 1,
        (0, 2, "clicks.human"): 1,
        (0, 2, "clicks.unique_human"): 1,
        (START_MS, 0, "clicks.events"): 1,
        (START_MS, 0, "clicks.human"): 1,
        (START_MS, 0, "clicks.first_human"): 1,
    }


def test_embedded_destinations_count_as_one_link() -> None:
    clicks = [a_click(n * 60, link=None, destination=f"https://other.example/{n}") for n in range(2)]
    assert {
        (link, measure): number for (_, link, measure), number in state_of(*clicks).tally.items() if link
    } == {(-1, "clicks.events"): 2, (-1, "clicks.human"): 2, (-1, "clicks.unique_human"): 1}


def test_a_repeat_is_an_event_and_nothing_else() -> None:
    assert totals_of(an_open(0), an_open(1)) == totals_of(an_open(0)) | {"opens.events": 2}


def test_a_proxy_that_fetches_on_view_is_human_and_proxied() -> None:
    assert totals_of(an_open(0, agent=GMAIL)) == {
        "opens.events": 1,
        "opens.deduplicated": 1,
        "opens.human": 1,
        "opens.proxied": 1,
        "opens.unique": 1,
        "opens.unique_human": 1,
        "opens.unique_human_trackable": 1,
        "opens.client.gmail": 1,
        "opens.device.unknown": 1,
        "standing.read": 1,
        "seen": 1,
    }


def test_a_privacy_prefetch_is_no_person() -> None:
    assert totals_of(an_open(0, agent=APPLE)) == {
        "opens.events": 1,
        "opens.deduplicated": 1,
        "opens.privacy_prefetch": 1,
        "opens.unique": 1,
        "opens.unique_privacy_prefetch": 1,
        "opens.unique_privacy_only": 1,
        "standing.hidden": 1,
        "seen": 1,
    }


def test_a_person_behind_a_privacy_prefetch_shows_by_a_click() -> None:
    totals = totals_of(an_open(0, agent=APPLE), a_click(60))
    assert {name: totals.get(name, 0) for name in CROSSED} == {
        "opens.unique_privacy_only": 1,
        "opens.unique_human_trackable": 0,
        "opens.inferred_from_clicks": 1,
        "clicks.on_trackable_opens": 0,
        "clicks.on_privacy": 1,
        "clicks.on_privacy_only": 1,
    }


def test_a_person_who_opened_and_clicked_is_trackable_without_a_privacy_prefetch() -> None:
    totals = totals_of(an_open(0), a_click(60))
    assert {name: totals.get(name, 0) for name in CROSSED} == {
        "opens.unique_privacy_only": 0,
        "opens.unique_human_trackable": 1,
        "opens.inferred_from_clicks": 0,
        "clicks.on_trackable_opens": 1,
        "clicks.on_privacy": 0,
        "clicks.on_privacy_only": 0,
    }


def test_a_person_with_two_mail_programs_is_not_privacy_only() -> None:
    totals = totals_of(an_open(0, agent=APPLE), an_open(10), a_click(60))
    assert {name: totals.get(name, 0) for name in CROSSED} == {
        "opens.unique_privacy_only": 0,
        "opens.unique_human_trackable": 0,
        "opens.inferred_from_clicks": 0,
        "clicks.on_trackable_opens": 0,
        "clicks.on_privacy": 1,
        "clicks.on_privacy_only": 0,
    }


CROSSED = (
    "opens.unique_privacy_only",
    "opens.unique_human_trackable",
    "opens.inferred_from_clicks",
    "clicks.on_trackable_opens",
    "clicks.on_privacy",
    "clicks.on_privacy_only",
)


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "POST"])
def test_another_method_is_a_probe_and_no_open_or_click(method: str) -> None:
    assert totals_of(an_open(0, method=method), a_click(1, method=method)) == {
        "probes": 2,
        "standing.nothing": 1,
        "seen": 1,
    }


def test_the_senders_own_hits_are_internal_and_nothing_else() -> None:
    assert totals_of(an_open(0, facts=Facts.PREVIEW)) == {
        "internal": 1,
        "standing.nothing": 1,
        "seen": 1,
    }
    assert totals_of(a_click(0, facts=Facts.PREVIEW, method="HEAD")) == {
        "internal": 1,
        "probes": 1,
        "standing.nothing": 1,
        "seen": 1,
    }


def test_a_broken_signature_counts_in_nothing_and_shows_nothing() -> None:
    events = [an_open(0, facts=Facts.FORGED), a_click(1, facts=Facts.FORGED, method="POST")]
    assert state_of(*events).tally == {}
    assert state_of(*events).last_event_at_ms is None


def test_a_privacy_prefetch_of_a_link_is_a_machine() -> None:
    totals = totals_of(a_click(0, agent=APPLE))
    assert (totals["clicks.machine"], totals["clicks.deduplicated"]) == (1, 1)
    assert "opens.unique_privacy_prefetch" not in totals


def test_deliveries_and_optouts_count_the_message() -> None:
    assert totals_of(a_delivery(0), a_delivery(9)) == {
        "delivered": 1,
        "standing.nothing": 1,
        "seen": 1,
    }
    assert totals_of(an_optout(0), an_optout(9)) == {
        "opted_out": 1,
        "standing.opted_out": 1,
        "seen": 1,
    }
    assert totals_of(a_delivery(0), an_open(9, agent=APPLE))["delivered_privacy"] == 1


def test_the_first_human_open_falls_into_one_quarter_hour() -> None:
    tally = state_of(an_open(4_000), an_open(2_000), an_open(100, agent=ROBOT)).tally
    firsts = {
        bucket: number for (bucket, _, measure), number in tally.items() if measure == "opens.first_human"
    }
    assert firsts == {at_ms(2_000) // 900_000 * 900_000: 1}
