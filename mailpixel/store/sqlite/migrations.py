"""The schema as numbered steps since the first release. A released step is never changed.

All pending steps are run and recorded in one transaction that holds the write lock. So several processes may
start at once on a new file, and a crash leaves the schema as it was.
"""

import sqlite3
import time
from contextlib import closing
from pathlib import Path

from sqlite_utils import Database as Admin
from sqlite_utils import Migrations

from mailpixel.errors import StoreUnavailable
from mailpixel.store.sqlite import (  # noqa: F401 - they add their steps
    steps_0028,
    steps_0029,
    steps_0030,
    steps_0031,
    steps_0034,
    steps_0035,
    steps_0036,
    steps_0037,
    steps_0038,
    steps_0039,
    steps_0040,
    steps_0041,
    steps_0042,
    steps_0044,
    steps_0045,
    steps_0046,
)
from mailpixel.store.sqlite.database import (
    BUSY_MS,
    KEEP_NO_COPY,
    REFUSALS,
    WRITE_PROTECTED,
    code_of,
    connect,
    connect_frozen,
    make_file,
)
from mailpixel.store.sqlite.steps_0033 import STEPS

PAUSE_S = 0.05


def migrate(path: Path | str, busy_ms: int = BUSY_MS, steps: Migrations = STEPS) -> None:
    """Bring the file to the newest schema. A missing file is created, readable by its owner only.

    A read-only file must already have that schema. Raises `StoreUnavailable` when it does not, when the file
    cannot be read, and when a newer mailpixel wrote it.
    """
    path = Path(path)
    try:
        make_file(path)
    except OSError as error:
        raise StoreUnavailable(f"the database {REFUSALS[sqlite3.SQLITE_CANTOPEN]}") from error
    try:
        try:
            with closing(connect(path, "rw", busy_ms)) as connection:
                _set_wal(connection, busy_ms)
                for pragma in KEEP_NO_COPY:
                    connection.execute(pragma).fetchall()
                _apply(_admin(connection), steps)
        except sqlite3.DatabaseError as error:
            if code_of(error) not in WRITE_PROTECTED:
                raise
            _check_read_only(path, busy_ms, steps, error)
    except sqlite3.DatabaseError as error:
        reason = REFUSALS.get(code_of(error))
        if reason is None:
            raise
        raise StoreUnavailable(f"the database {reason}") from error


def _admin(connection: sqlite3.Connection) -> Admin:
    """sqlite-utils on a connection, without the plugins that other packages have for it."""
    return Admin(connection, execute_plugins=False)


def _check_read_only(path: Path, busy_ms: int, steps: Migrations, error: sqlite3.DatabaseError) -> None:
    with closing(connect_frozen(path, busy_ms, error)) as connection:
        db = _admin(connection)
        refuse_newer(db, steps)
        if steps.pending(db):
            raise StoreUnavailable(
                "the database was written by an older mailpixel and is read-only; let its owner run a command once"
            )


def _apply(db: Admin, steps: Migrations) -> None:
    refuse_newer(db, steps)
    if not steps.pending(db):
        return
    db.conn.execute("begin immediate")
    try:
        steps.apply(db)
        refuse_newer(db, steps)
    except BaseException:
        db.conn.rollback()
        raise
    db.conn.commit()


def refuse_newer(db: Admin, steps: Migrations = STEPS) -> None:
    """Raises `StoreUnavailable` when a newer mailpixel wrote the database."""
    known = {step.name for step in steps.pending(Admin(memory=True, execute_plugins=False))}
    unknown = sorted({step.name for step in steps.applied(db)} - known)
    if unknown:
        raise StoreUnavailable(
            f"the database was written by a newer mailpixel (step {unknown[-1]}); update this one to use it"
        )


def _set_wal(connection: sqlite3.Connection, busy_ms: int) -> None:
    """Switch the file to the write-ahead log. SQLite does not wait for other processes here, so we do."""
    deadline = time.monotonic() + busy_ms / 1000
    while True:
        try:
            connection.execute("pragma journal_mode = wal").fetchall()
            return
        except sqlite3.OperationalError as error:
            if code_of(error) != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(PAUSE_S)
