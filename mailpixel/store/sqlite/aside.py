"""Messages put aside in a SQLite file, with the kind of error."""

import sqlite3
from collections.abc import Iterable, Mapping, Sequence

from mailpixel.store.log import PutAside
from mailpixel.store.projections import MessageState
from mailpixel.store.sqlite.database import Database

PAGE = """
    select campaign, recipient, error from aside
    where (campaign, recipient) > (?, ?) order by campaign, recipient limit ?
"""


def put_aside(database: Database, after: tuple[str, str], limit: int) -> Sequence[PutAside]:
    """Messages put aside, in order of campaign and recipient."""
    with database.reading() as connection:
        return [PutAside(*row) for row in connection.execute(PAGE, (*after, limit))]


def count_aside(connection: sqlite3.Connection) -> int:
    """The number of messages put aside."""
    return int(connection.execute("select count(*) from aside").fetchone()[0])


def keep_aside(connection: sqlite3.Connection, aside: Iterable[PutAside]) -> None:
    """Put messages aside."""
    rows = [(each.campaign, each.recipient, each.error) for each in aside]
    connection.executemany("insert or replace into aside values (?, ?, ?)", rows)


def take_back(connection: sqlite3.Connection, states: Mapping[str, Sequence[MessageState]]) -> None:
    """Remove the messages of these states, by campaign, from those put aside."""
    if count_aside(connection):
        rows = [(campaign, state.recipient) for campaign in states for state in states[campaign]]
        connection.executemany("delete from aside where campaign = ? and recipient = ?", rows)
