"""Salts in a SQLite file, and their bytes in its write-ahead log.

A deleted salt is overwritten in the file, but stands in the write-ahead log until that is emptied. Until then its
row stays, without the salt, so that every process can see what is left to do.
"""

from collections.abc import Mapping, Sequence
from secrets import token_bytes

from mailpixel.store.salts import SALT_BYTES
from mailpixel.store.sqlite.database import Database

KEPT = "select day, salt from salts where salt is not null"
OTHERS = "select 1 from salts where day < ? or day >= ? limit 1"
CLEAR = "update salts set salt = null where (day < ? or day >= ?) and salt is not null"
CLEARED = "delete from salts where (day < ? or day >= ?) and salt is null"


def salts(database: Database, make: Sequence[int]) -> Mapping[int, bytes]:
    """See `Salts`. Writes only when a salt is to be made."""
    with database.reading() as connection:
        found = dict(connection.execute(KEPT).fetchall())
    missing = [day for day in make if day not in found]
    if not missing:
        return found
    with database.writing() as connection:
        rows = [(day, token_bytes(SALT_BYTES)) for day in missing]
        connection.executemany("insert or ignore into salts values (?, ?)", rows)
        return dict(connection.execute(KEPT).fetchall())


def drop_salts(database: Database, kept: range) -> bool:
    """See `Salts`. Writes only when there is something to delete."""
    bounds = (kept.start, kept.stop)
    with database.reading() as connection:
        if connection.execute(OTHERS, bounds).fetchone() is None:
            return True
    with database.writing() as connection:
        connection.execute(CLEAR, bounds)
    if not database.truncate_log(wait=False):
        return False
    with database.writing() as connection:
        connection.execute(CLEARED, bounds)
    return True


def salt_days(database: Database) -> Sequence[int]:
    """See `Salts`."""
    with database.reading() as connection:
        return [day for (day,) in connection.execute("select day from salts order by day")]
