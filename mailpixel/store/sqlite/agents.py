"""Agents that no event uses any more, taken out of a SQLite file: the text of one may be a person's alone."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from mailpixel.store.sqlite.database import Database
from mailpixel.store.sqlite.unswept import note_unswept

USED = "select distinct agent from events where position > ?"


def remove_unused_agents(database: Database) -> None:
    """Delete them, and note their texts to be swept.

    A number is never given again, as other processes remember which agent it meant: the highest is kept by an empty
    row. One that writes an event of an agent it remembers, and that is gone, is refused by the foreign key.
    """
    used, last = _used(database)
    with _unchecked(database), database.writing() as connection:
        used |= {agent for (agent,) in connection.execute(USED, (last,))}
        agents = connection.execute("select id, agent from agents order by id").fetchall()
        unused = {id: agent for id, agent in agents if id not in used}
        if unused and agents[-1][0] in unused:
            highest = agents[-1][0]
            connection.execute("insert into agents values (?, ?)", (highest + 1, f"\n{highest}"))
        connection.executemany("delete from agents where id = ?", [(id,) for id in unused])
        note_unswept(connection, unused.values())


def _used(database: Database) -> tuple[set[int], int]:
    """The agents of all events up to the last, read without keeping anybody from writing."""
    with database.reading() as connection:
        (last,) = connection.execute("select coalesce(max(position), 0) from events").fetchone()
        return {agent for (agent,) in connection.execute(USED, (0,))}, last


@contextmanager
def _unchecked(database: Database) -> Iterator[None]:
    """Without the check of foreign keys, which would look through all events for each agent that goes."""
    with database.at_once() as connection:
        connection.execute("pragma foreign_keys = off")
    try:
        yield
    finally:
        with database.at_once() as connection:
            connection.execute("pragma foreign_keys = on")


def is_gone(error: sqlite3.IntegrityError) -> bool:
    """Whether an event was refused because its agent is no longer there."""
    return error.sqlite_errorcode == sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY
