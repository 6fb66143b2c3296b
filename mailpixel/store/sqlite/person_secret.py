"""The secret of a SQLite file, with which the eight bytes of a person are made. It never changes."""

import sqlite3


def secret_of(connection: sqlite3.Connection) -> bytes:
    """The secret."""
    return bytes(connection.execute("select secret from person_secret").fetchone()[0])
