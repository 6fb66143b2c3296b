"""Which campaigns a person has events of, whoever folded them."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from mailpixel.projections.fold import Fold
from mailpixel.store.sqlite import SqliteRegistry, SqliteStore
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
        noted = connection.execute(
            "select recipient, campaign from campaigns_of_person order by 1"
        ).fetchall()
    assert noted == [("r-1", "spring"), ("r-2", "spring")]
