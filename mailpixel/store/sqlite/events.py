"""The log of events in SQLite: appended in groups, read by whole messages."""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import chain, pairwise
from operator import attrgetter, itemgetter

from mailpixel.errors import StoreUnavailable
from mailpixel.kinds import EventKind
from mailpixel.model import Event, Facts, Message, Network
from mailpixel.site_model import is_of_site
from mailpixel.store.event_check import check_event
from mailpixel.store.expansion import Expansion
from mailpixel.store.log import Overflow, PutAside
from mailpixel.store.sqlite.agents import is_gone
from mailpixel.store.sqlite.appending import LARGEST, insert, insert_at_once, insert_of_sites
from mailpixel.store.sqlite.changes import note_changed
from mailpixel.store.sqlite.database import Database
from mailpixel.store.sqlite.expansion import move_cursors
from mailpixel.store.sqlite.network_entries import NetworkNumbers, intern_networks
from mailpixel.store.sqlite.persons import CAMPAIGNS, campaigns_of_all
from mailpixel.store.sqlite.positions import MAIL, Range
from mailpixel.store.sqlite.rows import (
    READ,
    AgentNumbers,
    SqlRow,
    Texts,
    intern_agents,
    known_agents,
    to_event,
    to_row,
    to_site_row,
)
from mailpixel.store.sqlite.tombstones import kept_events, kept_overflow

BLANK = Event(bytes(16), EventKind.OPEN, 0, "GET", "", "", Facts.NONE, "", "")
"""The row that is written and deleted again."""

Numbers = tuple[Mapping[str, int], Mapping[Network | None, int | None]]
"""Numbers of agents and of networks."""

KEYS = 64
"""Messages read by one statement."""

PAGE = 65_536
"""Events read at a time when a whole campaign is judged again."""
FIRST_PAGE, LATER_PAGE = 250, 2_000
"""Events in the first and in later pages of `messages`. Its caller may be slow, and a
page stays in memory meanwhile."""

HAS_EVENTS = "select 1 from events where campaign = ? and recipient = ? limit 1"
OF_MESSAGE = f"select {READ} from events e where e.campaign = ? and e.recipient = ?"  # noqa: S608
LATEST = f"select {READ} from events e where e.position > 0 order by e.position desc limit ?"  # noqa: S608
# In the order of the log, because a page of the file is then read once: of 2,000,000 events, 60,000 of neighbouring
# recipients took 3.7 us each, and 5.3 in the order of recipients.
OF_PAGE = f"""
    select {READ} from events e where e.position in (
        select position from events where campaign = ? and recipient > ? and recipient <= ?
        order by recipient limit ?
    ) order by e.position
"""  # noqa: S608
NEWS = """
    select campaign, recipient, max(position)
    from (
        select position, campaign, recipient from events
        where position > ? and position <= ? order by position limit ?
    )
    group by campaign, recipient
"""
# Of messages by name, those whose state does not know all their events. A state that does was judged after the last of
# them was logged, so what is news of it has been judged already. Many are, in a log that is long behind.
NOT_KNOWN = """
    select named.column1, named.column2 from (values {}) as named
    left join shelves h on h.campaign = named.column1 and h.live = 1
    left join states s on s.shelf = h.id and s.recipient = named.column2
    where s.known is null or s.known <> (
        select count(*) from events e where e.campaign = named.column1 and e.recipient = named.column2
    )
"""
NAMES = """
    select distinct recipient from events
    where campaign = ? and recipient > ? and recipient <= ? order by recipient limit ?
"""
RANGE_END = """
    select recipient from events where campaign = ? and recipient > ? order by recipient limit 1 offset ?
"""
RAISE_OVERFLOW = """
    insert into overflow values (?, ?, ?, ?, ?)
    on conflict (campaign, recipient, day, edge) do update set hits = max(hits, excluded.hits)
"""
LAST = "\U0010ffff"
"""Sorts behind every recipient."""


class EventLog:
    """Appends events and reads them by message."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._numbers = AgentNumbers()
        self._networks = NetworkNumbers()
        self._texts = Texts()

    def append(self, events: Sequence[Event]) -> None:
        """Write all events that no tombstone keeps out, or raise and write nothing."""
        for event in events:
            check_event(event)
        if not events:
            return
        try:
            self._append(events)
        except sqlite3.IntegrityError as error:
            if not is_gone(error):
                raise
            self._numbers = AgentNumbers()  # an unused agent was removed meanwhile
            self._append(events)

    def _append(self, events: Sequence[Event]) -> None:
        if is_of_site(events[0].campaign) and all(is_of_site(event.campaign) for event in events):
            if self._append_of_sites(events):
                return
        elif self._append_at_once(events):
            return
        with self._database.writing() as connection:
            new, named = self._append_in(connection, events)
        self._numbers.learn(new)
        self._networks.learn(named)

    def _append_in(self, connection: sqlite3.Connection, events: Sequence[Event]) -> Numbers:
        """Append in this transaction. Returns numbers to learn once it is committed."""
        kept = kept_events(connection, events)
        known, entries = self._numbers.known, self._networks.known
        new = intern_agents(connection, list({event.agent for event in kept if event.agent not in known}))
        named = intern_networks(connection, {event.network for event in kept if event.network not in entries})
        numbers, networks = {**known, **new}, {**entries, **named}
        of_sites = [event for event in kept if is_of_site(event.campaign)]
        messages = [event for event in kept if not is_of_site(event.campaign)] if of_sites else kept
        insert(
            connection, [to_row(event, numbers[event.agent], networks[event.network]) for event in messages]
        )
        insert_of_sites(
            connection,
            [to_site_row(event, numbers[event.agent], networks[event.network]) for event in of_sites],
        )
        return new, named

    def expand(self, expansion: Expansion) -> bool:
        """Append spooled events and move the cursors of their files."""
        for event in (*expansion.events, *expansion.evidence):
            check_event(event)
        try:
            return self._expand(expansion)
        except sqlite3.IntegrityError as error:
            if not is_gone(error):
                raise
            self._numbers = AgentNumbers()  # an unused agent was removed meanwhile
            return self._expand(expansion)

    def _expand(self, expansion: Expansion) -> bool:
        with self._database.writing() as connection:
            if not move_cursors(connection, expansion.moves):
                return False
            new, named = self._append_in(connection, expansion.events)
            _append_evidence(connection, expansion.evidence)
            _raise_overflow(connection, expansion.overflow)
        self._numbers.learn(new)
        self._networks.learn(named)
        return True

    def _append_of_sites(self, events: Sequence[Event]) -> bool:
        """Append where all events are of sites and nothing is new: no tombstone concerns them."""
        known, networks = self._numbers.known, self._networks.known
        try:
            rows = [to_site_row(event, known[event.agent], networks[event.network]) for event in events]
        except KeyError:  # a new agent or network
            return False
        with self._database.writing() as connection:
            insert_of_sites(connection, rows)
        return True

    def _append_at_once(self, events: Sequence[Event]) -> bool:
        """Append with one statement. For mail that nearly always works: nothing is new, no one was erased lately."""
        known, networks = self._numbers.known, self._networks.known
        if len(events) > LARGEST or any(is_of_site(event.campaign) for event in events):
            return False
        try:
            rows = [to_row(event, known[event.agent], networks[event.network]) for event in events]
        except KeyError:  # a new agent or network
            return False
        oldest_ms = min(event.received_at_ms for event in events)
        with self._database.at_once() as connection:
            return insert_at_once(connection, rows, oldest_ms)

    def append_blank(self) -> None:
        """Write a row and delete it in the same transaction."""
        with self._database.writing() as connection:
            number = intern_agents(connection, [BLANK.agent])[BLANK.agent]
            insert(connection, [to_row(BLANK, number, None)])
            connection.execute("delete from events where id = ?", (BLANK.id,))

    def append_evidence(self, hits: Sequence[Event]) -> int:
        """Write the hits whose messages have events. An unknown agent is stored as empty."""
        for hit in hits:
            check_event(hit)
        with self._database.reading() as connection:
            known = _of_known_messages(connection, hits)
        if known:
            with self._database.writing() as connection:
                _append_evidence(connection, known)
        return len(known)

    def raise_overflow(self, overflow: Sequence[Overflow]) -> None:
        """Raise the counts past the cap."""
        with self._database.writing() as connection:
            _raise_overflow(connection, overflow)

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

    def named_after(self, position: int, limit: int, within: Range = MAIL) -> tuple[int, Sequence[SqlRow]]:
        """The position of the last of the next `limit` events, and rows that begin with their messages' names."""
        with self._database.reading() as connection:
            named = connection.execute(NEWS, (position, within.last, limit)).fetchall()
        return max((last for _, _, last in named), default=position), named

    def not_known(self, named: Sequence[SqlRow]) -> Iterator[Message | PutAside]:
        """Stream those of the messages that `named` would whose live state does not know all their events."""
        for start in range(0, len(named), KEYS):
            part = named[start : start + KEYS]
            with self._database.reading() as connection:
                asked = list(chain.from_iterable(key[:2] for key in part))
                left = connection.execute(_not_known_of(len(part)), asked).fetchall()
            if left:
                yield from self._readable(left)

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
        texts = self._texts
        texts.load(connection, rows)
        found: dict[tuple[str, str], list[Event]] = {}
        for row in rows:
            events = found.get(key := row[:2])
            if events is None:
                found[key] = events = []
            events.append(to_event(row, texts))
        for events in found.values():
            if len(events) > 1:
                events.sort(key=_by_id)
        return [Message(campaign, recipient, events) for (campaign, recipient), events in found.items()]


def _of_known_messages(connection: sqlite3.Connection, hits: Sequence[Event]) -> list[Event]:
    """The hits whose messages have events."""
    return [hit for hit in hits if connection.execute(HAS_EVENTS, (hit.campaign, hit.recipient)).fetchone()]


def _append_evidence(connection: sqlite3.Connection, hits: Sequence[Event]) -> None:
    """Append hits with a broken signature, in this transaction."""
    kept = kept_events(connection, _of_known_messages(connection, hits))
    if not kept:
        return
    numbers = known_agents(connection, {hit.agent for hit in kept})
    networks = {None: None, **intern_networks(connection, {hit.network for hit in kept})}
    insert(connection, [to_row(hit, numbers[hit.agent], networks[hit.network]) for hit in kept])


def _raise_overflow(connection: sqlite3.Connection, overflow: Sequence[Overflow]) -> None:
    """Raise counts past the cap, in this transaction."""
    kept = kept_overflow(connection, overflow)
    rows = [(each.campaign, each.recipient, each.day, each.edge, each.hits) for each in kept]
    connection.executemany(RAISE_OVERFLOW, rows)
    note_changed(connection, (each.campaign for each in kept if not is_of_site(each.campaign)))


_by_id, _recipient, _of_message = attrgetter("id"), itemgetter(1), attrgetter("recipient")


@lru_cache(maxsize=KEYS)
def _select_of(keys: int) -> str:
    values = ", ".join(["(?, ?)"] * keys)
    return (
        f"select {READ} from (values {values}) as named"  # noqa: S608
        " cross join events e on e.campaign = named.column1 and e.recipient = named.column2"
    )


@lru_cache(maxsize=KEYS)
def _not_known_of(keys: int) -> str:
    return NOT_KNOWN.format(", ".join(["(?, ?)"] * keys))


def _rows_of(connection: sqlite3.Connection, named: Sequence[SqlRow]) -> list[SqlRow]:
    """All events of these messages; `named` begins with campaign and recipient."""
    keys = list(chain.from_iterable(key[:2] for key in named))
    return connection.execute(_select_of(len(named)), keys).fetchall()
