"""Which campaigns a person has events of, whoever folded them."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlite_utils import Database as Admin

from mailpixel.projections.fold import Fold
from mailpixel.store.sqlite import SqliteRegistry, SqliteStore
from mailpixel.store.sqlite.steps_0032 import STEPS
from tests.support.builders import an_open, at_ms, judge_plainly


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "mailpixel.db"


@pytest.fixture
def store(path: Path) -> Iterator[SqliteStore]:
    store = SqliteStore(path)
    yield store
    store.close()


def catch_up(store: SqliteStore, path: Path) -> None:
    registry = SqliteRegistry(path)
    fold = Fold(store, registry, judge_plainly, "fold")
    assert fold.catch_up(lambda: at_ms(60), 1_000) is not None
    registry.close()


def fold_as_a_former_release(path: Path) -> None:
    """Move on without a note of who has events where."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("update checkpoint set position = (select max(position) from events)")
        connection.commit()


def campaigns(store: SqliteStore) -> list[str]:
    return [message.campaign for message in store.person("r-1")]


def test_what_a_fold_of_a_former_release_folded_is_found_and_erased(store: SqliteStore, path: Path) -> None:
    store.append([an_open(1, campaign="spring")])
    catch_up(store, path)
    store.append([an_open(2, campaign="summer")])
    fold_as_a_former_release(path)
    assert campaigns(store) == ["spring", "summer"]
    store.append([an_open(3, campaign="autumn")])
    catch_up(store, path)
    assert campaigns(store) == ["autumn", "spring", "summer"]
    assert store.erase("r-1", at_ms(10)) == 3
    assert store.campaigns() == []


def test_what_a_former_release_folded_before_it_ended_is_noted_by_the_next_fold(
    store: SqliteStore, path: Path
) -> None:
    store.append([an_open(1, campaign="spring")])
    fold_as_a_former_release(path)
    store.append([an_open(2, recipient="r-2")])
    catch_up(store, path)
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("select noted from checkpoint").fetchone() == (2,)
        noted = connection.execute("select campaign from cases_of").fetchall()
    assert noted == [("spring",), ("spring",)]
    assert campaigns(store) == ["spring"]


def test_the_table_of_a_persons_campaigns_names_nobody(store: SqliteStore, path: Path) -> None:
    store.append([an_open(1, recipient="person-4711")])
    catch_up(store, path)
    with closing(sqlite3.connect(path)) as connection:
        [(key, campaign)] = connection.execute("select person8, campaign from cases_of").fetchall()
    assert (len(key), campaign) == (8, "spring")


def test_the_campaigns_that_an_older_release_noted_by_name_are_found_after_the_upgrade(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        STEPS.apply(Admin(connection), stop_before="0032_erasures")
        connection.execute("insert into agents values (5, 'agent')")
        connection.execute(
            "insert into events (id, kind, campaign, recipient, agent, facts) values (?, 0, 'spring', 'r-1', 5, 0)",
            (an_open(1).id,),
        )
        connection.execute("insert into campaigns_of_person values ('r-1', 'spring')")
        connection.execute("update folded set noted = 1")
        connection.commit()
    store = SqliteStore(path)
    assert campaigns(store) == ["spring"]
    assert store.erase("r-1", at_ms(10)) == 1
    store.sweep()
    store.append([an_open(20, agent="another")])
    store.close()
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("select id, agent from agents").fetchall() == [(6, "another")]
