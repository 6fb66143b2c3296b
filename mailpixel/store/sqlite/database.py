"""One SQLite file used by several processes at once: connections, transactions, and SQLite's errors as ours.

Every thread has its own connection. It is opened on first use and kept, because opening one costs more than
most queries. A forked process opens its own. Writers begin with the write lock and wait for each other for
`busy_ms`. Readers see one moment and never wait. Only `make_file` creates a file.

A user who may only read the file, or has it on a read-only disk, can still read it. SQLite needs the
index of the write-ahead log beside the file for that. Where the index is missing and cannot be
created, no one is writing. Then the file is read as it is, without locks, and the answer is discarded
if someone began to write meanwhile.
"""

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from weakref import WeakSet

from mailpixel.errors import StoreUnavailable
from mailpixel.files import Stamp, stamp_of

BUSY_MS = 5_000
"""How long a writer waits for the others before it gives up, in milliseconds."""

CACHED_STATEMENTS = 128
KEEP_NO_COPY = (
    "pragma secure_delete = on",  # deleted content is overwritten, not only unlinked
    "pragma temp_store = memory",  # no temporary file keeps a copy of what was sorted
)
"""What every connection sets, also one that changes the schema."""
OVERWRITES = 1
"""What SQLite says of `secure_delete` when it is on; 2 is the fast way, which leaves free pages as they are."""
PRAGMAS = (
    "pragma journal_mode = wal",
    "pragma synchronous = full",
    "pragma foreign_keys = on",
    *KEEP_NO_COPY,
    "pragma journal_size_limit = 67108864",
    "pragma mmap_size = 0",  # a mapped file that is truncated, or on a failing disk, would kill the process
)

# Source: https://www.sqlite.org/rescode.html, November 2026. Primary codes only.
REFUSALS = {
    sqlite3.SQLITE_BUSY: "is locked by another process; stop the program that holds it",
    sqlite3.SQLITE_LOCKED: "is locked by this process; try again",
    sqlite3.SQLITE_READONLY: "is read-only; make the file and its folder writable for this user",
    sqlite3.SQLITE_PERM: "denies permission; make the file and its folder writable for this user",
    sqlite3.SQLITE_IOERR: "cannot be read or written; check the disk",
    sqlite3.SQLITE_FULL: "cannot grow, the disk is full; free some space",
    sqlite3.SQLITE_CANTOPEN: "cannot be opened; check the folder and its permissions",
    sqlite3.SQLITE_CORRUPT: "is damaged; restore it from a backup",
    sqlite3.SQLITE_NOTADB: "is not a SQLite database; check the data folder",
    sqlite3.SQLITE_NOMEM: "ran out of memory; try again",
    sqlite3.SQLITE_PROTOCOL: "is locked by another process; stop the program that holds it",
}


WRITE_PROTECTED = frozenset({sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM})
"""SQLite's errors for a file that may only be read."""
MOVED = (
    "the database files were removed or replaced while they were in use; stop the service, put the right files "
    "in place, and start it again"
)


class Connection(sqlite3.Connection):
    """A connection that can be listed without being kept alive.

    `files` are the inodes of the file and its write-ahead log when it was opened. `frozen` is the state of
    both where the file is read as it is, without locks; otherwise None. `counts_seen` belongs to
    `mailpixel.store.sqlite.changes`.
    """

    files: tuple[int, int] = (0, 0)
    counts_seen: tuple[tuple[int, int], int] | None = None
    frozen: tuple[Stamp | None, Stamp | None] | None = None


def make_file(path: Path) -> None:
    """Create an empty file for its owner only, if there is none. SQLite gives its log the same rights.

    Raises `OSError`.
    """
    with suppress(FileExistsError):
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        os.fchmod(descriptor, 0o600)  # regardless of the umask
        os.close(descriptor)


def connect(path: Path, mode: str, busy_ms: int) -> Connection:
    """A connection to an existing file. `mode` is `rw`, `ro`, or `ro&immutable=1` to read without locks."""
    return sqlite3.connect(
        f"{path.absolute().as_uri()}?mode={mode}",
        timeout=busy_ms / 1000,
        isolation_level=None,
        check_same_thread=False,  # only for `close`
        cached_statements=CACHED_STATEMENTS,
        factory=Connection,
        uri=True,
    )


def connect_frozen(path: Path, busy_ms: int, refusal: sqlite3.DatabaseError) -> Connection:
    """A connection that reads the file as it is, if no one can be writing it; otherwise raises `refusal`."""
    stamps = stamps_of(path)
    file, log = stamps
    if code_of(refusal) not in WRITE_PROTECTED or file is None or (log is not None and log.size_bytes):
        raise refusal
    connection = connect(path, "ro&immutable=1", busy_ms)
    connection.frozen = stamps
    return connection


def stamps_of(path: Path) -> tuple[Stamp | None, Stamp | None]:
    """The states of a file and of its write-ahead log."""
    return stamp_of(path), stamp_of(path.with_name(path.name + "-wal"))


def code_of(error: sqlite3.DatabaseError) -> int:
    """SQLite's primary code of an error; 0 for an error of the Python module itself."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


def bound_page_caches(size_bytes: int) -> None:
    """Bound what all connections of this process keep of their files in memory. SQLite's own bound is 2 MB for each."""
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute(f"pragma soft_heap_limit = {size_bytes:d}").fetchall()


class Database:
    """The connections to one file. Threads may share it. Pickled, it is the path."""

    def __init__(self, path: Path | str, busy_ms: int = BUSY_MS) -> None:
        self.path = Path(path)
        self.busy_ms = busy_ms
        self._of_thread = threading.local()
        self._lock = threading.Lock()
        self._open: WeakSet[Connection] = WeakSet()
        self._lost: set[tuple[int, int]] = (
            set()
        )  # files that were not in place when their connection was dropped

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
            self._thaw(connection)

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """A transaction that holds the write lock: the whole block takes effect, or nothing does.

        Raises `StoreUnavailable`.
        """
        with self._refusals():
            connection = self._begun()
            try:
                yield connection
            except BaseException:
                connection.rollback()
                raise
            connection.commit()

    @contextmanager
    def jotting(self) -> Iterator[sqlite3.Connection]:
        """A transaction that does not wait for the disk and may be lost in a power cut; otherwise like `writing`."""
        with self._refusals():
            self._connection().execute("pragma synchronous = normal")
            try:
                with self.writing() as connection:
                    yield connection
            finally:
                self._connection().execute("pragma synchronous = full")

    @contextmanager
    def at_once(self) -> Iterator[Connection]:
        """A connection for a single statement, which is its own transaction. Raises `StoreUnavailable`."""
        with self._refusals():
            connection = self._connection()
            yield connection
            self._thaw(connection)

    def overwrites(self) -> bool:
        """Whether this thread's connection overwrites what it deletes, as SQLite says. Raises `StoreUnavailable`."""
        with self.at_once() as connection:
            return bool(connection.execute("pragma secure_delete").fetchone()[0] == OVERWRITES)

    def check_in_place(self) -> None:
        """Raises `StoreUnavailable` when the open files are no longer the ones in the data folder.

        Nor the files of a connection that an error ended: its successor has opened whatever is there now.
        """
        here = _inodes(self.path)
        with self._lock:
            self._lost.discard(here)
            opened = {connection.files for connection in self._open if connection.frozen is None}
            opened |= self._lost
        if any(files != here for files in opened):
            raise StoreUnavailable(MOVED)

    def rewrite(self) -> None:
        """Write the whole file again, without former content. Raises `StoreUnavailable`.

        No one else can write meanwhile, and it needs free space of the file's size.
        """
        with self.at_once() as connection:
            connection.execute("vacuum")

    def truncate_log(self, wait: bool = True) -> bool:
        """Empty the write-ahead log into the file, so that it keeps no former content.

        Returns False when readers prevented it for `busy_ms`, or now if it must not `wait`: writers wait, too.
        """
        with self._refusals():
            connection = self._connection()
            connection.execute(f"pragma busy_timeout = {self.busy_ms if wait else 0:d}").fetchall()
            try:
                (row,) = connection.execute("pragma wal_checkpoint(truncate)").fetchall()
            finally:
                connection.execute(f"pragma busy_timeout = {self.busy_ms:d}").fetchall()
            return bool(row[0] == 0)

    def close(self) -> None:
        """Close the connections of all threads. No thread may be using one."""
        with self._lock:
            connections = list(self._open)
            self._open.clear()
            self._lost.clear()
        for connection in connections:
            connection.close()
        self._of_thread = threading.local()

    def _connection(self) -> Connection:
        held: tuple[int, Connection] | None = getattr(self._of_thread, "held", None)
        if held is not None and held[0] == os.getpid():
            return held[1]
        connection = self._connect()
        self._of_thread.held = (os.getpid(), connection)
        with self._lock:
            self._open.add(connection)
        return connection

    def _connect(self) -> Connection:
        connection = connect(self.path, "rw", self.busy_ms)
        try:
            for pragma in PRAGMAS:
                connection.execute(pragma).fetchall()
        except sqlite3.DatabaseError as error:
            connection.close()
            return connect_frozen(self.path, self.busy_ms, error)
        except BaseException:
            connection.close()
            raise
        connection.files = _inodes(self.path)
        return connection

    def _begun(self) -> Connection:
        """A connection that holds the write lock. One that was opened read-only is opened again."""
        connection = self._connection()
        try:
            connection.execute("begin immediate")
        except sqlite3.OperationalError as error:
            if code_of(error) not in WRITE_PROTECTED:
                raise
            self._drop()
            connection = self._connection()
            connection.execute("begin immediate")
        return connection

    def _thaw(self, connection: Connection) -> None:
        """Drop a connection that reads without locks once someone may write. Refuse what was read meanwhile."""
        if connection.frozen is None:
            return
        self._drop()
        if stamps_of(self.path) != connection.frozen:
            raise StoreUnavailable("the database changed while it was read; run the command again")

    @contextmanager
    def _refusals(self) -> Iterator[None]:
        """Turn SQLite's errors into `StoreUnavailable`. The connection is dropped; the next call opens a new one."""
        try:
            yield
        except sqlite3.DatabaseError as error:
            self._drop()
            reason = REFUSALS.get(code_of(error))
            if reason is None:
                raise
            raise StoreUnavailable(f"the database {reason}") from error

    def _drop(self) -> None:
        held = getattr(self._of_thread, "held", None)
        self._of_thread.held = None
        if held is not None and held[0] == os.getpid():
            self._note_lost(held[1])
            held[1].close()

    def _note_lost(self, connection: Connection) -> None:
        if connection.frozen is None and connection.files != _inodes(self.path):
            with self._lock:
                self._lost.add(connection.files)


def _inodes(path: Path) -> tuple[int, int]:
    """The inodes of the file and its write-ahead log; 0 for a missing one, and for a log that was emptied."""
    file, log = stamps_of(path)
    return file.inode if file and file.size_bytes else 0, log.inode if log else 0
