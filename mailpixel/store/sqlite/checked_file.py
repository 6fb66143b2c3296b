"""Checks of a SQLite file that need no judging: its pages, what refers to what, positions, counters, and consents.

Each check counts what it looked at and what differs. Those that repair compute the later from the earlier.
"""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

from mailpixel.errors import StoreUnavailable
from mailpixel.store.consents import Line, number_of, states_in
from mailpixel.store.measures import Tally
from mailpixel.store.site_projections import SITE_FOLD
from mailpixel.store.sqlite.campaign_rows import next_revision
from mailpixel.store.sqlite.consents import ERASED_BIT, OWN
from mailpixel.store.sqlite.counters import by_day
from mailpixel.store.sqlite.database import Database
from mailpixel.store.sqlite.generations import STATE, to_state
from mailpixel.store.sqlite.positions import SITE_ORIGIN

PROBLEMS = 100
"""Most problems of the file that are listed."""
OF_INDEX = ("missing from index", "wrong # of entries in index", "non-unique entry in index")
"""Problems that making the indexes again repairs."""
LAST_GIVEN = (
    "select coalesce((select seq from sqlite_sequence where name = 'events'), 0), last from site_positions"
)
HIGHEST = """
    select coalesce((select max(position) from events where position > 0), 0),
    coalesce((select max(position) from events where position < 0), ?)
"""
LEDGER = f"select person8, purposes, state, at_ms, source, {OWN} from consents order by person8"  # noqa: S608
HELD = "select states from consent_now where person8 = ?"
SPARE_HELD = """
    select count(*) from consent_now where person8 not in (select person8 from consents)
    and states <> 0 and not (states & ?)
"""
ERASED = "select person8 from suppressed where lifted_ms is null"


class Counted(NamedTuple):
    """How many things a check looked at, and how many of them differ."""

    checked: int = 0
    differ: int = 0


class FileState(NamedTuple):
    """What SQLite says of the file: how many problems, and whether all of them are of indexes."""

    problems: int = 0
    only_indexes: bool = False


class Shift(NamedTuple):
    """A consumer whose position is not in the log, and the nearest one that is."""

    consumer: str
    position: int


class CheckedFile:
    """The checks of one file. Each sees one moment."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def file(self) -> FileState:
        """Read every page and every index."""
        try:
            with self._database.reading() as connection:
                rows = connection.execute(f"pragma integrity_check({PROBLEMS:d})").fetchall()
        except StoreUnavailable as error:
            if "damaged" not in str(error):
                raise
            return FileState(1)
        found = [str(text) for (text,) in rows if text != "ok"]
        return FileState(len(found), all(any(each in text for each in OF_INDEX) for text in found))

    def references(self) -> Counted:
        """Rows that refer to rows which are not there."""
        with self._database.reading() as connection:
            (events,) = connection.execute("select count(*) from events").fetchone()
            return Counted(events, len(connection.execute("pragma foreign_key_check").fetchall()))

    def positions(self) -> Counted:
        """Whether the next positions are behind all that are in the log."""
        with self._database.reading() as connection:
            given, highest = _given(connection), _highest(connection)
            return Counted(2, sum(last < high for last, high in zip(given, highest, strict=True)))

    def cursors(self) -> Sequence[Shift]:
        """Consumers whose positions are not in the log."""
        with self._database.reading() as connection:
            mail, sites = map(max, zip(_given(connection), _highest(connection), strict=True))
            rows = connection.execute("select consumer, position from positions order by consumer").fetchall()
            (noted,) = connection.execute("select noted from folded").fetchone()
        last = {SITE_FOLD: sites}
        bounded = [(Shift(name, min(max(at, 0), last.get(name, mail))), at) for name, at in rows]
        noted_at = Shift("", min(max(noted, 0), mail))
        return [shift for shift, at in [*bounded, (noted_at, noted)] if shift.position != at]

    def consumers(self) -> int:
        """How many consumers have a position."""
        with self._database.reading() as connection:
            return int(connection.execute("select count(*) + 1 from positions").fetchone()[0])

    def counters(self, campaign: str) -> tuple[Counted, Counted]:
        """Counters by quarter hour, and those by day, that are not the sum of the states of a campaign."""
        with self._database.reading() as connection:
            shelf = _live(connection, campaign)
            tally = Tally()
            for row in connection.execute(f"select {STATE} from states where shelf = ?", (shelf,)):  # noqa: S608
                tally.add(to_state(campaign, row))
            counted = tally.counts()
            quarters = _numbers(connection, "bucket_ms, link, measure", "counters", shelf)
            days = _numbers(connection, "day, measure", "days", shelf)
        return _compared(counted, quarters), _compared(by_day(counted), days)

    def consents(self) -> tuple[Counted, Sequence[int]]:
        """People of whom something else is held than follows from the ledger. With it: their keys."""
        wrong: list[int] = []
        people = 0
        with self._database.reading() as connection:
            erased = {number_of(person) for (person,) in connection.execute(ERASED)}
            for key, states in _ledger(connection):
                people += 1
                held = connection.execute(HELD, (key,)).fetchone()
                if held is None or held[0] != states | (ERASED_BIT if key in erased else 0):
                    wrong.append(key)
            (spare,) = connection.execute(SPARE_HELD, (ERASED_BIT,)).fetchone()
        return Counted(people, len(wrong) + int(spare)), wrong

    def repair_file(self) -> None:
        """Make all indexes again."""
        with self._database.writing() as connection:
            connection.execute("reindex")

    def repair_positions(self) -> None:
        """Let the next positions be behind all that are in the log."""
        with self._database.writing() as connection:
            mail, sites = _highest(connection)
            connection.execute("update sqlite_sequence set seq = max(seq, ?) where name = 'events'", (mail,))
            connection.execute("update site_positions set last = max(last, ?)", (sites,))

    def repair_cursors(self, shifts: Sequence[Shift]) -> None:
        """Move consumers back into the log."""
        with self._database.writing() as connection:
            for consumer, position in shifts:
                if consumer:
                    moved = "update positions set position = ? where consumer = ?"
                    connection.execute(moved, (position, consumer))
                else:
                    connection.execute("update folded set noted = ?", (position,))

    def repair_consents(self, keys: Sequence[int]) -> None:
        """Compute what holds of these people again from the ledger, and forget what has no ground."""
        with self._database.writing() as connection:
            erased = {number_of(person) for (person,) in connection.execute(ERASED)}
            revision, wanted = next_revision(connection), frozenset(keys)
            found = [each for each in _ledger(connection) if each[0] in wanted]
            connection.executemany(
                "insert or replace into consent_now values (?, ?, ?)",
                [(key, states | (ERASED_BIT if key in erased else 0), revision) for key, states in found],
            )
            spare = SPARE_HELD.replace(
                "select count(*)", "update consent_now set states = 0, revision = ?", 1
            )
            connection.execute(spare.replace(" from consent_now where", " where", 1), (revision, ERASED_BIT))


def _given(connection: sqlite3.Connection) -> tuple[int, int]:
    """The last positions given to events of messages and of sites."""
    mail, sites = connection.execute(LAST_GIVEN).fetchone()
    return int(mail), int(sites)


def _highest(connection: sqlite3.Connection) -> tuple[int, int]:
    """The highest positions in the log, of messages and of sites."""
    mail, sites = connection.execute(HIGHEST, (SITE_ORIGIN,)).fetchone()
    return int(mail), int(sites) - SITE_ORIGIN


def _live(connection: sqlite3.Connection, campaign: str) -> int | None:
    row = connection.execute("select id from shelves where campaign = ? and live = 1", (campaign,)).fetchone()
    return None if row is None else int(row[0])


def _numbers(
    connection: sqlite3.Connection, key: str, table: str, shelf: int | None
) -> dict[tuple[object, ...], int]:
    rows = connection.execute(f"select {key}, number from {table} where shelf = ?", (shelf,))  # noqa: S608
    return {tuple(row[:-1]): row[-1] for row in rows}


def _compared(expected: Mapping[Any, int], stored: Mapping[Any, int]) -> Counted:
    keys = expected.keys() | stored.keys()
    return Counted(len(keys), sum(expected.get(key, 0) != stored.get(key, 0) for key in keys))


def _ledger(connection: sqlite3.Connection) -> Iterator[tuple[int, int]]:
    """(key, what holds) of every person in the ledger, in order of their keys."""
    for key, rows in groupby(connection.execute(LEDGER), itemgetter(0)):
        yield key, states_in([Line(*row[1:]) for row in rows])
