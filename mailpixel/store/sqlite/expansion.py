"""Cursors of the spool in a SQLite file, moved in the transaction that logs the events."""

import sqlite3
from collections.abc import Collection, Mapping, Sequence

from mailpixel.store.expansion import BEGINNING, CursorMove, SpoolCursor

CURSORS = "select edge, number, position from spool_cursors"
MOVE = "insert or replace into spool_cursors values (?, ?, ?)"


def spool_cursors(connection: sqlite3.Connection) -> Mapping[str, SpoolCursor]:
    """The cursors by writer."""
    return {edge: SpoolCursor(number, position) for edge, number, position in connection.execute(CURSORS)}


def move_cursors(connection: sqlite3.Connection, moves: Sequence[CursorMove]) -> bool:
    """Move the cursors. Returns False, and moves none, when one is not where its move begins."""
    cursors = spool_cursors(connection)
    if any(cursors.get(move.edge, BEGINNING) != move.since for move in moves):
        return False
    connection.executemany(MOVE, [(move.edge, *move.until) for move in moves])
    return True


def forget_cursors(connection: sqlite3.Connection, edges: Collection[str]) -> None:
    """Forget these cursors."""
    connection.executemany("delete from spool_cursors where edge = ?", [(edge,) for edge in edges])
