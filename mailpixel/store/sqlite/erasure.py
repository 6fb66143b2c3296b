"""A person erased from a SQLite file: events, overflow, states and their part of the counters."""

import sqlite3

from mailpixel.store.protocol import MessageState
from mailpixel.store.sqlite.cursor import read_cursor, write_cursor
from mailpixel.store.sqlite.database import Database
from mailpixel.store.sqlite.events import CAMPAIGNS
from mailpixel.store.sqlite.shelves import leave_unfinished, move_counters, states_of, sweep
from mailpixel.store.tally import Tally


def erase(database: Database, recipient: str) -> int:
    """Delete everything of a person; returns how many events went.

    Shelves that are being filled are given up, as they may hold the person: their rebuild starts over.
    """
    with database.writing() as connection:
        leave_unfinished(connection)
        _take_out_of_counters(connection, recipient)
        for (shelf,) in connection.execute("select id from shelves").fetchall():
            connection.execute("delete from states where shelf = ? and recipient = ?", (shelf, recipient))
        connection.execute("delete from overflow where recipient = ?", (recipient,))
        events = sum(
            connection.execute(
                "delete from events where campaign = ? and recipient = ?", (campaign, recipient)
            ).rowcount
            for (campaign,) in connection.execute(CAMPAIGNS).fetchall()
        )
        cursor = read_cursor(connection)
        write_cursor(connection, cursor._replace(erasures=cursor.erasures + 1))
    sweep(database)
    database.truncate_log()
    return events


def _take_out_of_counters(connection: sqlite3.Connection, recipient: str) -> None:
    live = connection.execute("select id, campaign from shelves where live = 1").fetchall()
    for shelf, campaign in live:
        for state in states_of(connection, shelf, campaign, [recipient]):
            move_counters(connection, shelf, _less(state))


def _less(state: MessageState) -> dict[tuple[int, int, str], int]:
    tally = Tally()
    tally.add(state, -1)
    return tally.counts()
