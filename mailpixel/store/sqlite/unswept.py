"""Texts of erased people that a sweep of a SQLite file has to search for.

An erasure notes them in its own transaction, so that the next sweep, in any process, finishes one that was
killed. The rows have no index: rows that an index moves to another page would leave copies behind.
"""

import sqlite3
from collections.abc import Iterable, Sequence

from mailpixel.store.sqlite.database import Database

OTHERS = """
    select address from events where address in (select text from unswept)
    union select destination from events where destination is not null and destination in (select text from unswept)
"""


def note_unswept(connection: sqlite3.Connection, texts: Iterable[str]) -> None:
    """Note texts that a sweep has to search for."""
    connection.executemany("insert into unswept values (?)", [(text,) for text in texts if text])


def unswept(database: Database) -> Sequence[str]:
    """The noted texts; some may come twice."""
    with database.reading() as connection:
        return _noted(connection)


def nobody_elses(database: Database) -> Sequence[str]:
    """The noted texts that no event has, as its address or destination. Each once, in order."""
    with database.reading() as connection:
        noted = set(_noted(connection))
        if any(":" in text or "." in text for text in noted):  # only these can be addresses or destinations
            noted -= {text for (text,) in connection.execute(OTHERS)}
    return sorted(noted)


def forget(database: Database, texts: Sequence[str]) -> None:
    """Forget these texts, unless others came meanwhile: only the pages of an emptied table are overwritten whole."""
    with database.writing() as connection:
        if _noted(connection) == texts:
            connection.execute("delete from unswept")


def _noted(connection: sqlite3.Connection) -> list[str]:
    return [text for (text,) in connection.execute("select text from unswept order by rowid")]
