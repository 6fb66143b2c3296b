"""Timelines in time zones with odd offsets, over clock changes and over gaps."""

from datetime import datetime

import pytest

from mailpixel.errors import InvalidInput
from mailpixel.kinds import EventKind
from mailpixel.projections.fold import Fold
from mailpixel.report.timeline import (
    LOCAL_DAYS,
    MANY_DAYS,
    MOST_ROWS,
    TimelineWindow,
    timeline_of,
    timeline_rows,
)
from mailpixel.report.zones import in_zone, time_zone
from mailpixel.store.memory import MemoryRegistry, MemoryStore
from tests.support.builders import an_event, an_id, judge_plainly

QUARTER_MS = 900_000
ONE = {"opens.events": 1}


def ms(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp() * 1000)


def events(bucket: str, tz: str, *moments: str) -> list[tuple[str, int | None]]:
    rows = timeline_rows({ms(moment): ONE for moment in moments}, bucket, tz)
    return [(row.start.isoformat(), row.opens["events"]) for row in rows]


def test_a_row_holds_opens_and_clicks_of_its_time() -> None:
    quarters = {
        ms("2026-09-21T14:00Z"): {
            "opens.events": 5,
            "opens.human": 2,
            "opens.privacy_prefetch": 1,
            "opens.machine": 1,
            "opens.first_human": 2,
        },
        ms("2026-09-21T14:45Z"): {
            "opens.events": 1,
            "clicks.events": 4,
            "clicks.human": 3,
            "clicks.machine": 1,
            "clicks.first_human": 2,
        },
    }
    assert [row.to_json() for row in timeline_rows(quarters, "hour", "UTC")] == [
        {
            "start": "2026-09-21T14:00:00+00:00",
            "opens": {"events": 6, "human": 2, "privacy_prefetch": 1, "machine": 1, "first_human": 2},
            "clicks": {"events": 4, "human": 3, "machine": 1, "first_human": 2},
        }
    ]


def test_gaps_between_the_first_and_the_last_row_are_noughts() -> None:
    assert events("hour", "UTC", "2026-01-01T22:15Z", "2026-01-02T01:00Z") == [
        ("2026-01-01T22:00:00+00:00", 1),
        ("2026-01-01T23:00:00+00:00", 0),
        ("2026-01-02T00:00:00+00:00", 0),
        ("2026-01-02T01:00:00+00:00", 1),
    ]


def test_nothing_counted_is_no_row() -> None:
    assert timeline_rows({}, "day", "UTC") == []


def test_a_day_begins_at_midnight_where_the_reader_lives() -> None:
    assert events("day", "Asia/Kathmandu", "2026-01-01T18:00Z", "2026-01-01T18:15Z") == [
        ("2026-01-01T00:00:00+05:45", 1),
        ("2026-01-02T00:00:00+05:45", 1),
    ]


def test_an_hour_begins_on_the_clock_of_a_zone_off_by_minutes() -> None:
    assert events("hour", "Asia/Kathmandu", "2026-01-01T18:00Z", "2026-01-01T18:15Z") == [
        ("2026-01-01T23:00:00+05:45", 1),
        ("2026-01-02T00:00:00+05:45", 1),
    ]


def test_the_hour_that_comes_twice_is_two_rows() -> None:
    assert events("hour", "Europe/Berlin", "2026-10-25T00:30Z", "2026-10-25T01:30Z") == [
        ("2026-10-25T02:00:00+02:00", 1),
        ("2026-10-25T02:00:00+01:00", 1),
    ]


def test_the_hour_that_never_comes_is_no_row() -> None:
    assert events("hour", "Europe/Berlin", "2026-03-29T00:30Z", "2026-03-29T01:30Z") == [
        ("2026-03-29T01:00:00+01:00", 1),
        ("2026-03-29T03:00:00+02:00", 1),
    ]


def test_days_keep_their_midnight_over_a_clock_change() -> None:
    assert events("day", "America/New_York", "2026-10-31T12:00Z", "2026-11-03T04:45Z") == [
        ("2026-10-31T00:00:00-04:00", 1),
        ("2026-11-01T00:00:00-04:00", 0),
        ("2026-11-02T00:00:00-05:00", 1),
    ]


def test_a_day_without_a_midnight_begins_when_it_begins() -> None:
    assert events("day", "Africa/Cairo", "2026-04-23T20:00Z", "2026-04-23T22:00Z") == [
        ("2026-04-23T00:00:00+02:00", 1),
        ("2026-04-24T01:00:00+03:00", 1),
    ]


def test_a_midnight_that_comes_twice_begins_one_day() -> None:
    assert events("day", "Atlantic/Azores", "2026-10-25T00:30Z", "2026-10-25T01:30Z") == [
        ("2026-10-25T00:00:00+00:00", 2),
    ]


def test_half_an_hour_of_clock_change_loses_nothing() -> None:
    quarters = {ms("2026-04-04T13:00Z") + n * QUARTER_MS: ONE for n in range(16)}
    rows = timeline_rows(quarters, "hour", "Australia/Lord_Howe")
    assert [(row.start.isoformat(), row.opens["events"]) for row in rows] == [
        ("2026-04-05T00:00:00+11:00", 4),
        ("2026-04-05T01:00:00+11:00", 6),
        ("2026-04-05T02:00:00+10:30", 4),
        ("2026-04-05T03:00:00+10:30", 2),
    ]


def test_a_day_that_a_country_skipped_is_no_row() -> None:
    assert [
        start for start, _ in events("day", "Pacific/Apia", "2011-12-29T20:00Z", "2011-12-31T20:00Z")
    ] == [
        "2011-12-29T00:00:00-10:00",
        "2011-12-31T00:00:00+14:00",
        "2012-01-01T00:00:00+14:00",
    ]


def test_a_timeline_of_decades_by_hour_has_only_rows_with_counts() -> None:
    assert len(events("hour", "UTC", "1990-01-01T00:00Z", "2026-01-01T00:00Z")) == 2
    assert MOST_ROWS < 36 * 365 * 24


@pytest.mark.parametrize(
    "tz", ["", "Mars/Olympus", "../../etc/passwd", "Europe", "a" * 5000, "x\0y", "\ud800"]
)
def test_an_unknown_time_zone_is_an_error_that_names_the_field(tz: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        timeline_rows({}, "day", tz)
    assert str(caught.value) == "tz: unknown time zone; use an IANA name such as Europe/Berlin or UTC"


def test_an_unknown_bucket_is_an_error_that_names_the_choices() -> None:
    with pytest.raises(InvalidInput, match=r"^bucket: must be one of hour, day$"):
        timeline_rows({}, "week", "UTC")


@pytest.mark.parametrize(
    "name",
    [
        "posixrules",
        "localtime",
        "Factory",
        "posix/Europe/Berlin",
        "right/Europe/Berlin",
        "zone.tab",
        "tzdata.zi",
        "leapseconds",
        "../etc/passwd",
        "/etc/localtime",
        "europe berlin",
        "",
        "Europe/",
        "Mars/Olympus",
        "a\0b",
        "x" * 300,
    ],
)
def test_what_lies_beside_the_zones_of_a_system_is_no_zone(name: str) -> None:
    with pytest.raises(
        InvalidInput, match="tz: unknown time zone; use an IANA name such as Europe/Berlin or UTC"
    ):
        time_zone(name)


@pytest.mark.parametrize(
    "name",
    ["UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires", "Etc/GMT+5", "Asia/Kathmandu", "EST5EDT"],
)
def test_names_of_places_are_zones(name: str) -> None:
    assert time_zone(name).key == name


def test_only_moments_of_a_value_become_local() -> None:
    zone = time_zone("Asia/Kathmandu")
    hit = {"received_at": "2026-09-21T14:13:20Z", "at": "x_at"}
    told = {"as_of": "2026-09-21T14:13:20.500Z", "n": 1, "hits": [hit], "sent_at": None}
    assert in_zone(told, zone) == {
        "as_of": "2026-09-21T19:58:20.500+05:45",
        "n": 1,
        "hits": [{"received_at": "2026-09-21T19:58:20+05:45", "at": "x_at"}],
        "sent_at": None,
    }
    assert in_zone(told, None) == told


def counted(*moments: str) -> MemoryStore:
    """A store with an open at each moment."""
    store = MemoryStore()
    hits = [ms(moment) for moment in moments]
    store.append([an_event(EventKind.OPEN, received_at_ms=at, id=an_id(at)) for at in hits])
    Fold(store, MemoryRegistry(), judge_plainly, "one").catch_up(lambda: max(hits), 1_000)
    return store


def window(
    store: MemoryStore, bucket: str, tz: str, since: str | None, until: str | None
) -> dict[str, int | None]:
    asked = TimelineWindow(
        bucket, tz, None if since is None else ms(since), None if until is None else ms(until)
    )
    found = timeline_of(store, "spring", asked)
    return {row.start.isoformat(): row.opens["events"] for row in found.rows}


def test_a_window_has_the_whole_of_every_hour_and_day_that_it_touches() -> None:
    store = counted("2026-01-01T22:10Z", "2026-01-01T23:00Z", "2026-01-02T22:50Z", "2026-01-02T23:10Z")
    asked = "2026-01-01T22:30Z", "2026-01-02T23:00Z"
    assert [count for count in window(store, "hour", "UTC", *asked).values() if count] == [1, 1, 1]
    assert window(store, "day", "UTC", *asked) == {
        "2026-01-01T00:00:00+00:00": 2,
        "2026-01-02T00:00:00+00:00": 2,
    }
    assert window(store, "day", "Europe/Berlin", *asked) == {
        "2026-01-01T00:00:00+01:00": 1,
        "2026-01-02T00:00:00+01:00": 2,
    }
    assert window(store, "day", "Europe/Berlin", "2026-01-02T23:00Z", None) == {
        "2026-01-03T00:00:00+01:00": 1
    }
    assert window(store, "hour", "UTC", None, "2026-01-01T22:01Z") == {"2026-01-01T22:00:00+00:00": 1}


def test_a_window_ends_with_the_day_when_clocks_change() -> None:
    store = counted("2026-10-25T22:50Z", "2026-10-25T23:10Z")
    assert window(store, "day", "Europe/Berlin", "2026-10-25T10:00Z", "2026-10-25T12:00Z") == {
        "2026-10-25T00:00:00+02:00": 1
    }


def test_many_days_are_days_in_utc_and_the_answer_says_so() -> None:
    store = counted("2026-01-01T23:30Z", "2026-03-02T23:30Z")
    few = timeline_of(store, "spring", TimelineWindow("day", "Europe/Berlin", ms("2026-01-03T00:00Z")))
    assert (few.tz, few.note, len(few.rows)) == ("Europe/Berlin", "", 1)
    many = timeline_of(store, "spring", TimelineWindow("day", "Europe/Berlin"))
    assert (many.tz, many.note, len(many.rows)) == ("UTC", MANY_DAYS, LOCAL_DAYS + 1)
    assert (many.rows[0].start.isoformat(), many.rows[0].opens["events"]) == ("2026-01-01T00:00:00+00:00", 1)
    assert many.to_json()["notes"] == [{"field": "tz", "reason": MANY_DAYS}]
    hours = timeline_of(store, "spring", TimelineWindow("hour", "Europe/Berlin"))
    assert (hours.tz, hours.note) == ("Europe/Berlin", "")


def test_a_window_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(InvalidInput) as caught:
        timeline_of(MemoryStore(), "spring", TimelineWindow(since_ms=2_000, until_ms=2_000))
    assert caught.value.field == "to"
