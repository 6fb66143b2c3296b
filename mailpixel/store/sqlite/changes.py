"""The version of each campaign's figures in a SQLite file. It rises in the transaction that changes the figures."""

import sqlite3
from collections.abc import Iterable

from mailpixel.errors import InvalidInput
from mailpixel.store.changes import NewCounts
from mailpixel.store.sqlite.database import Connection, Database

# Writers wait for each other, so versions are in the order of their transactions.
RAISE = "insert or replace into changes values (?, (select coalesce(max(version), 0) + 1 from changes))"
NEWS = "select version, campaign from changes where version > ? order by version"


def note_changed(connection: sqlite3.Connection, campaigns: Iterable[str]) -> None:
    """Note that the figures of these campaigns change in this transaction."""
    connection.executemany(RAISE, [(campaign,) for campaign in dict.fromkeys(campaigns)])


def news_of_counts(database: Database, since: str) -> NewCounts:
    """See `Changes`. Without a write by anyone since the last call, nothing is read from the file."""
    version = _parsed(since)
    with database.at_once() as connection:
        stamp = _stamp(connection)
        if connection.counts_seen == (stamp, version):
            return NewCounts(since)
        rows = connection.execute(NEWS, (version,)).fetchall()
        latest = rows[-1][0] if rows else version
        connection.counts_seen = (stamp, latest)
    return NewCounts(str(latest) if latest else "", tuple(campaign for _, campaign in rows))


def _stamp(connection: Connection) -> tuple[int, int]:
    """A value that differs after any write, by another connection or by this one."""
    (others,) = connection.execute("pragma data_version").fetchone()
    return others, connection.total_changes


def _parsed(since: str) -> int:
    try:
        return int(since) if since else 0
    except ValueError:
        raise InvalidInput("since", "is not a cursor of this store; start with an empty one") from None
