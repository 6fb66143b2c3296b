"""Carried clicks in a SQLite file: an index from event ids to the states that hold the clicks."""

import sqlite3
from collections.abc import Mapping, Sequence
from functools import lru_cache

from mailpixel.site_model import Click
from mailpixel.store.clicks import ids_in, unpack_clicks
from mailpixel.store.projections import MessageState
from mailpixel.store.sqlite.database import Database

IDS = 64
"""Event ids looked up by one statement."""
PUT = "insert or ignore into clicks (shelf, recipient, click) values (?, ?, ?)"


def put_clicks(connection: sqlite3.Connection, generation: int, states: Sequence[MessageState]) -> None:
    """Index the carried clicks of states in a generation. A message never loses one while its state is there."""
    rows = [
        (generation, state.recipient, id) for state in states if state.carried for id in ids_in(state.carried)
    ]
    if rows:
        connection.executemany(PUT, rows)


def clicks_by_id(database: Database, ids: Sequence[bytes]) -> Mapping[bytes, Click]:
    """See `Clicks`."""
    with database.reading() as connection:
        return clicks_in(connection, ids)


def clicks_in(connection: sqlite3.Connection, ids: Sequence[bytes]) -> Mapping[bytes, Click]:
    """The carried clicks with these event ids, as this transaction sees them."""
    found: dict[bytes, Click] = {}
    asked = frozenset(ids)
    for start in range(0, len(ids), IDS):
        part = ids[start : start + IDS]
        for row in connection.execute(_select_of(len(part)), part):
            found |= {click.id: click for click in unpack_clicks(*row) if click.id in asked}
    return found


@lru_cache(maxsize=IDS)
def _select_of(ids: int) -> str:
    values = ", ".join(["(?)"] * ids)
    return (
        f"select distinct h.campaign, c.recipient, s.carried from (values {values}) as asked"  # noqa: S608
        " cross join clicks c indexed by clicks_by_id on c.click = asked.column1"
        " cross join shelves h on h.id = c.shelf and h.live = 1"
        " cross join states s on s.shelf = c.shelf and s.recipient = c.recipient"
    )
