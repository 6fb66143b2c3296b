"""The schema of what is counted of orders, step 46. A released step is never changed."""

import sqlite3
import zlib
from collections.abc import Iterator

from msgspec import msgpack
from sqlite_utils import Database as Admin

from mailpixel.store.sqlite.steps_0001 import run
from mailpixel.store.sqlite.steps_0033 import STEPS

_PAGE = 2_000
_SOURCE, _CURRENCY, _VALUE, _REFUNDED, _CANCELLED, _RECIPIENT, _PROBLEMS = 3, 4, 5, 8, 9, 12, 14
"""Places in the body of an order."""
_SOURCES = {"browser": 1, "server": 2, "both": 3}
_FILL = "update orders set kind = ?, currency = ?, worth = ? where id = ?"


@STEPS(name="0046_order_kinds")
def _order_kinds(db: Admin) -> None:
    """The kind of each order, its currency, and what it is worth; null while no purchase is known.

    The bits of `kind`: a page reported it (1), a server did (2), their money differs (4), the customer is known (8), or
    was not kept (16).
    """
    run(
        db,
        "alter table orders add column kind integer",
        "alter table orders add column currency text",
        "alter table orders add column worth integer",
    )
    _fill(db.conn)
    run(
        db,
        "drop index orders_by_time",
        "create index orders_by_time on orders (site, at_ms, number, kind, currency, worth)",
    )


def _fill(connection: sqlite3.Connection) -> None:
    after = 0
    asked = "select id, body from orders where id > ? and body is not null order by id limit ?"
    while rows := connection.execute(asked, (after, _PAGE)).fetchall():
        connection.executemany(_FILL, _kinds(rows))
        after = rows[-1][0]


def _kinds(rows: list[tuple[int, bytes]]) -> Iterator[tuple[int, str, int | None, int]]:
    for id, body in rows:
        order = msgpack.decode(zlib.decompress(body) if body[:1] == b"x" else body)
        problems, value = order[_PROBLEMS], order[_VALUE]
        kind = _SOURCES[order[_SOURCE]] | ("differs" in problems) << 2 | (order[_RECIPIENT] != "") << 3
        kind |= ("no_consent:recipient" in problems) << 4
        worth = value if value is None else 0 if order[_CANCELLED] else value - order[_REFUNDED]
        yield kind, order[_CURRENCY], worth, id


__all__ = ["STEPS"]
