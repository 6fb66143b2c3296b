"""The schema of reasons that do not count before sending, and of what finds visits and orders of a campaign.

A released step is never changed.
"""

import sqlite3
import zlib
from typing import Any

from msgspec import msgpack
from sqlite_utils import Database as Admin

from mailpixel.store.sqlite.steps_0001 import run
from mailpixel.store.sqlite.steps_0033 import STEPS

_PAGE = 2_000
_UTM, _CLICK = 10, 13
"""The places of the campaign's name in the body of a visit, and of the click in that of an order."""


@STEPS(name="0044_ready")
def _ready(db: Admin) -> None:
    """Which reasons against sending a campaign do not count, and why.

    `utm` is the name of a campaign in the address at which a visit began, in small letters; null without one. `click`
    is the event id of the click that a server handed over with an order.
    """
    run(
        db,
        """create table overrides (
            campaign text not null, reason text not null, because text not null, by text not null,
            at_ms integer not null, primary key (campaign, reason)
        ) without rowid""",
        "alter table visits add column utm text",
        "alter table orders add column click blob",
    )
    _fill(db.conn, "visits", "utm", _utm)
    _fill(db.conn, "orders", "click", lambda order: order[_CLICK] or None)
    run(
        db,
        "create index visits_by_utm on visits (site, utm, first_ms, visitor) where utm is not null",
        "create index orders_by_click on orders (site, at_ms, number) where click is not null",
    )


def _utm(visit: Any) -> str | None:
    return visit[_UTM].strip().casefold() or None


def _fill(connection: sqlite3.Connection, table: str, column: str, value: Any) -> None:
    """Fill a new column from the bodies of the rows."""
    after = 0
    asked = f"select id, body from {table} where id > ? and body is not null order by id limit ?"  # noqa: S608
    while rows := connection.execute(asked, (after, _PAGE)).fetchall():
        found = ((value(_read(body)), id) for id, body in rows)
        connection.executemany(
            f"update {table} set {column} = ? where id = ?",  # noqa: S608
            [each for each in found if each[0] is not None],
        )
        after = rows[-1][0]


def _read(body: bytes) -> Any:
    return msgpack.decode(zlib.decompress(body) if body[:1] == b"x" else body)


__all__ = ["STEPS"]
