"""The consumers of a SQLite log, each with its position by name."""

import sqlite3
from itertools import takewhile

from mailpixel.site_model import MESSAGES, Cases, case_kind
from mailpixel.store.consumers import WHOLE, Entry, News, Part, Settled, Waiting, position_name
from mailpixel.store.projections import FOLD
from mailpixel.store.sqlite.cursor import Cursor, read_cursor, read_position, write_position
from mailpixel.store.sqlite.database import Database
from mailpixel.store.sqlite.events import EventLog
from mailpixel.store.sqlite.log_news import end_after, named_after, not_known
from mailpixel.store.sqlite.positions import MAIL, OF_MESSAGES, Range, last_position, range_of

NEXT = """
    select position, id, campaign, recipient from events
    where position > ? and position <= ? order by position limit ?
"""
FIRST = "select id from events where position > ? and position <= ? order by position limit 1"


class SqliteConsumer:
    """A `Consumer` of a log. Its cursors count positions from the beginning of the range of its cases."""

    def __init__(
        self, database: Database, log: EventLog, name: str, part: Part = WHOLE, cases: Cases = MESSAGES
    ) -> None:
        self._database = database
        self._log = log
        self._part = part
        self._cases = cases
        self._range = range_of(cases)
        self._name = position_name(name, part)

    def news(self, limit: int) -> News:
        """See `Consumer`."""
        with self._database.reading() as connection:
            since = read_cursor(connection, self._name)
        origin = self._range.origin
        begin = origin + since.position
        if self._name == FOLD:
            end = end_after(self._database, begin, limit)
            read = not_known(self._database, self._log, begin, end)
        else:
            end, named = named_after(self._database, begin, limit, self._range)
            read = self._log.named([row for row in named if self._is_asked_for(*row[:2])])
        return News(str(since), str(since._replace(position=end - origin)), read)

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
        origin, last = self._range
        with self._database.reading() as connection:
            rows = connection.execute(NEXT, (origin + Cursor.parse(after).position, last, limit)).fetchall()
        settled = takewhile(lambda row: int.from_bytes(row[1][:6], "big") <= until_ms, rows)
        entries = [Entry(str(Cursor(position - origin)), *rest) for position, *rest in settled]
        keys = dict.fromkeys((entry.campaign, entry.recipient) for entry in entries)
        return Settled(entries, list(self._log.named([key for key in keys if self._is_of_case(key[0])])))

    def waiting(self) -> Waiting:
        """See `Consumer`. The number is the span of positions, so nothing has to be counted."""
        with self._database.reading() as connection:
            return waiting_after(connection, read_position(connection, self._name), self._range)

    def _is_asked_for(self, campaign: str, recipient: str) -> bool:
        return self._part.has(campaign, recipient) and self._is_of_case(campaign)

    def _is_of_case(self, campaign: str) -> bool:
        return self._range is MAIL or case_kind(campaign) in self._cases


def position_at(connection: sqlite3.Connection, moment_ms: int | None) -> str:
    """The last position before every message's event received from this moment on; None: the end of the log."""
    last = last_position(connection)
    if moment_ms is None:
        return str(Cursor(last))
    first_id = max(moment_ms, 0).to_bytes(6, "big")
    asked = f"select min(+position) from events where id >= ? and {OF_MESSAGES}"  # noqa: S608
    (first,) = connection.execute(asked, (first_id,)).fetchone()
    return str(Cursor(last if first is None else first - 1))


def waiting_after(connection: sqlite3.Connection, position: int, within: Range = MAIL) -> Waiting:
    """What was logged after a position, which counts from the beginning of its range."""
    since = within.origin + position
    first = connection.execute(FIRST, (since, within.last)).fetchone()
    if first is None:
        return Waiting()
    return Waiting(last_position(connection, within) - since, int.from_bytes(first[0][:6], "big"))
