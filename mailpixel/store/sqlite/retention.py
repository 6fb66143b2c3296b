"""Removes old messages from a SQLite file, a few hundred events a transaction, so that other writers hardly wait.

The counters of a campaign stay the sum of its states: a removed state is subtracted from them and added to `kept`.
So what is left can still be judged again.
"""

import sqlite3
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

from mailpixel.store.measures import Tally, TallyKey
from mailpixel.store.retention import Kept, Removed
from mailpixel.store.sqlite.agents import remove_unused_agents, suspect_agents
from mailpixel.store.sqlite.changes import note_changed
from mailpixel.store.sqlite.counters import move_counters
from mailpixel.store.sqlite.cursor import read_cursor
from mailpixel.store.sqlite.database import Database
from mailpixel.store.sqlite.erasure import note_erasure
from mailpixel.store.sqlite.generations import (
    FILLING,
    LIVE,
    leave_unfinished,
    remove_states,
    states_of,
    sweep_left,
)
from mailpixel.store.sqlite.kept import OVERFLOW, id_from, keep, note_gone
from mailpixel.store.sqlite.person_secret import secret_of
from mailpixel.store.sqlite.positions import OF_MESSAGES
from mailpixel.store.tombstones import person8
from mailpixel.times import DAY_MS

Key = tuple[str, str]
"""Campaign and recipient of a message."""

PAST = f"""
    select id, campaign, recipient from events where id > ? and id < ? and {OF_MESSAGES} order by id limit ?
"""  # noqa: S608
LAST = "select max(id), max(position), count(*) from events where campaign = ? and recipient = ?"
HITS_PAST_CAP = "select coalesce(sum(hits), 0) from overflow where campaign = ? and recipient = ?"
SHELVES = f"select id, live from shelves where campaign = ? and live in ({FILLING}, {LIVE})"  # noqa: S608
OF_MESSAGE = ("events", "overflow", "aside")
"""Tables whose rows of a message go with it."""
KEYS_OF_NOTHING = "delete from report_keys where campaign not in (select campaign from counted_reports)"
DAYS: Mapping[Kept, tuple[str, str]] = {
    Kept.LAST_OPENS: ("last_opens", "person8"),
    Kept.REPORTS: ("counted_reports", "campaign, hash"),
}
"""Tables of days, and their keys."""


class Past(NamedTuple):
    """Which messages go: those with their first event before `before_ms`, and their last before `quiet_ms`."""

    before_ms: int
    quiet_ms: int
    spared: Collection[str]

    @property
    def end(self) -> bytes:
        """The smallest event id that keeps a message."""
        return id_from(self.quiet_ms)

    @property
    def young(self) -> bool:
        """Whether messages go that have younger events, too."""
        return self.quiet_ms > self.before_ms


def forget_past(database: Database, past: Past, after: bytes, limit: int) -> Removed:
    """See `Retention`."""
    with database.reading() as connection:
        rows = connection.execute(PAST, (after, id_from(past.before_ms), limit)).fetchall()
        chosen = list(_chosen(connection, rows, past, limit))
    if not rows:
        return Removed()
    keys = [key for _, key, events in chosen if events]
    after = chosen[-1][0] if len(chosen) < len(rows) or len(rows) == limit else b""
    if not keys:
        return Removed(after=after)
    with database.writing() as connection:
        gone = [key for key in keys if _events_if_past(connection, key, past.end)]
        events = _forget(connection, gone, past.before_ms)
        if past.young and gone:
            _start_over(connection, {campaign for campaign, _ in gone})
    return Removed(len(gone), events, after)


def _start_over(connection: sqlite3.Connection, campaigns: Collection[str]) -> None:
    """Let folds and rebuilds start over that may have read the messages that are gone."""
    for campaign in sorted(campaigns):
        leave_unfinished(connection, campaign=campaign)
    note_erasure(connection)


def _chosen(
    connection: sqlite3.Connection,
    rows: Sequence[tuple[bytes, str, str]],
    past: Past,
    limit: int,
) -> Iterator[tuple[bytes, Key, int]]:
    """For each row up to the limit: its id, its message, and how many events go with it (0: it stays)."""
    met: set[Key] = set()
    total = 0
    for id, campaign, recipient in rows:
        key = (campaign, recipient)
        fresh = key not in met and campaign not in past.spared
        events = _events_if_past(connection, key, past.end) if fresh else 0
        met.add(key)
        total += events
        yield id, key, events
        if total >= limit:
            return


def _events_if_past(connection: sqlite3.Connection, key: Key, end: bytes) -> int:
    """The events of a message; 0 if its last is not old enough or not folded yet."""
    last, position, events = connection.execute(LAST, key).fetchone()
    folded = read_cursor(connection).position
    return int(events) if events and last < end and position <= folded else 0


def _forget(connection: sqlite3.Connection, keys: Sequence[Key], before_ms: int) -> int:
    """Remove these messages; how many events they had."""
    secret = secret_of(connection)
    campaigns = list(dict.fromkeys(campaign for campaign, _ in keys))
    for campaign in campaigns:
        _move_states(connection, campaign, [recipient for of, recipient in keys if of == campaign])
    events = 0
    for campaign, recipient in keys:
        suspect_agents(connection, campaign, recipient)
        (hits,) = connection.execute(HITS_PAST_CAP, (campaign, recipient)).fetchone()
        if hits:
            keep(connection, campaign, {(0, 0, OVERFLOW): hits})
        connection.execute(
            "delete from cases_of where person8 = ? and campaign = ?", (person8(secret, recipient), campaign)
        )
        gone = [
            connection.execute(
                f"delete from {table} where campaign = ? and recipient = ?",  # noqa: S608
                (campaign, recipient),
            ).rowcount
            for table in OF_MESSAGE
        ]
        events += gone[0]
    note_gone(connection, campaigns, before_ms)
    note_changed(connection, campaigns)
    return events


def _move_states(connection: sqlite3.Connection, campaign: str, recipients: Sequence[str]) -> None:
    """Take the states out of the live generation, and out of those being filled; keep what readers saw of them."""
    for generation, live in connection.execute(SHELVES, (campaign,)).fetchall():
        counts = _counts(connection, generation, campaign, recipients)
        if live == LIVE:
            keep(connection, campaign, counts)
        move_counters(connection, generation, {key: -number for key, number in counts.items()})
        remove_states(connection, generation, recipients)


def _counts(
    connection: sqlite3.Connection, generation: int, campaign: str, recipients: Sequence[str]
) -> dict[TallyKey, int]:
    tally = Tally()
    for state in states_of(connection, generation, campaign, recipients):
        tally.add(state)
    return tally.counts()


def remove_days(database: Database, kind: Kept, before_ms: int, limit: int) -> int:
    """See `Retention`."""
    table, key = DAYS[kind]
    delete = f"delete from {table} where ({key}) in (select {key} from {table} where (day + 1) * {DAY_MS} <= ? limit ?)"  # noqa: S608
    with database.writing() as connection:
        removed = connection.execute(delete, (before_ms, limit)).rowcount
        if kind is Kept.REPORTS and removed < limit:
            connection.execute(KEYS_OF_NOTHING)
        return removed


def tidy(database: Database) -> bool:
    """See `Retention`."""
    sweep_left(database)
    with database.reading() as connection:
        suspects = connection.execute("select 1 from suspect_agents limit 1").fetchone()
    if suspects is not None:
        remove_unused_agents(database, search=False)
    return database.truncate_log(wait=False)
