"""The schema of how far spooled hits were moved into the log. A released step is never changed."""

from sqlite_utils import Database as Admin

from mailpixel.store.sqlite.steps_0001 import run
from mailpixel.store.sqlite.steps_0033 import STEPS


@STEPS(name="0042_spool")
def _spool(db: Admin) -> None:
    """By writer: the number of the file that was read last, and the position in it in bytes."""
    run(
        db,
        """create table spool_cursors (
            edge text primary key, number integer not null, position integer not null
        ) without rowid""",
    )


__all__ = ["STEPS"]
