"""A database that may only be read: by a user without the right to write, or on a disk that takes nothing."""

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from mailpixel.errors import StoreUnavailable
from mailpixel.store.sqlite import SqliteRegistry, SqliteStore, open_sqlite
from mailpixel.store.sqlite.migrations import migrate
from tests.support.builders import a_campaign, an_open
from tests.support.reading import a_folder, allow, as_reader


@pytest.fixture
def path() -> Iterator[Path]:
    with a_folder() as folder:
        yield folder / "mailpixel.db"


def fill(path: Path, recipient: str = "r-1") -> SqliteStore:
    """A database with a campaign and an event, still in use."""
    store, registry = open_sqlite(path)
    if not registry.campaigns():
        registry.add_campaign(a_campaign())
    registry.close()
    store.append([an_open(1, recipient=recipient)])
    return store


def read(path: Path) -> tuple[list[str], list[str]]:
    """Campaigns and recipients, as any command reads them."""
    store, registry = open_sqlite(path)
    return [c.id for c in registry.campaigns()], [m.recipient for m in store.messages("spring")]


def files(path: Path) -> list[str]:
    return sorted(file.name for file in path.parent.iterdir())


def test_a_database_that_nobody_uses_is_read_and_nothing_is_made(path: Path) -> None:
    fill(path).close()
    allow(path.parent, 0o555, 0o444)
    before = files(path)
    assert as_reader(lambda: read(path)) == (["spring"], ["r-1"])
    assert files(path) == before == ["mailpixel.db"]


def test_a_database_in_use_is_read_with_what_stands_in_its_log_alone(path: Path) -> None:
    store = fill(path)
    allow(path.parent, 0o555, 0o444)
    assert files(path) == ["mailpixel.db", "mailpixel.db-shm", "mailpixel.db-wal"]
    assert as_reader(lambda: read(path)) == (["spring"], ["r-1"])
    store.close()


def test_a_database_left_by_a_crash_is_read_with_its_log(path: Path, tmp_path: Path) -> None:
    store = fill(path)
    for file in path.parent.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    store.close()
    for file in tmp_path.iterdir():
        (path.parent / file.name).write_bytes(file.read_bytes())
    allow(path.parent, 0o555, 0o444)
    assert as_reader(lambda: read(path)) == (["spring"], ["r-1"])


def test_a_log_whose_index_is_missing_is_never_passed_over(path: Path, tmp_path: Path) -> None:
    store = fill(path)
    log = path.with_name("mailpixel.db-wal")
    (tmp_path / "log").write_bytes(log.read_bytes())
    store.close()
    log.write_bytes((tmp_path / "log").read_bytes())
    allow(path.parent, 0o555, 0o444)
    with pytest.raises(StoreUnavailable, match="check the folder and its permissions"):
        as_reader(lambda: read(path))


def test_what_was_read_while_somebody_began_to_write_is_refused(path: Path) -> None:
    fill(path).close()
    allow(path.parent, 0o555, 0o444)

    def write_while_reading() -> None:
        _, registry = open_sqlite(path)
        assert isinstance(registry, SqliteRegistry)
        with registry._database.reading() as connection:
            connection.execute("select * from campaigns").fetchall()
            began.write_bytes(b"now")
            while not written.exists():
                time.sleep(0.01)

    began, written = path.with_name("began"), path.with_name("written")
    began.touch()
    began.chmod(0o666)

    def write() -> None:
        while not began.read_bytes():
            time.sleep(0.01)
        fill(path, "r-2").close()
        written.touch()

    writer = threading.Thread(target=write)
    writer.start()
    with pytest.raises(StoreUnavailable, match="changed while it was read"):
        as_reader(write_while_reading)
    writer.join()


def test_a_user_who_may_not_read_reads_that(path: Path) -> None:
    fill(path).close()
    allow(path.parent, 0o555, 0o000)
    with pytest.raises(StoreUnavailable, match="check the folder and its permissions"):
        as_reader(lambda: read(path))


def test_writing_is_refused_and_works_again_as_soon_as_the_disk_allows_it(path: Path) -> None:
    fill(path).close()
    allow(path.parent, 0o555, 0o444)

    def refused() -> str:
        store, _ = open_sqlite(path)
        with pytest.raises(StoreUnavailable) as caught:
            store.append([an_open(2, recipient="r-2")])
        return str(caught.value)

    assert "is read-only" in as_reader(refused)
    allow(path.parent, 0o777, 0o666)

    def written() -> list[str]:
        store, _ = open_sqlite(path)
        store.append([an_open(2, recipient="r-2")])
        return [message.recipient for message in store.messages("spring")]

    assert as_reader(written) == ["r-1", "r-2"]


def test_a_database_of_an_older_release_that_may_only_be_read_says_what_to_do(path: Path) -> None:
    migrate(path)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("delete from _sqlite_migrations where name = '0006_signing_keys'")
        connection.execute("drop table signing_keys")
        connection.commit()
    allow(path.parent, 0o555, 0o444)
    with pytest.raises(StoreUnavailable, match="let its owner run a command once"):
        as_reader(lambda: read(path))
