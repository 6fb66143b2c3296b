"""The log of events in SQLite, read by whole messages. `log_writer` writes it, `log_news` follows it."""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import chain, pairwise
from operator import attrgetter, itemgetter

from mailpixel.errors import StoreUnavailable
from mailpixel.model import Event, Message
from mailpixel.store.log import PutAside
from mailpixel.store.sqlite.database import Database
from mailpixel.store.sqlite.persons import CAMPAIGNS, campaigns_of_all
from mailpixel.store.sqlite.rows import READ, SqlRow, Texts, to_event

Name = tuple[str, str]
"""Campaign and recipient of a message."""

KEYS = 64
"""Messages read by one statement."""

FETCHED = 2_000
"""Rows held at a time while they become events."""

PAGE = 65_536
"""Events read at a time when a whole campaign is judged again."""
FIRST_PAGE, LATER_PAGE = 250, 2_000
"""Events in the first and in later pages of `messages`. Its caller may be slow, and a
page stays in memory meanwhile."""

OF_MESSAGE = f"select {READ} from events e where e.campaign = ? and e.recipient = ?"  # noqa: S608
BETWEEN = f"select {READ} from events e where e.position > ? and e.position <= ? order by e.position"  # noqa: S608
LATEST = f"select {READ} from events e where e.position > 0 order by e.position desc limit ?"  # noqa: S608
# In the order of the log, because a page of the file is then read once: of 2,000,000 events, 60,000 of neighbouring
# recipients took 3.7 us each, and 5.3 in the order of recipients.
OF_PAGE = f"""
    select {READ} from events e where e.position in (
        select position from events where campaign = ? and recipient > ? and recipient <= ?
        order by recipient limit ?
    ) order by e.position
"""  # noqa: S608
NAMES = """
    select distinct recipient from events
    where campaign = ? and recipient > ? and recipient <= ? order by recipient limit ?
"""
RANGE_END = """
    select recipient from events where campaign = ? and recipient > ? order by recipient limit 1 offset ?
"""
LAST = "\U0010ffff"
"""Sorts behind every recipient."""


class EventLog:
    """Reads events by message. Any thread may call it."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._texts = Texts()

    def latest(self, limit: int) -> Sequence[Event]:
        """The last events, newest first, without those that cannot be read."""
        with self._database.reading() as connection:
            rows = connection.execute(LATEST, (limit,)).fetchall()
            self._texts.load(connection, rows)
        return [event for row in rows if (event := self._event(row)) is not None]

    def _event(self, row: SqlRow) -> Event | None:
        """The event of a row; None when it cannot be read. The fold puts its message aside and reports it."""
        try:
            return to_event(row, self._texts)
        except Exception:
            return None

    def between(self, since: int, until: int) -> dict[Name, list[Event]]:
        """The events at the positions after `since`, up to and including `until`, by message in order of id.

        Raises any error for a row that cannot be read.
        """
        found: dict[Name, list[Event]] = {}
        with self._database.reading() as connection:
            rows = connection.execute(BETWEEN, (since, until))
            while page := rows.fetchmany(FETCHED):
                self._gather(connection, page, found)
        _sort(found)
        return found

    def named(self, named: Sequence[SqlRow]) -> Iterator[Message | PutAside]:
        """Stream the messages whose names these rows begin with. One that cannot be read is a `PutAside`."""
        for start in range(0, len(named), KEYS):
            yield from self._readable(named[start : start + KEYS])

    def _readable(self, named: Sequence[SqlRow]) -> Sequence[Message | PutAside]:
        """The messages whose names these rows begin with.

        If they cannot be read together they are read one by one, and one that cannot be read is a `PutAside`.
        """
        try:
            with self._database.reading() as connection:
                return self._messages(connection, _rows_of(connection, named))
        except StoreUnavailable:
            raise
        except Exception as error:
            if len(named) == 1:
                return [PutAside(named[0][0], named[0][1], type(error).__name__)]
            return [each for one in named for each in self._readable([one])]

    def campaigns(self) -> Sequence[str]:
        """The campaigns that have events, in order."""
        with self._database.reading() as connection:
            return self.campaigns_in(connection)

    def campaigns_in(self, connection: sqlite3.Connection) -> Sequence[str]:
        """The campaigns that have events, as this transaction sees them."""
        return [campaign for (campaign,) in connection.execute(CAMPAIGNS)]

    def ranges(self, campaign: str, events: int) -> Sequence[tuple[str, str]]:
        """Ranges (after, until] of recipients, each with about this number of events."""
        ends = [""]
        with self._database.reading() as connection:
            while found := connection.execute(RANGE_END, (campaign, ends[-1], events - 1)).fetchone():
                ends += found
            last = connection.execute("select max(recipient) from events where campaign = ?", (campaign,))
            (end,) = last.fetchone()
        if end is not None and end != ends[-1]:
            ends.append(end)
        return list(pairwise(ends))

    def messages(self, campaign: str, after: str, until: str | None) -> Iterator[Message]:
        """Whole messages in order of recipient, a page at a time, so that no reader delays the log for long.

        The first page is short, because a caller may read only a few messages.
        """
        end, size = LAST if until is None else until, FIRST_PAGE
        while page := self._page(campaign, after, end, size):
            yield from page
            after, size = page[-1].recipient, LATER_PAGE

    def messages_to_fold(self, campaign: str, after: str, until: str) -> Iterator[Message | PutAside]:
        """Like `messages`, but a message that cannot be read is a `PutAside`."""
        while page := self._page_to_fold(campaign, after, until):
            yield from page
            after = page[-1].recipient

    def message(self, campaign: str, recipient: str) -> Message:
        """One message."""
        with self._database.reading() as connection:
            return self.message_in(connection, campaign, recipient)

    def message_in(self, connection: sqlite3.Connection, campaign: str, recipient: str) -> Message:
        """One message as this transaction sees it."""
        rows = connection.execute(OF_MESSAGE, (campaign, recipient)).fetchall()
        return next(iter(self._messages(connection, rows)), Message(campaign, recipient, ()))

    def messages_in(
        self, connection: sqlite3.Connection, named: Sequence[tuple[str, str]]
    ) -> Mapping[tuple[str, str], Message]:
        """The messages that exist, by (campaign, recipient), as this transaction sees them."""
        keys = list(dict.fromkeys(named))
        parts = (keys[start : start + KEYS] for start in range(0, len(keys), KEYS))
        rows = [row for part in parts for row in _rows_of(connection, part)]
        return {
            (message.campaign, message.recipient): message for message in self._messages(connection, rows)
        }

    def people(self, recipients: Sequence[str]) -> Iterator[Message]:
        """All messages of these people."""
        with self._database.reading() as connection:
            found = campaigns_of_all(connection, recipients)
        for recipient, campaigns in found.items():
            for campaign in campaigns:
                message = self.message(campaign, recipient)
                if message.events:
                    yield message

    def _page_to_fold(self, campaign: str, after: str, until: str) -> Sequence[Message | PutAside]:
        try:
            return self._page(campaign, after, until)
        except StoreUnavailable:
            raise
        except Exception:
            with self._database.reading() as connection:
                found = connection.execute(NAMES, (campaign, after, until, KEYS)).fetchall()
            return self._readable([(campaign, recipient) for (recipient,) in found])

    def _page(self, campaign: str, after: str, until: str, size: int = PAGE) -> Sequence[Message]:
        with self._database.reading() as connection:
            rows = connection.execute(OF_PAGE, (campaign, after, until, size)).fetchall()
            if len(rows) == size:  # the last message may continue after the page
                cut = max(map(_recipient, rows))
                rows = [row for row in rows if row[1] != cut] or connection.execute(
                    OF_MESSAGE, (campaign, cut)
                ).fetchall()
            return sorted(self._messages(connection, rows), key=_of_message)

    def _messages(self, connection: sqlite3.Connection, rows: Sequence[SqlRow]) -> Sequence[Message]:
        """Group rows into messages, in order of their first row, with events in order of id."""
        found: dict[Name, list[Event]] = {}
        self._gather(connection, rows, found)
        _sort(found)
        return [Message(campaign, recipient, events) for (campaign, recipient), events in found.items()]

    def _gather(
        self, connection: sqlite3.Connection, rows: Sequence[SqlRow], found: dict[Name, list[Event]]
    ) -> None:
        """Add the events of rows to those of their messages."""
        texts = self._texts
        texts.load(connection, rows)
        for row in rows:
            events = found.get(key := row[:2])
            if events is None:
                found[key] = events = []
            events.append(to_event(row, texts))


def _sort(found: Mapping[Name, list[Event]]) -> None:
    """Put the events of each message in order of id."""
    for events in found.values():
        if len(events) > 1:
            events.sort(key=_by_id)


_by_id, _recipient, _of_message = attrgetter("id"), itemgetter(1), attrgetter("recipient")


@lru_cache(maxsize=KEYS)
def _select_of(keys: int) -> str:
    values = ", ".join(["(?, ?)"] * keys)
    return (
        f"select {READ} from (values {values}) as named"  # noqa: S608
        " cross join events e on e.campaign = named.column1 and e.recipient = named.column2"
    )


def _rows_of(connection: sqlite3.Connection, named: Sequence[SqlRow]) -> list[SqlRow]:
    """All events of these messages; `named` begins with campaign and recipient."""
    keys = list(chain.from_iterable(key[:2] for key in named))
    return connection.execute(_select_of(len(named)), keys).fetchall()
