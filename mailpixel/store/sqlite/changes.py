"""The version of each campaign's figures in a SQLite file. It rises in the transaction that changes the figures."""

import sqlite3
from collections.abc import Iterable

from mailpixel.errors import InvalidInput
from mailpixel.model import Facts
from mailpixel.store.changes import FARTHEST, FoldedHit, FoldedHits, NewCounts
from mailpixel.store.projections import FOLD
from mailpixel.store.sqlite.cursor import read_position
from mailpixel.store.sqlite.database import Connection, Database
from mailpixel.store.sqlite.rows import HITS

# Writers wait for each other, so versions are in the order of their transactions.
RAISE = "insert or replace into changes values (?, (select coalesce(max(version), 0) + 1 from changes))"
# The plus sign makes SQLite read the end of the log instead of the whole campaign.
HITS_OF = (
    f"select position, id, recipient from events where position > ? and position <= ? and +campaign = ?"  # noqa: S608
    f" and kind in {HITS} and not facts & {int(Facts.FORGED)} order by position"
)
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


def folded_hits(database: Database, campaign: str, since: str, limit: int, until: str) -> FoldedHits:
    """See `Changes`."""
    with database.reading() as connection:
        end = _parsed(until) if until else read_position(connection, FOLD)
        begin = _parsed(since) if since else end
        if end - begin > FARTHEST:
            return FoldedHits(str(end), (), None)
        rows = connection.execute(HITS_OF, (begin, end, campaign)).fetchall()
    hits = tuple(FoldedHit(str(position), id, recipient) for position, id, recipient in rows[:limit])
    return FoldedHits(str(end), hits, len(rows) - len(hits))


def _stamp(connection: Connection) -> tuple[int, int]:
    """A value that differs after any write, by another connection or by this one."""
    (others,) = connection.execute("pragma data_version").fetchone()
    return others, connection.total_changes


def _parsed(since: str) -> int:
    try:
        return int(since) if since else 0
    except ValueError:
        raise InvalidInput("cursor", "is not a cursor of this store; start with an empty one") from None
