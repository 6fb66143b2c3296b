"""Generations of states and counters in SQLite: the live one of a campaign, and others being filled or emptied.

Their tables and columns are called shelf, because a running service of an earlier release still reads them.
"""

import sqlite3
from collections.abc import Sequence
from functools import lru_cache
from itertools import chain
from typing import Any

from mailpixel.kinds import Reason
from mailpixel.store.projections import MessageState
from mailpixel.store.sqlite.clicks import put_clicks
from mailpixel.store.sqlite.database import Database
from mailpixel.store.standing import CODES

SWEPT = 20_000
"""States deleted in one transaction. Other writers get the lock in between."""

SWEPT_TABLES = (
    ("states", "recipient"),
    ("counters", "bucket_ms, link, measure"),
    ("days", "day, measure"),
    ("clicks", "recipient, click"),
)

KEYS = 64
"""States read by one statement."""

STATE = """recipient, marks, delivered_at_ms, opted_out,
    first_human_open_at_ms, first_human_click_at_ms, last_event_at_ms, client, known, edition,
    bounced_at_ms, bounce_reason, complained_at_ms, carried"""
VALUES = ", ".join("?" * (len(STATE.split(",")) + 2))
PUT = f"insert or replace into states (shelf, {STATE}, standing) values ({VALUES})"  # noqa: S608
TOGETHER = 32
"""States put by one statement, which is a quarter quicker than one by one."""
PUT_TOGETHER = PUT + f", ({VALUES})" * (TOGETHER - 1)
REASONS = tuple(Reason)
"""A reason is stored as its index here."""
FILLING, LIVE, LEFT = 0, 1, -1
"""The states of a generation: being filled, seen by readers, or waiting to be swept."""


def live_generation(connection: sqlite3.Connection, campaign: str) -> int | None:
    """The generation that readers see; None for a campaign of which nothing was folded."""
    found = connection.execute(
        "select id from shelves where campaign = ? and live = 1", (campaign,)
    ).fetchone()
    return None if found is None else int(found[0])


def leave_unfinished(
    connection: sqlite3.Connection, generation: int | None = None, campaign: str | None = None
) -> None:
    """Give up generations that are being filled: one of them, those of one campaign, or all."""
    connection.execute(
        f"update shelves set live = {LEFT} where live < {LIVE} and live = {FILLING}"  # noqa: S608
        " and id = coalesce(?, id) and campaign = coalesce(?, campaign)",
        (generation, campaign),
    )


def leave_live(connection: sqlite3.Connection, campaign: str) -> None:
    """Let the live generation of a campaign be swept, without another in its place."""
    connection.execute(
        f"update shelves set live = {LEFT} where campaign = ? and live = {LIVE}",  # noqa: S608
        (campaign,),
    )


def new_generation(connection: sqlite3.Connection, campaign: str, live: bool) -> int:
    """An empty generation."""
    made = connection.execute("insert into shelves (campaign, live) values (?, ?)", (campaign, live))
    return int(made.lastrowid or 0)


def states_of(
    connection: sqlite3.Connection, generation: int, campaign: str, recipients: Sequence[str]
) -> list[MessageState]:
    """The states of these recipients, where they exist."""
    rows: list[Sequence[Any]] = []
    for start in range(0, len(recipients), KEYS):
        part = recipients[start : start + KEYS]
        rows += connection.execute(_select_of(len(part)), (*part, generation)).fetchall()
    return [to_state(campaign, row) for row in rows]


@lru_cache(maxsize=KEYS)
def _select_of(keys: int) -> str:
    values = ", ".join(["(?)"] * keys)
    return (
        f"select {STATE} from (values {values}) as named"  # noqa: S608
        " cross join states on shelf = ? and recipient = named.column1"
    )


def put_states(
    connection: sqlite3.Connection, generation: int, states: Sequence[MessageState], shown: Sequence[int]
) -> None:
    """Put states into a generation, replacing former ones, each with what it shows."""
    rows = [(generation, *_to_row(state), CODES[bits]) for state, bits in zip(states, shown, strict=True)]
    rest = len(rows) % TOGETHER
    for start in range(0, len(rows) - rest, TOGETHER):
        connection.execute(PUT_TOGETHER, list(chain.from_iterable(rows[start : start + TOGETHER])))
    connection.executemany(PUT, rows[len(rows) - rest :])
    put_clicks(connection, generation, states)


def remove_states(connection: sqlite3.Connection, generation: int, recipients: Sequence[str]) -> int:
    """Remove the states of these recipients from a generation, without touching its counters; how many there were."""
    gone = [(generation, recipient) for recipient in recipients]
    connection.executemany("delete from clicks where shelf = ? and recipient = ?", gone)
    return connection.executemany("delete from states where shelf = ? and recipient = ?", gone).rowcount


def to_state(campaign: str, row: Sequence[Any]) -> MessageState:
    """The state of a row in the order of `STATE`."""
    recipient, marks, delivered_at_ms, opted_out, *others, reason, complained_at_ms, carried = row
    others += [None if reason is None else REASONS[reason], complained_at_ms, carried or b""]
    return MessageState(campaign, recipient, marks, delivered_at_ms, bool(opted_out), *others)


def _to_row(state: MessageState) -> tuple[Any, ...]:
    return (
        state.recipient,
        state.marks,
        state.delivered_at_ms,
        state.opted_out,
        state.first_human_open_at_ms,
        state.first_human_click_at_ms,
        state.last_event_at_ms,
        state.client,
        state.known,
        state.edition,
        state.bounced_at_ms,
        None if state.bounce_reason is None else REASONS.index(state.bounce_reason),
        state.complained_at_ms,
        state.carried or None,
    )


def sweep_left(database: Database) -> None:
    """Delete the generations that wait to be swept: a part of their states and counters at a time."""
    with database.reading() as connection:
        left = connection.execute(
            f"select id from shelves where live < {LIVE} and live = {LEFT}"  # noqa: S608
        ).fetchall()
    for generation in left:
        for table, order in SWEPT_TABLES:
            delete = (
                f"delete from {table} where (shelf, {order}) in"  # noqa: S608
                f" (select shelf, {order} from {table} where shelf = ? order by {order} limit {SWEPT})"
            )
            while _changes(database, delete, generation) == SWEPT:
                pass
        _changes(database, "delete from shelves where id = ?", generation)


def _changes(database: Database, statement: str, parameters: Sequence[Any]) -> int:
    with database.writing() as connection:
        return connection.execute(statement, parameters).rowcount
