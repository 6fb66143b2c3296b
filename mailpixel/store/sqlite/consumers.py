"""The consumers of a SQLite log, each with its position by name."""

import sqlite3
from itertools import takewhile

from mailpixel.store.consumers import Entry, News, Part, Settled, Waiting, position_name
from mailpixel.store.sqlite.cursor import Cursor, read_cursor, read_position, write_position
from mailpixel.store.sqlite.database import Database
from mailpixel.store.sqlite.events import EventLog

NEXT = "select position, id, campaign, recipient from events where position > ? order by position limit ?"


class SqliteConsumer:
    """A `Consumer` of a log."""

    def __init__(self, database: Database, log: EventLog, name: str, part: Part) -> None:
        self._database = database
        self._log = log
        self._part = part
        self._name = position_name(name, part)

    def news(self, limit: int) -> News:
        """See `Consumer`."""
        with self._database.reading() as connection:
            since = read_cursor(connection, self._name)
        position, named = self._log.named_after(since.position, limit)
        mine = [row for row in named if self._part.has(row[0], row[1])]
        return News(str(since), str(since._replace(position=position)), self._log.named(mine))

    def done(self, position: str) -> None:
        """See `Consumer`."""
        cursor = Cursor.parse(position)
        with self._database.jotting() as connection:
            write_position(connection, self._name, cursor.position)

    def position(self) -> str:
        """See `Consumer`."""
        with self._database.reading() as connection:
            return str(Cursor(read_position(connection, self._name)))

    def settled(self, after: str, until_ms: int, limit: int) -> Settled:
        """See `Consumer`."""
        with self._database.reading() as connection:
            rows = connection.execute(NEXT, (Cursor.parse(after).position, limit)).fetchall()
        settled = list(takewhile(lambda row: int.from_bytes(row[1][:6], "big") <= until_ms, rows))
        entries = [Entry(str(Cursor(position)), *rest) for position, *rest in settled]
        keys = dict.fromkeys((entry.campaign, entry.recipient) for entry in entries)
        return Settled(entries, list(self._log.named(list(keys))))

    def waiting(self) -> Waiting:
        """See `Consumer`. The number is the span of positions, so nothing has to be counted."""
        with self._database.reading() as connection:
            return waiting_after(connection, read_position(connection, self._name))


def position_at(connection: sqlite3.Connection, moment_ms: int | None) -> str:
    """The last position before every event received from this moment on; None: the end of the log."""
    (last,) = connection.execute("select max(position) from events").fetchone()
    if moment_ms is None:
        return str(Cursor(last or 0))
    first_id = max(moment_ms, 0).to_bytes(6, "big")
    (first,) = connection.execute("select min(+position) from events where id >= ?", (first_id,)).fetchone()
    return str(Cursor((last or 0) if first is None else first - 1))


def waiting_after(connection: sqlite3.Connection, position: int) -> Waiting:
    """What was logged after a position."""
    first = connection.execute(
        "select id from events where position > ? order by position limit 1", (position,)
    ).fetchone()
    if first is None:
        return Waiting()
    (last,) = connection.execute("select max(position) from events").fetchone()
    return Waiting(last - position, int.from_bytes(first[0][:6], "big"))
