"""The position of each consumer in the log, and what a fold must notice if it happened meanwhile."""

import sqlite3
from typing import NamedTuple

from mailpixel.errors import InvalidInput
from mailpixel.store.projections import FOLD


class Cursor(NamedTuple):
    """The `position` of the last folded event, with counts of the erasures and of the replaced campaigns so far.

    A fold that read before an erasure or a replacement must not write after
    it, so both make its cursor stale.
    """

    position: int = 0
    erasures: int = 0
    replacements: int = 0

    @classmethod
    def parse(cls, text: str) -> "Cursor":
        """The cursor that a text stands for; the empty text is the beginning. Raises `InvalidInput`."""
        if not text:
            return cls()
        try:
            return cls(*map(int, text.split(".")))
        except (TypeError, ValueError):
            raise InvalidInput("cursor", "is not a cursor of this store; start with an empty one") from None

    def __str__(self) -> str:
        return "" if self == Cursor() else ".".join(map(str, self))


def read_cursor(connection: sqlite3.Connection, consumer: str = FOLD) -> Cursor:
    """The cursor of a consumer."""
    found = connection.execute("select erasures, replacements from folded").fetchone()
    return Cursor(read_position(connection, consumer), *found)


def write_cursor(connection: sqlite3.Connection, cursor: Cursor) -> None:
    """Store the cursor of the fold."""
    write_position(connection, FOLD, cursor.position)
    connection.execute("update folded set erasures = ?, replacements = ?", cursor[1:])


def read_position(connection: sqlite3.Connection, consumer: str) -> int:
    """The position of the last event that a consumer is done with; 0 at the beginning."""
    found = connection.execute("select position from positions where consumer = ?", (consumer,)).fetchone()
    return 0 if found is None else int(found[0])


def write_position(connection: sqlite3.Connection, consumer: str, position: int) -> None:
    """Store the position of a consumer."""
    connection.execute("insert or replace into positions values (?, ?)", (consumer, position))
