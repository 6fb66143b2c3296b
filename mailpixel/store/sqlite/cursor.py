"""How far the log has been folded, and what a fold must notice when it happened meanwhile."""

import sqlite3
from typing import NamedTuple

from mailpixel.errors import InvalidInput


class Cursor(NamedTuple):
    """`position` of the last folded event, and how often a person was erased or a campaign's states replaced.

    A fold that read before an erasure or a replacement must not write after it, so both make its cursor
    stale.
    """

    position: int = 0
    erasures: int = 0
    replacements: int = 0

    @classmethod
    def parse(cls, text: str) -> "Cursor":
        """The cursor in its text; the empty one is the beginning. Raises `InvalidInput`."""
        if not text:
            return cls()
        try:
            return cls(*map(int, text.split(".")))
        except (TypeError, ValueError):
            raise InvalidInput("cursor", "is not one of this store; begin with an empty one") from None

    def __str__(self) -> str:
        return "" if self == Cursor() else ".".join(map(str, self))


def read_cursor(connection: sqlite3.Connection) -> Cursor:
    """The stored cursor."""
    return Cursor(*connection.execute("select position, erasures, replacements from checkpoint").fetchone())


def write_cursor(connection: sqlite3.Connection, cursor: Cursor) -> None:
    """Store a cursor."""
    connection.execute("update checkpoint set position = ?, erasures = ?, replacements = ?", cursor)
