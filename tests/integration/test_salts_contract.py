"""What every store promises of salts: one a day for all, and gone from every file once they are dropped."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from mailpixel.store.sqlite import SqliteStore
from mailpixel.store.store import Store
from tests.support.builders import an_open
from tests.support.stores import STORES, a_store

DAY = 20_785
KEPT = range(DAY + 1, DAY + 4)


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """Every store in turn."""
    with a_store(request.param, tmp_path) as store:
        yield store


def test_a_day_has_one_salt_of_sixteen_bytes_whoever_asks_first(store: Store) -> None:
    first = store.salts([DAY, DAY + 1])
    assert store.salts([DAY]) == first == store.salts()
    assert sorted(map(len, first.values())) == [16, 16]
    assert first[DAY] != first[DAY + 1]


def test_salts_of_former_days_are_only_read(store: Store) -> None:
    assert store.salts() == {}
    store.salts([DAY])
    assert list(store.salts([DAY + 1])) == [DAY, DAY + 1]


def test_dropped_salts_are_gone_and_those_of_the_days_around_now_stay(store: Store) -> None:
    kept = store.salts([DAY, DAY + 1, DAY + 2, DAY + 4, DAY + 400])
    assert store.drop_salts(KEPT)
    assert store.salts() == {DAY + 1: kept[DAY + 1], DAY + 2: kept[DAY + 2]}
    assert list(store.salt_days()) == [DAY + 1, DAY + 2]
    assert store.drop_salts(KEPT)


def files_with(folder: Path, sought: bytes) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if sought in path.read_bytes())


def test_another_process_gets_the_same_salt(tmp_path: Path) -> None:
    with closing(SqliteStore(tmp_path / "a.db")) as one, closing(SqliteStore(tmp_path / "a.db")) as other:
        assert one.salts([DAY]) == other.salts([DAY])


def test_no_file_holds_a_dropped_salt(tmp_path: Path) -> None:
    with closing(SqliteStore(tmp_path / "a.db")) as store:
        salt = store.salts([DAY])[DAY]
        store.salts([DAY + 2])
        store.append([an_open()])
        assert files_with(tmp_path, salt) == ["a.db-wal"]
        assert store.drop_salts(KEPT)
        assert files_with(tmp_path, salt) == []


def test_while_a_reader_keeps_the_log_a_dropped_salt_is_not_gone_and_the_store_says_so(
    tmp_path: Path,
) -> None:
    with closing(SqliteStore(tmp_path / "a.db")) as store:
        salt = store.salts([DAY])[DAY]
        with closing(sqlite3.connect(tmp_path / "a.db", isolation_level=None)) as reader:
            reader.execute("begin")
            reader.execute("select count(*) from events").fetchone()
            assert not store.drop_salts(KEPT)
            assert store.salts() == {}
            assert list(store.salt_days()) == [DAY]
            assert files_with(tmp_path, salt) != []
        assert store.drop_salts(KEPT)
        assert list(store.salt_days()) == []
        assert files_with(tmp_path, salt) == []
