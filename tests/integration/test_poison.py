"""Rows that a message cannot be made of, or that no judge can take: they keep nobody else from being counted."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from mailpixel.classify import Rules, judge
from mailpixel.projections.fold import Fold
from mailpixel.projections.rebuild import Rebuild, rebuild
from mailpixel.report.readiness import facts_before_sending
from mailpixel.store.memory import MemoryRegistry
from mailpixel.store.projections import FOLD
from mailpixel.store.sqlite import SqliteStore
from tests.support.builders import a_campaign, an_open, at_ms

POISON = {
    "a kind that there is not": "update events set kind = 99 where recipient = 'r-2'",
    "facts that are words": "update events set facts = 'many' where recipient = 'r-2'",
    "a link that is a word": "update events set kind = 1, link = 'first' where recipient = 'r-2'",
    "a link below any": "update events set kind = 1, link = -5 where recipient = 'r-2'",
    "a link above any": "update events set kind = 1, link = 70000 where recipient = 'r-2'",
    "an agent that is gone": "update events set agent = 99 where recipient = 'r-2'",
    "an agent that is bytes": "update agents set agent = x'00ff' where agent = 'of r-2'",
    "a method that is no text": "update events set method = cast(x'ff' as text) where recipient = 'r-2'",
    "an address that is a number": "update events set address = x'01' where recipient = 'r-2'",
}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    made = SqliteStore(tmp_path / "store.db")
    made.append([an_open(600 + n, recipient=f"r-{n}", agent=f"of r-{n}") for n in range(5)])
    yield made
    made.close()


def poison(store: SqliteStore, statement: str) -> None:
    with closing(sqlite3.connect(store._database.path)) as connection:
        connection.execute(statement)
        connection.commit()


def counted(store: SqliteStore) -> list[str]:
    return [state.recipient for state in store.recipients("spring", "", 9)]


def a_fold(store: SqliteStore) -> Fold:
    return Fold(store, MemoryRegistry(), partial(judge, rules=Rules()), "one")


@pytest.mark.parametrize("statement", POISON.values(), ids=POISON.keys())
def test_a_poisoned_message_holds_up_no_other(store: SqliteStore, statement: str) -> None:
    poison(store, statement)
    a_fold(store).catch_up(lambda: at_ms(1_000), 5_000)
    assert store.consumer(FOLD).waiting().events == 0
    assert {"r-0", "r-1", "r-3", "r-4"} <= set(counted(store))
    aside = [each.recipient for each in store.put_aside()]
    assert sorted({*counted(store), *aside}) == [f"r-{n}" for n in range(5)]
    (difference,) = rebuild(store, MemoryRegistry(), partial(judge, rules=Rules()), how=Rebuild(processes=1))
    assert difference.error == ""
    assert [each.recipient for each in store.put_aside()] == aside


def test_a_message_that_was_mended_is_counted_by_the_next_fold(store: SqliteStore) -> None:
    poison(store, POISON["a kind that there is not"])
    a_fold(store).catch_up(lambda: at_ms(1_000), 5_000)
    assert [(each.recipient, each.error) for each in store.put_aside()] == [("r-2", "IndexError")]
    poison(store, "update events set kind = 0")
    a_fold(store).catch_up(lambda: at_ms(1_000), 5_000)
    assert (store.put_aside(), len(counted(store))) == ([], 5)


def test_the_latest_events_leave_out_one_that_cannot_be_read(store: SqliteStore) -> None:
    poison(store, POISON["a kind that there is not"])
    assert [event.recipient for event in store.latest(4)] == ["r-4", "r-3", "r-1"]


@pytest.mark.parametrize("statement", POISON.values(), ids=POISON.keys())
def test_a_poisoned_message_of_a_seed_keeps_nobody_from_signing(store: SqliteStore, statement: str) -> None:
    poison(store, statement)
    seeds = frozenset({"r-1", "r-2"})
    known = facts_before_sending(store, MemoryRegistry(), a_campaign(), seeds, at_ms(700))
    assert known.tested
    poison(store, "delete from events where recipient <> 'r-2'")
    facts_before_sending(store, MemoryRegistry(), a_campaign(), seeds, at_ms(700))
