"""A person erased from a SQLite file: events, overflow, states and their part of the counters."""

import sqlite3
import time

from mailpixel.errors import ErasureUnfinished, StoreUnavailable
from mailpixel.store.measures import Tally
from mailpixel.store.projections import MessageState
from mailpixel.store.sqlite.agents import remove_unused_agents
from mailpixel.store.sqlite.cursor import read_cursor, write_cursor
from mailpixel.store.sqlite.database import Database
from mailpixel.store.sqlite.generations import leave_unfinished, move_counters, states_of, sweep
from mailpixel.store.sqlite.leftovers import holds_leftovers
from mailpixel.store.sqlite.persons import campaigns_of

ATTEMPTS = 3
"""How often the write-ahead log is emptied, each time waiting for readers as long as writers wait."""

PAUSE_S = 0.1


def erase(database: Database, recipient: str) -> int:
    """Delete everything of a person; returns how many events went. Raises `ErasureUnfinished`.

    Where the file keeps former content of the person between its rows, it is written anew.
    """
    events, texts = _delete(database, recipient)
    sweep(database)
    texts |= set(remove_unused_agents(database))
    _empty_log(database)
    if holds_leftovers(database.path, texts):
        _rewrite(database)
        _empty_log(database)
    return events


def _delete(database: Database, recipient: str) -> tuple[int, set[str]]:
    """Delete what has the person's name; returns how many events went, and the texts that were about the person.

    Shelves that are being filled are given up, as they may hold the person: their rebuild starts over.
    """
    with database.writing() as connection:
        leave_unfinished(connection)
        campaigns = campaigns_of(connection, recipient)
        texts = {recipient} | _texts(connection, campaigns, recipient)
        for campaign in campaigns:
            _delete_states(connection, campaign, recipient)
        for table in ("overflow", "put_aside", "campaigns_of_person"):
            connection.execute(f"delete from {table} where recipient = ?", (recipient,))  # noqa: S608
        connection.execute("delete from seen_urls")  # nobody could say which of them were this person's
        events = sum(
            connection.execute(
                "delete from events where campaign = ? and recipient = ?", (campaign, recipient)
            ).rowcount
            for campaign in campaigns
        )
        cursor = read_cursor(connection)
        write_cursor(connection, cursor._replace(erasures=cursor.erasures + 1))
    return events, texts


def _texts(connection: sqlite3.Connection, campaigns: list[str], recipient: str) -> set[str]:
    """Addresses and embedded destinations of a person."""
    select = "select address, destination from events where campaign = ? and recipient = ?"
    rows = [row for campaign in campaigns for row in connection.execute(select, (campaign, recipient))]
    return {text for row in rows for text in row if isinstance(text, str)}


def _delete_states(connection: sqlite3.Connection, campaign: str, recipient: str) -> None:
    """Delete the person's live state of a campaign and take it out of the counters. What is left to be swept goes as a
    whole."""
    live = "select id from shelves where campaign = ? and live = 1"
    for (shelf,) in connection.execute(live, (campaign,)).fetchall():
        for state in states_of(connection, shelf, campaign, [recipient]):
            move_counters(connection, shelf, _less(state))
        connection.execute("delete from states where shelf = ? and recipient = ?", (shelf, recipient))


def _less(state: MessageState) -> dict[tuple[int, int, str], int]:
    tally = Tally()
    tally.add(state, -1)
    return tally.counts()


def _rewrite(database: Database) -> None:
    try:
        database.rewrite()
    except StoreUnavailable as error:
        raise ErasureUnfinished(
            f"the person is erased, but former content is still in {database.path.name}, and writing it anew failed:"
            f" {error}; then erase this person again"
        ) from error


def _empty_log(database: Database) -> None:
    for _ in range(ATTEMPTS):
        if database.truncate_log():
            return
        time.sleep(PAUSE_S)
    raise ErasureUnfinished(
        f"the person is erased, but what was deleted is still in {database.path.name}-wal, because another program has"
        " been reading the database all the while; end it or let it finish, and erase this person again"
    )
