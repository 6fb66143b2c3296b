"""Copies a SQLite file while others write it, and says what a copy holds and whether it is whole.

The copy is of one moment: it is read in one transaction, which no writer waits for. It is made of small parts with
pauses between them, so that the disk and the cores stay free for hits. What concerns only the machine it was made on
is left out: salts, and who works on the file at the moment.
"""

import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

from msgspec import Struct
from sqlite_utils import Database as Admin

from mailpixel.errors import StoreUnavailable
from mailpixel.store.keys import SigningKey
from mailpixel.store.sqlite.database import (
    BUSY_MS,
    KEEP_NO_COPY,
    REFUSALS,
    Database,
    code_of,
    connect,
    make_file,
)
from mailpixel.store.sqlite.migrations import refuse_newer
from mailpixel.store.sqlite.steps_0033 import STEPS

PART_PAGES = 256
"""Pages of one part: one megabyte where pages have 4,096 bytes."""
PAUSE_S = 0.002
"""Between two parts."""
LEFT_OUT: Mapping[str, str] = {
    "salts": "delete from salts",
    "workers": "delete from workers",
    "leases": "update leases set holder = '', expires_at_ms = 0",
}
"""By table, what is done to it in a copy. Salts would show for ever which address a hit came from."""
EVENTS = "select count(*), max(id) from events"


class CopyFacts(Struct, frozen=True):
    """What a database holds: its last step of the schema, campaigns, events, and when the last was received.

    `last_event_ms` is in milliseconds since 1970; None without events.
    """

    schema: str
    campaigns: int
    events: int
    last_event_ms: int | None


def copy_database(source: Path, target: Path, progress: Callable[[int, int], object]) -> None:
    """Copy a database into a new file, and check the copy. It is on disk only once the caller has synchronised it.

    `progress` is called after each part, with the pages done and all pages. The source stays as it is, whatever its
    schema. Raises `StoreUnavailable` when it cannot be read, is damaged, or was written by a newer mailpixel, and when
    the copy cannot be written.
    """
    make_file(target)
    try:
        with closing(Database(source)) as database, database.reading() as connection:
            refuse_newer(Admin(connection, execute_plugins=False))  # also begins the moment of the copy
            with written(target) as copy:
                _copy(connection, copy, progress)
    except BaseException:
        target.unlink(missing_ok=True)
        raise
    check_whole(target)


def _copy(
    source: sqlite3.Connection, copy: sqlite3.Connection, progress: Callable[[int, int], object]
) -> None:
    def after_part(status: int, left: int, pages: int) -> None:
        progress(pages - left, pages)
        time.sleep(PAUSE_S)

    copy.execute("pragma synchronous = off").fetchall()  # it is synchronised as a whole, at the end
    source.backup(copy, pages=PART_PAGES, progress=after_part)
    for pragma in (*KEEP_NO_COPY, "pragma journal_mode = delete", "pragma journal_mode = memory"):
        copy.execute(pragma).fetchall()
    here = {name for (name,) in copy.execute("select name from sqlite_master where type = 'table'")}
    with copy:
        for table, change in LEFT_OUT.items():
            if table in here:
                copy.execute(change)


@contextmanager
def written(path: Path, mode: str = "rw") -> Iterator[sqlite3.Connection]:
    """A connection to a file that only this process uses. Raises `StoreUnavailable` when SQLite refuses."""
    try:
        with closing(connect(path, mode, BUSY_MS)) as connection:
            yield connection
    except sqlite3.DatabaseError as error:
        reason = REFUSALS.get(code_of(error))
        if reason is None:
            raise
        raise StoreUnavailable(f"{path.name}: the file {reason}") from error


@contextmanager
def as_it_is(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection that reads a file nobody writes, and leaves no trace in it or beside it.

    Raises `StoreUnavailable` when SQLite refuses, and when a newer mailpixel wrote the file.
    """
    with written(path, "ro&immutable=1") as connection:
        refuse_newer(Admin(connection, execute_plugins=False))
        yield connection


def check_whole(path: Path) -> None:
    """Raises `StoreUnavailable` unless SQLite finds every page of a copy, every index and every reference right."""
    with as_it_is(path) as connection:
        problems = [str(row[0]) for row in connection.execute("pragma integrity_check(3)")]
        lost = connection.execute("pragma foreign_key_check").fetchall()
    if problems != ["ok"] or lost:
        raise StoreUnavailable("the database is damaged; `mailpixel check` says what, and what to do")


def facts_of(path: Path) -> CopyFacts:
    """What a copy holds. Raises `StoreUnavailable`, also when a newer mailpixel wrote it."""
    with as_it_is(path) as connection:
        applied = sorted(step.name for step in STEPS.applied(Admin(connection, execute_plugins=False)))
        if "0003_registry" not in applied:
            raise StoreUnavailable("the database is not one of mailpixel; name the folder of a backup")
        (events, last) = connection.execute(EVENTS).fetchone()
        (campaigns,) = connection.execute("select count(*) from campaigns").fetchone()
    return CopyFacts(
        applied[-1], campaigns, events, None if last is None else int.from_bytes(last[:6], "big")
    )


def remembered_keys(path: Path) -> list[SigningKey]:
    """The keys that signed for a copy; none where its release did not remember them. Raises `StoreUnavailable`."""
    with as_it_is(path) as connection:
        if not connection.execute("select 1 from sqlite_master where name = 'signing_keys'").fetchone():
            return []
        rows = connection.execute("select id, fingerprint, removed from signing_keys order by id")
        return [SigningKey(id, fingerprint, bool(removed)) for id, fingerprint, removed in rows]
