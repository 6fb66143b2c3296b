"""Writes the log of events in SQLite: appended in groups, or expanded from the spool."""

import sqlite3
from collections.abc import Mapping, Sequence

from mailpixel.kinds import EventKind
from mailpixel.model import Event, Facts, Network
from mailpixel.site_model import is_of_site
from mailpixel.store.event_check import check_event
from mailpixel.store.evidence_bound import EvidenceBound
from mailpixel.store.expansion import Expansion
from mailpixel.store.log import Overflow
from mailpixel.store.sqlite.agents import is_gone
from mailpixel.store.sqlite.appending import LARGEST, insert, insert_at_once, insert_of_sites
from mailpixel.store.sqlite.changes import note_changed
from mailpixel.store.sqlite.database import Database
from mailpixel.store.sqlite.expansion import move_cursors
from mailpixel.store.sqlite.network_entries import NetworkNumbers, intern_networks
from mailpixel.store.sqlite.rows import AgentNumbers, intern_agents, known_agents, to_row, to_site_row
from mailpixel.store.sqlite.tombstones import kept_events, kept_overflow

BLANK = Event(bytes(16), EventKind.OPEN, 0, "GET", "", "", Facts.NONE, "", "")
"""The row that is written and deleted again."""

Numbers = tuple[Mapping[str, int], Mapping[Network | None, int | None]]
"""Numbers of agents and of networks."""

HAS_EVENTS = "select 1 from events where campaign = ? and recipient = ? limit 1"
RAISE_OVERFLOW = """
    insert into overflow values (?, ?, ?, ?, ?)
    on conflict (campaign, recipient, day, edge) do update set hits = max(hits, excluded.hits)
"""


class LogWriter:
    """Appends events. Any thread may call it."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._numbers = AgentNumbers()
        self._networks = NetworkNumbers()
        self._evidence = EvidenceBound()

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
            evidence = self._evidence.fitting(_of_known_messages(connection, expansion.evidence))
            _append_evidence(connection, evidence)
            _raise_overflow(connection, expansion.overflow)
        self._evidence.wrote(evidence)
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
            known = self._evidence.fitting(_of_known_messages(connection, hits))
        if known:
            with self._database.writing() as connection:
                _append_evidence(connection, _of_known_messages(connection, known))
            self._evidence.wrote(known)
        return len(known)

    def raise_overflow(self, overflow: Sequence[Overflow]) -> None:
        """Raise the counts past the cap."""
        with self._database.writing() as connection:
            _raise_overflow(connection, overflow)


def _of_known_messages(connection: sqlite3.Connection, hits: Sequence[Event]) -> list[Event]:
    """The hits whose messages have events."""
    return [hit for hit in hits if connection.execute(HAS_EVENTS, (hit.campaign, hit.recipient)).fetchone()]


def _append_evidence(connection: sqlite3.Connection, hits: Sequence[Event]) -> None:
    """Append hits with a broken signature on known messages, in this transaction."""
    kept = kept_events(connection, hits)
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
