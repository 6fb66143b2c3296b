"""Erases a person or a whole campaign from a SQLite file: events, overflow, states and counters."""

import sqlite3
from collections.abc import Iterator
from typing import Any

from mailpixel.store.measures import Tally
from mailpixel.store.projections import MessageState
from mailpixel.store.sqlite.changes import note_changed
from mailpixel.store.sqlite.counters import move_counters
from mailpixel.store.sqlite.cursor import read_cursor, write_cursor
from mailpixel.store.sqlite.database import Database
from mailpixel.store.sqlite.generations import (
    leave_live,
    leave_unfinished,
    states_of,
    sweep_left,
)
from mailpixel.store.sqlite.persons import campaigns_of
from mailpixel.store.sqlite.tombstones import bury
from mailpixel.store.sqlite.unswept import note_unswept
from mailpixel.store.tombstones import moment_of_erasure

OF_MESSAGE = "from events where campaign = ? and recipient = ?"


def erase(database: Database, recipient: str, now_ms: int) -> int:
    """Delete everything under the person's id and leave a tombstone. Returns the number of events deleted.

    Generations that are being filled are given up, because they may hold the
    person. Their rebuild starts over.
    """
    with database.writing() as connection:
        leave_unfinished(connection)
        campaigns = campaigns_of(connection, recipient)
        note_unswept(connection, {recipient} | _texts(connection, campaigns, recipient))
        bury(connection, recipient, moment_of_erasure(now_ms, _moments(connection, campaigns, recipient)))
        note_changed(connection, campaigns)
        for campaign in campaigns:
            _delete_states(connection, campaign, recipient)
        for table in ("overflow", "aside", "campaigns_of_person"):
            connection.execute(f"delete from {table} where recipient = ?", (recipient,))  # noqa: S608
        events = sum(
            connection.execute(f"delete {OF_MESSAGE}", (campaign, recipient)).rowcount
            for campaign in campaigns
        )
        cursor = read_cursor(connection)
        write_cursor(connection, cursor._replace(erasures=cursor.erasures + 1))
    return events


def forget_campaign(database: Database, campaign: str) -> int:
    """Delete everything of a campaign. Returns the number of events deleted."""
    with database.writing() as connection:
        leave_unfinished(connection, campaign=campaign)
        leave_live(connection, campaign)
        note_changed(connection, [campaign])
        for table in ("overflow", "aside", "campaigns_of_person", "editions"):
            connection.execute(f"delete from {table} where campaign = ?", (campaign,))  # noqa: S608
        events = connection.execute("delete from events where campaign = ?", (campaign,)).rowcount
        cursor = read_cursor(connection)
        write_cursor(connection, cursor._replace(erasures=cursor.erasures + 1))
    sweep_left(database)
    return events


def _texts(connection: sqlite3.Connection, campaigns: list[str], recipient: str) -> set[str]:
    """Addresses and embedded destinations of a person."""
    rows = _of_person(connection, "address, destination", campaigns, recipient)
    return {text for row in rows for text in row if text}


def _moments(connection: sqlite3.Connection, campaigns: list[str], recipient: str) -> Iterator[int]:
    """When each event of a person was received, in milliseconds since 1970."""
    rows = _of_person(connection, "id", campaigns, recipient)
    return (int.from_bytes(id[:6], "big") for (id,) in rows)


def _of_person(
    connection: sqlite3.Connection, columns: str, campaigns: list[str], recipient: str
) -> Iterator[tuple[Any, ...]]:
    select = f"select {columns} {OF_MESSAGE}"
    return (row for campaign in campaigns for row in connection.execute(select, (campaign, recipient)))


def _delete_states(connection: sqlite3.Connection, campaign: str, recipient: str) -> None:
    """Delete the person's live state of a campaign and subtract it from the counters.

    Generations that wait to be swept are deleted as a whole later.
    """
    live = "select id from shelves where campaign = ? and live = 1"
    for (generation,) in connection.execute(live, (campaign,)).fetchall():
        for state in states_of(connection, generation, campaign, [recipient]):
            move_counters(connection, generation, _less(state))
        connection.execute("delete from states where shelf = ? and recipient = ?", (generation, recipient))


def _less(state: MessageState) -> dict[tuple[int, int, str], int]:
    tally = Tally()
    tally.add(state, -1)
    return tally.counts()
