"""Event ids and daily caps."""

from mailpixel.event_ids import LATEST_MS, REPORTED_EDGE, EventIds, reported_event
from mailpixel.ingest.caps import REMEMBERED, DailyCaps
from mailpixel.kinds import EventKind, Reason
from mailpixel.model import Event, Facts
from mailpixel.times import DAY_MS


def test_an_id_is_time_edge_and_position() -> None:
    ids = EventIds(b"edge")
    assert ids.next(0x0102030405) == (
        0x0102030405,
        bytes.fromhex("000102030405") + b"edge" + bytes([0, 0, 0, 0, 0, 1]),
    )
    assert ids.next(0x0102030405)[1][10:] == bytes([0, 0, 0, 0, 0, 2])


def test_the_clock_of_ids_never_runs_backwards_within_a_day() -> None:
    ids = EventIds()
    times = [ids.next(ms)[0] for ms in (1_000_000_000, 999_999_000, 1_000_000_001)]
    assert times == [1_000_000_000, 1_000_000_000, 1_000_000_001]


def test_a_clock_that_was_far_ahead_is_followed_back() -> None:
    ids = EventIds()
    ids.next(10 * DAY_MS)
    assert ids.next(8 * DAY_MS)[0] == 8 * DAY_MS


def test_a_moment_that_no_event_can_hold_is_bounded() -> None:
    assert EventIds().next(10**16)[0] == LATEST_MS
    far = reported_event(EventKind.DELIVERY, "c1", "r-1", 10**16)
    assert (far.received_at_ms, int.from_bytes(far.id[:6], "big")) == (LATEST_MS, LATEST_MS)
    assert reported_event(EventKind.DELIVERY, "c1", "r-1", -5).received_at_ms == 0


def test_two_processes_have_different_edges() -> None:
    assert EventIds().edge != EventIds().edge


def test_telling_a_delivery_twice_is_the_same_event() -> None:
    told = [reported_event(EventKind.DELIVERY, "c1", "r-1", 5) for _ in range(2)]
    assert told[0] == told[1]
    assert told[0].id != reported_event(EventKind.DELIVERY, "c1", "r-2", 5).id


def test_all_reports_have_one_edge_and_a_position_by_what_they_say() -> None:
    reports = [
        reported_event(kind, campaign, recipient, 5)
        for kind in (EventKind.DELIVERY, EventKind.OPTOUT)
        for campaign in ("c1", "c2")
        for recipient in ("r-1", "r-2")
    ] + [reported_event(EventKind.BOUNCE, "c1", "r-1", 5, reason) for reason in Reason]
    assert {report.id[:10] for report in reports} == {(5).to_bytes(6, "big") + REPORTED_EDGE}
    assert len({report.id[10:] for report in reports}) == 8 + len(Reason)


def test_what_is_reported_has_no_method_since_it_is_no_request() -> None:
    told = reported_event(EventKind.DELIVERY, "c1", "r-1", 5)
    assert told == Event(told.id, EventKind.DELIVERY, 5, "", "", "", Facts.NONE, "c1", "r-1")


def test_hits_past_the_cap_are_numbered_and_a_new_day_begins_at_nothing() -> None:
    caps = DailyCaps(2)
    assert [caps.past(("c", "r"), 1) for _ in range(5)] == [0, 0, 1, 2, 3]
    assert caps.past(("c", "r"), 2) == 0


def test_a_hammered_message_keeps_its_count_among_very_many_others() -> None:
    caps = DailyCaps(10)
    for n in range(3 * REMEMBERED):
        caps.past(("c", f"r-{n}"), 1)
        if n % 1_000 == 0:
            past = caps.past(("c", "hammered"), 1)
    assert past == 3 * REMEMBERED // 1_000 - 10
