"""One SQLite file, used by several processes at once: connections, transactions, and its refusals as our
errors.

Every thread has a connection of its own, opened on first use and kept, since opening one costs more than most
questions. A process that was forked opens its own. Writers begin with the write lock and wait for each other
for `busy_ms`; readers see one moment and never wait.
"""

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from weakref import WeakSet

from mailpixel.errors import StoreUnavailable

BUSY_MS = 5_000
"""How long a writer waits for the others before it gives up."""

CACHED_STATEMENTS = 128
PRAGMAS = (
    "pragma journal_mode = wal",
    "pragma synchronous = full",
    "pragma foreign_keys = on",
    "pragma secure_delete = on",  # what is replaced or erased is overwritten, not only unlinked
    "pragma journal_size_limit = 67108864",
    "pragma mmap_size = 1073741824",  # all connections of a machine share the pages the system keeps anyway
)

# Source: https://www.sqlite.org/rescode.html, November 2026. Primary codes only.
REFUSALS = {
    sqlite3.SQLITE_BUSY: "is locked by another process; end what holds it",
    sqlite3.SQLITE_LOCKED: "is locked by this process; try again",
    sqlite3.SQLITE_READONLY: "is read-only; give this user the right to write the file and its folder",
    sqlite3.SQLITE_PERM: "may not be used; give this user the right to write the file and its folder",
    sqlite3.SQLITE_IOERR: "cannot be read or written; look at the disk",
    sqlite3.SQLITE_FULL: "cannot grow, the disk is full; make room",
    sqlite3.SQLITE_CANTOPEN: "cannot be opened; look at the folder and its rights",
    sqlite3.SQLITE_CORRUPT: "is damaged; restore it from a copy",
    sqlite3.SQLITE_NOTADB: "is no SQLite database; check the data folder",
    sqlite3.SQLITE_NOMEM: "got no memory; try again",
    sqlite3.SQLITE_PROTOCOL: "is locked by another process; end what holds it",
}


class Connection(sqlite3.Connection):
    """A connection that can be listed without being kept alive."""


class Database:
    """The connections to one file. Safe to share between threads; pickled, it is the path."""

    def __init__(self, path: Path | str, busy_ms: int = BUSY_MS) -> None:
        self.path = Path(path)
        self.busy_ms = busy_ms
        self._of_thread = threading.local()
        self._lock = threading.Lock()
        self._open: WeakSet[Connection] = WeakSet()

    def __reduce__(self) -> tuple[type["Database"], tuple[Path, int]]:
        return Database, (self.path, self.busy_ms)

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A connection that sees one moment until the block ends. Raises `StoreUnavailable`."""
        with self._refusals():
            connection = self._connection()
            connection.execute("begin")
            try:
                yield connection
            finally:
                connection.rollback()

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """A transaction that holds the write lock: all of the block, or nothing. Raises
        `StoreUnavailable`."""
        with self._refusals():
            connection = self._connection()
            connection.execute("begin immediate")
            try:
                yield connection
            except BaseException:
                connection.rollback()
                raise
            connection.commit()

    @contextmanager
    def at_once(self) -> Iterator[sqlite3.Connection]:
        """A connection for a single statement, which is a transaction of its own. Raises
        `StoreUnavailable`."""
        with self._refusals():
            yield self._connection()

    def truncate_log(self) -> None:
        """Empty the write-ahead log into the file, as far as readers allow, so that it keeps no former
        content."""
        with self._refusals():
            self._connection().execute("pragma wal_checkpoint(truncate)").fetchall()

    def close(self) -> None:
        """Close the connections of all threads; no thread may be at work."""
        with self._lock:
            connections = list(self._open)
            self._open.clear()
        for connection in connections:
            connection.close()
        self._of_thread = threading.local()

    def _connection(self) -> sqlite3.Connection:
        held: tuple[int, Connection] | None = getattr(self._of_thread, "held", None)
        if held is not None and held[0] == os.getpid():
            return held[1]
        connection = self._connect()
        self._of_thread.held = (os.getpid(), connection)
        with self._lock:
            self._open.add(connection)
        return connection

    def _connect(self) -> Connection:
        connection = sqlite3.connect(
            self.path,
            timeout=self.busy_ms / 1000,
            isolation_level=None,
            check_same_thread=False,  # for `close` alone
            cached_statements=CACHED_STATEMENTS,
            factory=Connection,
        )
        try:
            for pragma in PRAGMAS:
                connection.execute(pragma).fetchall()
        except BaseException:
            connection.close()
            raise
        return connection

    @contextmanager
    def _refusals(self) -> Iterator[None]:
        """SQLite's refusals as `StoreUnavailable`. The connection is dropped: the next call begins afresh."""
        try:
            yield
        except sqlite3.DatabaseError as error:
            self._drop()
            reason = REFUSALS.get(getattr(error, "sqlite_errorcode", 0) & 0xFF)
            if reason is None:
                raise
            raise StoreUnavailable(f"the database {reason}") from error

    def _drop(self) -> None:
        held = getattr(self._of_thread, "held", None)
        self._of_thread.held = None
        if held is not None and held[0] == os.getpid():
            held[1].close()
