"""Removes agents that no event uses any more: the text of an agent may identify one person.

An erasure notes the agents of the events it deletes; only these are looked up. Other processes remember which number
an agent has. A number never means another agent, and the foreign key refuses an event with the number of a removed
one, whose writer then stores the agent again.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from mailpixel.store.sqlite.database import Database
from mailpixel.store.sqlite.positions import MAIL, SITES, last_position
from mailpixel.store.sqlite.unswept import note_unswept

RECENT = 20_000
"""Positions at the end of the log that are read first. Agents that many people have are among them."""

SUSPECT = "insert into suspect_agents select distinct agent from events"
USED_SINCE = """
    select agent from events where position > ?
    union select agent from events where position > ? and position < 0
"""


def suspect_agents(connection: sqlite3.Connection, campaign: str, recipient: str | None = None) -> None:
    """Note the agents of a message, or of a whole campaign, before its events are deleted."""
    if recipient is None:
        connection.execute(f"{SUSPECT} where campaign = ?", (campaign,))
    else:
        connection.execute(f"{SUSPECT} where campaign = ? and recipient = ?", (campaign, recipient))


def remove_unused_agents(database: Database, search: bool = True) -> None:
    """Delete the noted agents that no event uses, and note their texts so that a sweep overwrites them.

    Without `search` no sweep looks for copies: the hits were old, and the text alone says nothing of anybody.
    """
    with database.reading() as connection:
        noted, suspects = _suspects(connection)
        last = [last_position(connection, positions) for positions in (MAIL, SITES)]
        suspects -= _used_since(connection, [max(last[0] - RECENT, 0), last[1] - RECENT])
        if suspects:
            suspects -= _used_since(connection, [MAIL.origin, SITES.origin])
    with _unchecked(database), database.writing() as connection:
        unused = sorted(suspects - _used_since(connection, last))
        if search:
            note_unswept(connection, (_text_of(connection, agent) for agent in unused))
        connection.executemany("delete from agents where id = ?", [(agent,) for agent in unused])
        connection.execute("delete from suspect_agents where rowid <= ?", (noted,))


def _suspects(connection: sqlite3.Connection) -> tuple[int, set[int]]:
    """The last row of the noted agents, and the agents."""
    rows = connection.execute("select rowid, agent from suspect_agents").fetchall()
    return max((row for row, _ in rows), default=0), {agent for _, agent in rows}


def _used_since(connection: sqlite3.Connection, positions: Sequence[int]) -> set[int]:
    """The agents of the events after two positions: of messages, and of visits and orders."""
    return {agent for (agent,) in connection.execute(USED_SINCE, positions)}


def _text_of(connection: sqlite3.Connection, agent: int) -> str:
    found = connection.execute("select agent from agents where id = ?", (agent,)).fetchone()
    return "" if found is None else str(found[0])


@contextmanager
def _unchecked(database: Database) -> Iterator[None]:
    """A block without the check of foreign keys, which would search all events for each removed agent."""
    with database.at_once() as connection:
        connection.execute("pragma foreign_keys = off")
    try:
        yield
    finally:
        with database.at_once() as connection:
            connection.execute("pragma foreign_keys = on")


def is_gone(error: sqlite3.IntegrityError) -> bool:
    """Whether an event was refused because its agent has been removed."""
    return error.sqlite_errorcode == sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY
