"""The consumers of a SQLite log, each with its position by name."""

import sqlite3

from mailpixel.store.consumers import News, Part, Waiting, position_name
from mailpixel.store.sqlite.cursor import Cursor, read_cursor, read_position, write_position
from mailpixel.store.sqlite.database import Database
from mailpixel.store.sqlite.events import EventLog


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
        with self._database.writing() as connection:
            write_position(connection, self._name, cursor.position)

    def waiting(self) -> Waiting:
        """See `Consumer`. The number is the span of positions, so nothing has to be counted."""
        with self._database.reading() as connection:
            return waiting_after(connection, read_position(connection, self._name))


def waiting_after(connection: sqlite3.Connection, position: int) -> Waiting:
    """What was logged after a position."""
    first = connection.execute(
        "select id from events where position > ? order by position limit 1", (position,)
    ).fetchone()
    if first is None:
        return Waiting()
    (last,) = connection.execute("select max(position) from events").fetchone()
    return Waiting(last - position, int.from_bytes(first[0][:6], "big"))
