"""Removes agents that no event uses any more: the text of an agent may identify one person."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from mailpixel.store.sqlite.database import Database
from mailpixel.store.sqlite.unswept import note_unswept

USED = "select distinct agent from events where position > ?"


def remove_unused_agents(database: Database) -> None:
    """Delete unused agents, and note their texts so that a sweep overwrites them.

    A number is never used again, because other processes remember which agent it meant. An empty
    row keeps the highest number. If a process writes an event with the number of a removed
    agent, the foreign key refuses it.
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
    """The agents of all events up to the last one, read without blocking writers."""
    with database.reading() as connection:
        (last,) = connection.execute("select coalesce(max(position), 0) from events").fetchone()
        return {agent for (agent,) in connection.execute(USED, (0,))}, last


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
