"""A new generation of a campaign's states, filled while the fold continues with the former one.

The new states are stored a part at a time, so that others need not wait long. Events logged meanwhile, folded
or not, are judged and stored too, round by round, until few are left. The last round and the exchange of the
generations are one short transaction. If the process is killed at any moment, either the former generation or
the new one is live and complete. The tables are called shelf.
"""

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress

from mailpixel.errors import Conflict, StoreUnavailable
from mailpixel.model import Message
from mailpixel.store.log import PutAside
from mailpixel.store.measures import Tally
from mailpixel.store.projections import Counted, Folded, counted
from mailpixel.store.sqlite.aside import keep_aside
from mailpixel.store.sqlite.changes import note_changed
from mailpixel.store.sqlite.counters import drop_zeros, move_counters
from mailpixel.store.sqlite.cursor import read_cursor, write_cursor
from mailpixel.store.sqlite.database import Database
from mailpixel.store.sqlite.editions import REPLACE
from mailpixel.store.sqlite.events import EventLog
from mailpixel.store.sqlite.generations import (
    LEFT,
    leave_unfinished,
    new_generation,
    put_states,
    states_of,
    sweep_left,
)
from mailpixel.store.sqlite.kept import still_logged
from mailpixel.store.sqlite.persons import note_campaign
from mailpixel.store.sqlite.positions import last_position

PART = 5_000
"""States stored in one transaction."""

FEW = 200
"""Most messages judged within the transaction that exchanges the generations."""

ROUNDS = 100
"""Most rounds of catching up. After them the exchange takes whatever is left."""

LOGGED_SINCE = "select distinct recipient from events where position > ? and campaign = ? order by recipient"


class NewGeneration:
    """One new generation of one campaign."""

    def __init__(
        self,
        database: Database,
        log: EventLog,
        campaign: str,
        fold: Callable[[Message], Folded],
        edition: str = "",
    ) -> None:
        self._database = database
        self._log = log
        self._campaign = campaign
        self._fold = fold
        self._edition = edition
        self._tally = Tally()
        self._aside: dict[str, PutAside] = {}
        self._generation = 0
        self._highest = ""
        with database.reading() as connection:
            self._position = last_position(connection)
            self._erasures = read_cursor(connection).erasures

    @contextmanager
    def filled(self) -> Iterator["NewGeneration"]:
        """Fill it in the block. At the end it is completed and becomes live. Raises `Conflict`."""
        self._begin()
        try:
            yield self
            self._complete()
        except BaseException:
            with suppress(StoreUnavailable), self._database.writing() as connection:
                leave_unfinished(connection, self._generation)
            raise
        sweep_left(self._database)

    def put(self, states: Iterable[Folded]) -> None:
        """See `Generation`."""
        self.put_counted(counted(states))

    def put_counted(self, part: Counted) -> None:
        """See `Generation`."""
        for some in part.cut(PART):
            with self._database.writing() as connection:
                self._put(connection, some)
        self._tally.merge(part.total)

    def _begin(self) -> None:
        with self._database.writing() as connection:
            if read_cursor(connection).erasures != self._erasures:
                raise Conflict("a person was erased meanwhile; start over")
            leave_unfinished(connection, campaign=self._campaign)
            self._generation = new_generation(connection, self._campaign, live=False)
        sweep_left(self._database)

    def _complete(self) -> None:
        """Add what was logged meanwhile, and replace the former generation."""
        for _ in range(ROUNDS):
            if self._catch_up() <= FEW:
                break
        with self._database.writing() as connection:
            last = counted(self._logged_meanwhile(connection))
            self._put(connection, last)
            self._tally.merge(last.total)
            self._exchange(connection)

    def _put(self, connection: sqlite3.Connection, part: Counted) -> None:
        """Put states, whose total its caller adds to the tally, and take from that what does not stay."""
        filling = "select 1 from shelves where id = ? and live = 0"
        if connection.execute(filling, (self._generation,)).fetchone() is None:
            raise Conflict("a person was erased or another rebuild began meanwhile; start over")
        part = self._still_logged(connection, part)
        names = [state.recipient for state in part.states]
        may_be_there = [name for name in names if name <= self._highest]
        for former in states_of(connection, self._generation, self._campaign, may_be_there):
            self._tally.add(former, -1)
        put_states(connection, self._generation, part.states, part.shown)
        note_campaign(connection, self._campaign, names)
        self._highest = max([self._highest, *names])
        for name in names if self._aside else ():
            self._aside.pop(name, None)
        self._aside.update({each.recipient: each for each in part.aside})

    def _still_logged(self, connection: sqlite3.Connection, part: Counted) -> Counted:
        """Without what was read before retention removed it."""
        folded: list[Folded] = [*part.states, *part.aside]
        kept = still_logged(connection, folded)
        if len(kept) == len(folded):
            return part
        for state in part.states:
            self._tally.add(state, -1)
        rest = counted(kept)
        self._tally.merge(rest.total)
        return rest

    def _catch_up(self) -> int:
        """Do one round. Returns how many messages it judged."""
        with self._database.reading() as connection:
            states = self._logged_meanwhile(connection)
        self.put(states)
        return len(states)

    def _logged_meanwhile(self, connection: sqlite3.Connection) -> list[Folded]:
        """The messages with events logged since the last round, judged again."""
        found = connection.execute(LOGGED_SINCE, (self._position, self._campaign)).fetchall()
        self._position = last_position(connection)
        messages = (self._readable(connection, recipient) for (recipient,) in found)
        return [each if isinstance(each, PutAside) else self._fold(each) for each in messages]

    def _readable(self, connection: sqlite3.Connection, recipient: str) -> Message | PutAside:
        """A message as this transaction sees it, or put aside when it cannot be read."""
        try:
            return self._log.message_in(connection, self._campaign, recipient)
        except Exception as error:
            return PutAside(self._campaign, recipient, type(error).__name__)

    def _exchange(self, connection: sqlite3.Connection) -> None:
        move_counters(connection, self._generation, self._tally.counts())
        drop_zeros(connection, self._generation)
        connection.execute(
            "update shelves set live = ? where campaign = ? and live = 1", (LEFT, self._campaign)
        )
        connection.execute("update shelves set live = 1 where id = ?", (self._generation,))
        connection.execute("delete from aside where campaign = ?", (self._campaign,))
        keep_aside(connection, self._aside.values())
        note_campaign(connection, self._campaign, self._aside)
        if self._edition:
            connection.execute(REPLACE, (self._campaign, self._edition))
        note_changed(connection, [self._campaign])
        cursor = read_cursor(connection)
        write_cursor(connection, cursor._replace(replacements=cursor.replacements + 1))
