"""A campaign's states replaced as a whole while the fold goes on.

The new states are put onto a shelf of their own, a part at a time, so that nobody waits. What the live fold
folded meanwhile is judged again and put there too, round by round, until little is left; the last round and
the exchange of the shelves are one short transaction. Killed at any moment, the old shelf is live and whole,
or the new one is.
"""

import sqlite3
from collections.abc import Callable, Iterable
from itertools import islice

from mailpixel.errors import Conflict
from mailpixel.model import Message
from mailpixel.store.log import PutAside
from mailpixel.store.measures import Tally
from mailpixel.store.projections import Folded, MessageState
from mailpixel.store.sqlite.aside import keep_aside
from mailpixel.store.sqlite.counters import move_counters
from mailpixel.store.sqlite.cursor import Cursor, read_cursor, write_cursor
from mailpixel.store.sqlite.database import Database
from mailpixel.store.sqlite.events import EventLog
from mailpixel.store.sqlite.generations import (
    LEFT,
    leave_unfinished,
    new_shelf,
    put_states,
    states_of,
    sweep_left,
)
from mailpixel.store.sqlite.persons import note_campaign

PART = 5_000
"""States put in one transaction."""

FEW = 200
"""Messages judged within the transaction that exchanges the shelves."""

ROUNDS = 100
"""Rounds of catching up before the exchange takes whatever is left."""

FOLDED_SINCE = """
    select distinct recipient from events
    where position > ? and position <= ? and campaign = ? order by recipient
"""


class Replacement:
    """One replacement of one campaign's states."""

    def __init__(self, database: Database, log: EventLog, campaign: str, since: str) -> None:
        self._database = database
        self._log = log
        self._campaign = campaign
        self._since = Cursor.parse(since)
        self._tally = Tally()
        self._aside: dict[str, PutAside] = {}
        self._shelf = 0

    def run(self, states: Iterable[Folded], fold: Callable[[Message], Folded]) -> None:
        """Replace. Raises `Conflict` when a person was erased or another replacement of the campaign began."""
        self._begin()
        rest = iter(states)
        while part := list(islice(rest, PART)):
            with self._database.writing() as connection:
                self._put(connection, part, again=False)
        for _ in range(ROUNDS):
            if self._catch_up(fold) <= FEW:
                break
        with self._database.writing() as connection:
            self._put(connection, self._folded_meanwhile(connection, fold))
            self._exchange(connection)
        sweep_left(self._database)

    def _begin(self) -> None:
        with self._database.writing() as connection:
            if read_cursor(connection).erasures != self._since.erasures:
                raise Conflict("a person was erased meanwhile; start over")
            leave_unfinished(connection, self._campaign)
            self._shelf = new_shelf(connection, self._campaign, live=False)
        sweep_left(self._database)

    def _put(self, connection: sqlite3.Connection, folded: Iterable[Folded], again: bool = True) -> None:
        """Put states onto the shelf; `again` when some of them may stand there already."""
        filling = "select 1 from shelves where id = ? and live = 0"
        if connection.execute(filling, (self._shelf,)).fetchone() is None:
            raise Conflict("a person was erased or another rebuild began meanwhile; start over")
        newest: dict[str, MessageState] = {}
        for each in folded:
            if isinstance(each, PutAside):
                self._aside[each.recipient] = each
            else:
                newest[each.recipient] = each
                self._aside.pop(each.recipient, None)
        formers = states_of(connection, self._shelf, self._campaign, list(newest)) if again else []
        for former in formers:
            self._tally.add(former, -1)
        put_states(connection, self._shelf, newest.values(), self._tally)
        note_campaign(connection, self._campaign, newest)

    def _catch_up(self, fold: Callable[[Message], Folded]) -> int:
        """One round; returns how many messages it judged."""
        with self._database.reading() as connection:
            states = self._folded_meanwhile(connection, fold)
        for start in range(0, len(states), PART):
            with self._database.writing() as connection:
                self._put(connection, states[start : start + PART])
        return len(states)

    def _folded_meanwhile(
        self, connection: sqlite3.Connection, fold: Callable[[Message], Folded]
    ) -> list[Folded]:
        """The messages that the live fold has folded since the last round, judged anew."""
        now = read_cursor(connection)
        found = connection.execute(
            FOLDED_SINCE, (self._since.position, now.position, self._campaign)
        ).fetchall()
        self._since = now
        messages = (self._readable(connection, recipient) for (recipient,) in found)
        return [each if isinstance(each, PutAside) else fold(each) for each in messages]

    def _readable(self, connection: sqlite3.Connection, recipient: str) -> Message | PutAside:
        """A message as this transaction sees it, put aside when it cannot be read."""
        try:
            return self._log.message_in(connection, self._campaign, recipient)
        except Exception as error:
            return PutAside(self._campaign, recipient, type(error).__name__)

    def _exchange(self, connection: sqlite3.Connection) -> None:
        move_counters(connection, self._shelf, self._tally.counts())
        connection.execute(
            "update shelves set live = ? where campaign = ? and live = 1", (LEFT, self._campaign)
        )
        connection.execute("update shelves set live = 1 where id = ?", (self._shelf,))
        connection.execute("delete from aside where campaign = ?", (self._campaign,))
        keep_aside(connection, self._aside.values())
        note_campaign(connection, self._campaign, self._aside)
        cursor = read_cursor(connection)
        write_cursor(connection, cursor._replace(replacements=cursor.replacements + 1))
