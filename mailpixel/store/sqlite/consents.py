"""The ledger of consent in a SQLite file.

What holds of a person is computed from their rows whenever one is added, and kept in `consent_now` with the revision
of the registry: whoever has a row in the ledger has one there. Large imports go in order of the people's keys, so
that a transaction touches few pages of the file.
"""

import sqlite3
import time
from array import array
from collections.abc import Iterable, Sequence
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple, cast

from mailpixel.modes import Consent, Statement
from mailpixel.store.consents import (
    CODES,
    CONSENTS,
    ERASURE,
    OWN_METHODS,
    STATEMENTS,
    ConsentNews,
    Decision,
    Kept,
    Line,
    Said,
    Taken,
    byte_of,
    decide,
    key_of,
    line_of,
    not_known,
    number_of,
    refusal_at,
    spare,
    statements_in,
    states_in,
)
from mailpixel.store.sqlite.campaign_rows import next_revision
from mailpixel.store.sqlite.database import Database
from mailpixel.store.sqlite.person_secret import secret_of
from mailpixel.store.tombstones import person8

AT_ONCE = 1_000
"""Statements of one transaction: it holds the write lock for some 10 ms."""
PAUSE_S = 0.005
"""Between two transactions, so that the writers of hits get their turn."""
ERASED_BIT = 1 << 12
"""In `consent_now.states`, above two bits for each purpose: the person was erased and did not return."""
OWN = "method in (" + ", ".join(f"'{method}'" for method in sorted(OWN_METHODS)) + ")"
LAST_CHANGE = "select coalesce(max(position), 0), (select revision from registry) from consents"
LINES = f"select purposes, state, at_ms, source, {OWN} from consents where person8 = ?"  # noqa: S608
KEPT = "position, recipient, purposes, state, at_ms, recorded_ms, source, wording, method"
ADD = (
    "insert into consents (person8, recipient, purposes, state, at_ms, recorded_ms, source, wording, method)"
)
HOLD = """
    insert into consent_now values (?, ?, ?) on conflict (person8) do update
    set states = excluded.states, revision = excluded.revision where states <> excluded.states
"""
DROP = f"delete from consents where person8 = ? and purposes = ? and state = ? and at_ms = ? and {OWN}"  # noqa: S608
ERASED_AT = "select at_ms from suppressed where person8 = ? and lifted_ms is null"
ANY_ERASED = "select 1 from suppressed where lifted_ms is null limit 1"
SUPPRESS = """
    insert into suppressed values (?, ?, null) on conflict (person8) do update
    set at_ms = max(at_ms, excluded.at_ms), lifted_ms = null
"""
REFUSES_OPENS = f"(states & 3 = {CODES[Statement.DENIED]} or states & {ERASED_BIT})"
"""In SQL, of a row of `consent_now`: opens are refused, or the person was erased."""
FORGET_REFUSED = f"""
    delete from last_opens where person8 = ? and exists (
        select 1 from consent_now where consent_now.person8 = last_opens.person8 and {REFUSES_OPENS}
    )
"""  # noqa: S608

Keyed = tuple[bytes, int, Said]
"""(the person's key, the place in the input, the statement)"""


class SqliteConsents:
    """`Consents` on a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def record_consents(
        self, said: Sequence[Said], now_ms: int, *, lift: bool = False, own: bool = False, dry: bool = False
    ) -> Sequence[Taken]:
        """See `Consents`."""
        secret, how = self.person_secret(), _How(now_ms, lift, own)
        keyed = sorted((person8(secret, each.recipient), place, each) for place, each in enumerate(said))
        taken: dict[int, Taken] = {}
        for start in range(0, len(keyed), AT_ONCE):
            if start and not dry:
                time.sleep(PAUSE_S)
            taken |= self._record(keyed[start : start + AT_ONCE], how, dry)
        return [taken[place] for place in range(len(said))]

    def _record(self, keyed: Sequence[Keyed], how: "_How", dry: bool) -> dict[int, Taken]:
        """Decide before the write lock is held, and once more with it if the ledger changed meanwhile."""
        with self._database.reading() as connection:
            seen, recording = _last_change(connection), _Recording(connection, how)
            taken = recording.decide(keyed)
        if dry:
            return taken
        with self._database.writing() as connection:
            if _last_change(connection) != seen:
                recording = _Recording(connection, how)
                taken = recording.decide(keyed)
            recording.write(connection)
        return taken

    def consent_of(self, recipient: str) -> Consent:
        """See `Consents`."""
        states = self._states(recipient)
        return CONSENTS[byte_of(states, bool(states & ERASED_BIT))]

    def states_of(self, recipient: str) -> Sequence[Statement]:
        """See `Consents`."""
        return statements_in(self._states(recipient))

    def _states(self, recipient: str) -> int:
        with self._database.reading() as connection:
            return states_now(connection, key_of(secret_of(connection), recipient)) or 0

    def history(self, recipient: str) -> Sequence[Kept]:
        """See `Consents`."""
        with self._database.reading() as connection:
            key = key_of(secret_of(connection), recipient)
            return _kept(connection, "person8 = ? order by at_ms, position", (key,))

    def consents(self, after: int = 0, limit: int = 1_000) -> Sequence[Kept]:
        """See `Consents`."""
        with self._database.reading() as connection:
            return _kept(connection, "position > ? order by position limit ?", (after, limit))

    def consent_news(self, since: int) -> ConsentNews:
        """See `Consents`."""
        with self._database.reading() as connection:
            (revision,) = connection.execute("select revision from registry").fetchone()
            keys, states = array("q"), bytearray()
            if revision > since:
                where = "where revision > ?" if since else "where ? = 0"
                asked = f"select person8, states from consent_now {where} order by person8"  # noqa: S608
                for key, each in connection.execute(asked, (since,)):
                    keys.append(key)
                    states.append(byte_of(each, bool(each & ERASED_BIT)))
            return ConsentNews(revision, keys, bytes(states))

    def person_secret(self) -> bytes:
        """See `Consents`."""
        with self._database.reading() as connection:
            return secret_of(connection)

    def note_erased(self, recipients: Sequence[str], at_ms: int) -> None:
        """See `Consents`."""
        with self._database.writing() as connection:
            persons = [person8(secret_of(connection), each) for each in recipients]
            connection.executemany(SUPPRESS, [(person, at_ms) for person in persons])
            note_erased(connection, persons)

    def note_lifted(self, recipients: Sequence[str], now_ms: int) -> None:
        """See `Consents`."""
        with self._database.writing() as connection:
            note_lifted(connection, [person8(secret_of(connection), each) for each in recipients], now_ms)


class _How(NamedTuple):
    """How statements are recorded: see `Consents.record_consents`."""

    now_ms: int
    lift: bool
    own: bool


def _last_change(connection: sqlite3.Connection) -> tuple[int, int]:
    """What changes with every change of the ledger and of those who are suppressed."""
    return cast("tuple[int, int]", connection.execute(LAST_CHANGE).fetchone())


class _Recording:
    """Records statements: first decides about all of them, then writes."""

    def __init__(self, connection: sqlite3.Connection, how: _How) -> None:
        self._connection = connection
        self._how = how
        self._any_erased = connection.execute(ANY_ERASED).fetchone() is not None
        self._rows: list[tuple[object, ...]] = []
        self._spare: list[tuple[int, int, int, int]] = []
        self._lifted: list[bytes] = []
        self._changed: list[tuple[int, int]] = []

    def decide(self, keyed: Iterable[Keyed]) -> dict[int, Taken]:
        """What becomes of each statement, by its place. They come in order of person."""
        return {
            place: taken
            for person, found in groupby(keyed, itemgetter(0))
            for place, taken in self._decide_person(person, list(found))
        }

    def write(self, connection: sqlite3.Connection) -> None:
        """Write what was decided, in a transaction that sees what the decision saw."""
        if self._lifted:
            note_lifted(connection, self._lifted, self._how.now_ms)
        connection.executemany(f"{ADD} values (?, ?, ?, ?, ?, ?, ?, ?, ?)", self._rows)
        connection.executemany(DROP, self._spare)
        if self._changed:
            revision = next_revision(connection)
            connection.executemany(HOLD, [(*each, revision) for each in self._changed])
            forget_refused(connection, (key for key, _ in self._changed))

    def _decide_person(self, person: bytes, found: Iterable[Keyed]) -> Iterable[tuple[int, Taken]]:
        key = number_of(person)
        erased_ms = erased_at(self._connection, person) if self._any_erased else None
        before = states_now(self._connection, key)
        known = [] if before is None else [Line(*row) for row in self._connection.execute(LINES, (key,))]
        for _, place, said in found:
            decision = decide(line_of(said), known, erased_ms, lift=self._how.lift, own=self._how.own)
            if decision.refusal is not None:
                self._lifted.append(person)
                known.append(decision.refusal)
                erased_ms = None
            if decision.line is not None:
                self._rows.append(self._row(key, said, decision, decision.line))
                known.append(decision.line)
            yield place, decision.taken
        self._spare += [(key, *known[place][:3]) for place in spare(known)]
        states = states_in(known) | (0 if erased_ms is None else ERASED_BIT)
        if known and before != states:
            self._changed.append((key, states))

    def _row(self, key: int, said: Said, decision: Decision, line: Line) -> tuple[object, ...]:
        recipient = said.recipient if decision.named else None
        statement = (line.purposes, line.state, line.at_ms, self._how.now_ms)
        return (key, recipient, *statement, said.source, said.wording, said.method)


def note_erased(connection: sqlite3.Connection, persons: Sequence[bytes]) -> None:
    """Take the ids of these people, by their `person8`, out of the ledger, and note that they were erased."""
    keys = [number_of(person) for person in persons]
    connection.executemany("update consents set recipient = null where person8 = ?", [(key,) for key in keys])
    revision = next_revision(connection)
    connection.executemany(
        "insert into consent_now values (?, ?, ?) on conflict (person8) do update"
        " set states = states | excluded.states, revision = excluded.revision",
        [(key, ERASED_BIT, revision) for key in keys],
    )
    forget_refused(connection, keys)


def forget_refused(connection: sqlite3.Connection, keys: Iterable[int]) -> None:
    """Delete the days of the last opens of those who refuse opens now, or were erased."""
    connection.executemany(FORGET_REFUSED, [(key,) for key in keys])


def note_lifted(connection: sqlite3.Connection, persons: Sequence[bytes], now_ms: int) -> None:
    """End the suppression of these people, by their `person8`. They refuse everything from their erasure on."""
    revision = next_revision(connection)
    for person in persons:
        erased_ms, key = erased_at(connection, person), number_of(person)
        if erased_ms is None:
            continue
        connection.execute("update suppressed set lifted_ms = ? where person8 = ?", (now_ms, person))
        known, line = [Line(*row) for row in connection.execute(LINES, (key,))], refusal_at(erased_ms)
        if not_known(line, known):  # a list of suppressions may be taken again and again
            row = (key, None, line.purposes, line.state, line.at_ms, now_ms, ERASURE, "", ERASURE)
            connection.execute(f"{ADD} values (?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
        connection.execute(HOLD, (key, states_in([*known, line]), revision))


def erased_at(connection: sqlite3.Connection, person: bytes) -> int | None:
    """When a person was erased, in milliseconds since 1970; None when they were not, or returned."""
    row = connection.execute(ERASED_AT, (person,)).fetchone()
    return None if row is None else int(row[0])


def states_now(connection: sqlite3.Connection, key: int) -> int | None:
    """What `consent_now` says of a person; None when it says nothing."""
    row = connection.execute("select states from consent_now where person8 = ?", (key,)).fetchone()
    return None if row is None else int(row[0])


def _kept(connection: sqlite3.Connection, where: str, values: Sequence[object]) -> list[Kept]:
    rows = connection.execute(f"select {KEPT} from consents where {where}", values)  # noqa: S608
    return [
        Kept(position, recipient, purposes, STATEMENTS[state], *others)
        for position, recipient, purposes, state, *others in rows
    ]


__all__ = ["SqliteConsents", "erased_at", "note_erased", "note_lifted"]
