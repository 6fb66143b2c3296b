"""Adds tombstones that another copy of a SQLite file had, and leaves the people out or takes them back."""

import sqlite3
from collections.abc import Sequence

from mailpixel.store.erasure import Suppression
from mailpixel.store.sqlite.consents import note_erased, note_lifted

TAKE = """
    insert into suppressed values (?, ?, null) on conflict (person8) do update
    set at_ms = max(at_ms, excluded.at_ms), lifted_ms = null
"""


def take_suppressions(connection: sqlite3.Connection, entries: Sequence[Suppression]) -> None:
    """Add these tombstones."""
    connection.executemany(TAKE, [(each.person8, each.at_ms) for each in entries])
    note_erased(connection, [each.person8 for each in entries])
    for each in entries:
        if each.lifted_ms >= 0:
            note_lifted(connection, [each.person8], each.lifted_ms)
