"""By which edition of the rules the campaigns of a SQLite file were judged."""

import sqlite3
from collections.abc import Iterable, Mapping

from mailpixel.store.sqlite.database import Database

KEEP = "insert or ignore into editions values (?, ?)"
REPLACE = "insert or replace into editions values (?, ?)"


def note_edition(database: Database, edition: str, campaigns: Iterable[str], anew: bool) -> None:
    """See `Store`."""
    rows = [(campaign, edition) for campaign in campaigns]
    with database.writing() as connection:
        connection.executemany(REPLACE if anew else KEEP, rows)


def editions(database: Database) -> Mapping[str, int]:
    """See `Store`."""
    with database.reading() as connection:
        return dict(connection.execute("select edition, count(*) from editions group by edition").fetchall())


def edition_of(connection: sqlite3.Connection, campaign: str) -> str:
    """The edition of the oldest figures of a campaign; empty where it is not known."""
    row = connection.execute("select edition from editions where campaign = ?", (campaign,)).fetchone()
    return "" if row is None else str(row[0])
