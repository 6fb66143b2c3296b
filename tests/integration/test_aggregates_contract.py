"""What every store promises of counts without recipients: they are part of the figures, and name nobody."""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path

import pytest

from mailpixel.kinds import EventKind
from mailpixel.modes import Statement
from mailpixel.store.aggregates import HOUR_MS, REPORTS_KEPT_DAYS, Report, View, ViewCount, ViewKey
from mailpixel.store.consents import MAIL, Said
from mailpixel.store.measures import Step
from mailpixel.store.projections import Window
from mailpixel.store.sqlite import open_sqlite
from mailpixel.store.store import Store
from mailpixel.times import DAY_MS
from tests.support.builders import an_open, at_ms
from tests.support.folding import catch_up
from tests.support.stores import STORES, a_store

HOUR = at_ms(0) // HOUR_MS
DAY = at_ms(0) // DAY_MS
START_MS = HOUR * HOUR_MS
OPEN, CLICK = EventKind.OPEN, EventKind.CLICK
NOW_MS = at_ms(1_000_000)


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """Every store in turn."""
    with a_store(request.param, tmp_path) as store:
        yield store


def counted(
    view: View,
    number: int = 1,
    kind: EventKind = OPEN,
    link: int = 0,
    hour: int = HOUR,
    edge: bytes = b"edge",
) -> ViewCount:
    return ViewCount(ViewKey("spring", hour, kind, link, view), edge, number)


def totals(store: Store, campaign: str = "spring") -> Mapping[str, int]:
    found = store.figures(campaign, NOW_MS, 0).totals
    return {measure: number for measure, number in found.items() if number}


EVERY_VIEW = [
    counted(View.HUMAN, 5),
    counted(View.PROXIED, 2),
    counted(View.PRIVACY_PREFETCH, 3),
    counted(View.MACHINE, 4),
    counted(View.REPEAT, 6),
    counted(View.HUMAN, 2, CLICK, 1),
    counted(View.HUMAN, 1, CLICK, -1, HOUR + 24),
    counted(View.MACHINE, 7, CLICK, 1),
]
WHOLE = {
    "opens.events": 20,
    "opens.deduplicated": 14,
    "opens.human": 7,
    "opens.proxied": 2,
    "opens.privacy_prefetch": 3,
    "opens.machine": 4,
    "opens.aggregate_events": 20,
    "opens.aggregate_human": 7,
    "opens.aggregate_privacy_prefetch": 3,
    "opens.aggregate_machine": 4,
    "clicks.events": 10,
    "clicks.deduplicated": 10,
    "clicks.human": 3,
    "clicks.machine": 7,
    "clicks.aggregate_events": 10,
    "clicks.aggregate_human": 3,
    "clicks.aggregate_machine": 7,
}


def test_counts_are_part_of_the_figures_of_their_campaign_and_of_no_other(store: Store) -> None:
    store.raise_views(EVERY_VIEW)
    assert totals(store) == WHOLE
    assert totals(store, "autumn") == {}
    assert store.figures("spring", NOW_MS, 0).links == {
        1: {"clicks.events": 9, "clicks.human": 2, "clicks.machine": 7},
        -1: {"clicks.events": 1, "clicks.human": 1},
    }
    of_two = store.figures_of(["autumn", "spring"], NOW_MS, 0)
    assert {name: sum(each.totals.values()) for name, each in of_two.items()} == {
        "autumn": 0,
        "spring": sum(WHOLE.values()),
    }


def test_a_count_written_twice_counts_once_and_each_process_has_its_own(store: Store) -> None:
    store.raise_views([counted(View.HUMAN, 3)])
    store.raise_views([counted(View.HUMAN, 3), counted(View.HUMAN, 2, edge=b"more")])
    store.raise_views([counted(View.HUMAN, 1)])
    assert totals(store)["opens.human"] == 5
    store.raise_views([counted(View.HUMAN, 4)])
    assert totals(store)["opens.human"] == 6


def test_counts_stand_in_the_timeline_by_their_hour(store: Store) -> None:
    store.raise_views(EVERY_VIEW)
    first = {
        "opens.events": 20,
        "opens.human": 7,
        "opens.privacy_prefetch": 3,
        "opens.machine": 4,
        "clicks.events": 9,
        "clicks.human": 2,
        "clicks.machine": 7,
    }
    last = {"clicks.events": 1, "clicks.human": 1}
    later_ms = START_MS + 24 * HOUR_MS
    assert store.timeline("spring") == {START_MS: first, later_ms: last}
    assert store.timeline("spring", later_ms) == {later_ms: last}
    assert store.timeline("spring", 0, later_ms) == {START_MS: first}
    assert store.timeline("spring", START_MS + HOUR_MS, later_ms) == {}
    days = {DAY * DAY_MS: first, (DAY + 1) * DAY_MS: last}
    assert store.timeline("spring", step=Step.DAY) == days
    assert store.timeline("spring", (DAY + 1) * DAY_MS, step=Step.DAY) == {(DAY + 1) * DAY_MS: last}
    assert store.timeline("spring", 0, (DAY + 1) * DAY_MS, step=Step.DAY) == {DAY * DAY_MS: first}
    asked = store.timelines({"spring": Window(), "autumn": Window()}, ["clicks.human"])
    assert asked == {"spring": {START_MS: {"clicks.human": 2}, later_ms: {"clicks.human": 1}}, "autumn": {}}


def test_counts_join_those_of_recipients_and_survive_a_rebuild(store: Store) -> None:
    store.append([an_open(10)])
    catch_up(store)
    store.raise_views([counted(View.HUMAN, 5)])
    found = totals(store)
    assert (found["opens.human"], found["opens.unique_human"], found["opens.aggregate_human"]) == (6, 1, 5)
    quarters = store.timeline("spring")
    assert sum(each.get("opens.human", 0) for each in quarters.values()) == 6
    assert sum(each.get("opens.first_human", 0) for each in quarters.values()) == 1
    store.erase("r-1", NOW_MS)
    assert totals(store)["opens.human"] == 5


def test_counts_and_reports_are_changes_of_their_campaign(store: Store) -> None:
    begin = store.news_of_counts().cursor
    store.raise_views([counted(View.HUMAN)])
    news = store.news_of_counts(begin)
    assert news.campaigns == ("spring",)
    store.count_reports([Report("autumn", EventKind.DELIVERY, "r-1")], DAY)
    assert store.news_of_counts(news.cursor).campaigns == ("autumn",)


def test_a_forgotten_campaign_loses_its_counts(store: Store) -> None:
    store.raise_views(EVERY_VIEW)
    store.count_reports([Report("spring", EventKind.DELIVERY, "r-1")], DAY)
    store.forget_campaign("spring")
    assert totals(store) == {}
    assert store.timeline("spring") == {}
    store.count_reports([Report("spring", EventKind.DELIVERY, "r-1")], DAY)
    assert totals(store) == {"unnamed.delivery": 1}


def test_the_day_of_the_last_open_is_the_latest_whatever_came_last(store: Store) -> None:
    assert store.last_open("r-1") is None
    for day in (DAY, DAY + 3, DAY + 1):
        store.raise_views([], {"r-1": day})
    assert (store.last_open("r-1"), store.last_open("r-2")) == (DAY + 3, None)


def test_an_erased_person_has_no_day_and_gets_none_of_the_time_before(store: Store) -> None:
    store.raise_views([], {"r-1": DAY, "r-2": DAY})
    store.erase("r-1", (DAY + 1) * DAY_MS + 5)
    assert (store.last_open("r-1"), store.last_open("r-2")) == (None, DAY)
    store.raise_views([], {"r-1": DAY + 1})
    assert store.last_open("r-1") is None
    store.raise_views([], {"r-1": DAY + 2})
    assert store.last_open("r-1") == DAY + 2


def test_reports_count_once_for_each_message(store: Store) -> None:
    of = EventKind.DELIVERY, EventKind.BOUNCE, EventKind.COMPLAINT
    reports = [Report("spring", kind, f"r-{number}") for number, kind in enumerate((*of, of[0]))]
    store.count_reports(reports, DAY)
    store.count_reports([*reports, reports[0]], DAY + 1)
    assert totals(store) == {"unnamed.delivery": 2, "unnamed.bounce": 1, "unnamed.complaint": 1}


def test_reports_are_remembered_for_some_days_only(store: Store) -> None:
    report = Report("spring", EventKind.DELIVERY, "r-1")
    store.count_reports([report], DAY)
    store.count_reports([report], DAY + REPORTS_KEPT_DAYS)
    assert totals(store) == {"unnamed.delivery": 1}
    store.count_reports([report], DAY + REPORTS_KEPT_DAYS + 1)
    assert totals(store) == {"unnamed.delivery": 2}


def test_who_refuses_opens_loses_the_day_and_gets_none(tmp_path: Path) -> None:
    store, registry = open_sqlite(tmp_path / "mailpixel.db")
    with closing(store), closing(registry):
        store.raise_views([], {"r-1": DAY, "r-2": DAY})
        registry.record_consents([Said("r-1", MAIL, Statement.DENIED, at_ms(0), "import")], at_ms(0))
        assert (store.last_open("r-1"), store.last_open("r-2")) == (None, DAY)
        store.raise_views([], {"r-1": DAY + 1, "r-2": DAY + 1})
        assert (store.last_open("r-1"), store.last_open("r-2")) == (None, DAY + 1)
        registry.note_erased(["r-2"], at_ms(0))
        assert store.last_open("r-2") is None


def test_no_table_holds_the_recipients(tmp_path: Path) -> None:
    with a_store("sqlite", tmp_path) as store:
        store.raise_views(EVERY_VIEW, {"person-4711": DAY})
        store.count_reports([Report("spring", EventKind.DELIVERY, "person-4711")], DAY)
    with closing(sqlite3.connect(tmp_path / "mailpixel.db")) as connection:
        connection.execute("pragma wal_checkpoint(truncate)")
    assert all(b"person-4711" not in path.read_bytes() for path in tmp_path.iterdir())
