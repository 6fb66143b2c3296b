"""The thread that counts hits without recipients: what it holds is counted when it is due, and all of it at an end."""

import asyncio
import logging
import threading
from collections.abc import Callable, Mapping, Sequence

import pytest

from mailpixel.classify import Rules
from mailpixel.errors import StoreUnavailable
from mailpixel.ingest.counting import Counting
from mailpixel.ingest.held import HELD_MS, Counted
from mailpixel.model import Campaign, Event
from mailpixel.store.aggregates import NO_DAYS, ViewCount
from mailpixel.store.memory import MemoryStore
from mailpixel.times import DAY_MS
from tests.support.builders import APPLE, BROWSER, ROBOT, SENT_AT, an_open, at_ms, plain_rules

LATE_S = 7_200.0
WITHIN_S = 30.0


def campaign(id: str) -> Campaign:
    return Campaign(id, id, sent_at=SENT_AT)


def begun(store: MemoryStore, clock: Callable[[], int] = lambda: at_ms(LATE_S)) -> Counting:
    return Counting(store, campaign, plain_rules, clock)


def counted_of(store: MemoryStore) -> Mapping[str, int]:
    totals = store.figures("spring", at_ms(0), 0).totals
    return {name: number for name, number in totals.items() if number and "aggregate" in name}


def finish(counting: Counting) -> None:
    asyncio.run(counting.stop(WITHIN_S))


def take(counting: Counting, *hits: Event, recipient: str | None = None) -> None:
    assert all(counting.take(Counted(hit, recipient)) for hit in hits)


def test_at_a_polite_end_everything_is_counted_at_once() -> None:
    store = MemoryStore()
    counting = begun(store)
    take(
        counting,
        an_open(LATE_S),
        an_open(LATE_S + 1),
        an_open(LATE_S, agent=ROBOT),
        an_open(LATE_S, address=""),
    )
    finish(counting)
    assert counted_of(store) == {
        "opens.aggregate_events": 4,
        "opens.aggregate_human": 2,
        "opens.aggregate_machine": 1,
    }


class Told(MemoryStore):
    """A store that says when it was written to. The first `refusals` writes fail."""

    def __init__(self, refusals: int = 0) -> None:
        super().__init__()
        self.refusals = refusals
        self.written = threading.Event()
        self.writes = 0

    def raise_views(self, counts: Sequence[ViewCount], last_opens: Mapping[str, int] = NO_DAYS) -> None:
        self.writes += 1
        if self.refusals:
            self.refusals -= 1
            raise StoreUnavailable("the disk is full")
        super().raise_views(counts, last_opens)
        self.written.set()


def test_hits_are_counted_when_the_first_of_their_source_has_waited_long_enough() -> None:
    store, now_ms = Told(), [at_ms(LATE_S)]
    counting = begun(store, lambda: now_ms[0])
    take(counting, an_open(LATE_S), an_open(LATE_S + 10, agent=ROBOT))
    assert counted_of(store) == {}
    now_ms[0] += HELD_MS
    assert store.written.wait(WITHIN_S)
    assert counted_of(store) == {"opens.aggregate_events": 1, "opens.aggregate_human": 1}
    finish(counting)
    assert counted_of(store)["opens.aggregate_events"] == 2


@pytest.mark.parametrize(
    ("sent", "opens"), [(4, {}), (5, {"opens.aggregate_events": 1, "opens.aggregate_human": 1})]
)
def test_of_fewer_than_five_people_only_the_day_of_a_last_open_is_kept(
    sent: int, opens: dict[str, int]
) -> None:
    store = MemoryStore()
    counting = Counting(
        store, lambda id: Campaign(id, id, sent_at=SENT_AT, sent=sent), plain_rules, lambda: at_ms(LATE_S)
    )
    take(counting, an_open(LATE_S), recipient="r-1")
    finish(counting)
    assert counted_of(store) == opens
    assert store.last_open("r-1") == at_ms(LATE_S) // DAY_MS


def test_an_idle_service_writes_nothing() -> None:
    store = Told()
    finish(begun(store))
    assert store.writes == 0


def test_while_the_store_is_down_counts_wait_and_count_once(caplog: pytest.LogCaptureFixture) -> None:
    store = Told(refusals=2)
    counting = begun(store, lambda: at_ms(LATE_S) + HELD_MS)
    with caplog.at_level(logging.ERROR):
        take(counting, an_open(LATE_S))
        assert store.written.wait(WITHIN_S)
        finish(counting)
    assert counted_of(store)["opens.aggregate_events"] == 1
    assert [record.getMessage() for record in caplog.records] == [
        "counts without recipients cannot be written now and wait: the disk is full"
    ]


def test_the_day_of_the_last_open_is_that_of_people_and_of_privacy_prefetches() -> None:
    store = MemoryStore()
    counting = begun(store)
    day_s = DAY_MS // 1000
    for agent, recipient in ((BROWSER, "r-1"), (APPLE, "r-2"), (ROBOT, "r-3")):
        take(counting, an_open(LATE_S + day_s, agent=agent), recipient=recipient)
    take(counting, an_open(LATE_S), recipient="r-1")
    finish(counting)
    day = at_ms(LATE_S) // DAY_MS
    assert [store.last_open(f"r-{number}") for number in (1, 2, 3)] == [day + 1, day + 1, None]


def test_a_campaign_that_cannot_be_read_has_its_hits_counted_all_the_same() -> None:
    def unreadable(id: str) -> Campaign:
        raise StoreUnavailable("the database is locked")

    store = MemoryStore()
    counting = Counting(store, unreadable, plain_rules, lambda: at_ms(LATE_S))
    take(counting, an_open(LATE_S))
    finish(counting)
    assert counted_of(store)["opens.aggregate_human"] == 1


def test_an_error_in_one_round_does_not_end_the_thread(caplog: pytest.LogCaptureFixture) -> None:
    broken = [True]

    def rules() -> Rules:
        if broken.pop() if broken else False:
            raise RuntimeError("192.0.2.10")
        return Rules()

    store = Told()
    counting = Counting(store, campaign, rules, lambda: at_ms(LATE_S) + HELD_MS)
    with caplog.at_level(logging.ERROR):
        take(counting, an_open(LATE_S))
        while broken:
            threading.Event().wait(0.01)
        take(counting, an_open(LATE_S, address="192.0.2.11"))
        assert store.written.wait(WITHIN_S)
        finish(counting)
    assert counted_of(store)["opens.aggregate_events"] == 1
    assert [record.getMessage() for record in caplog.records] == [
        "hits without recipients could not be counted: RuntimeError"
    ]
