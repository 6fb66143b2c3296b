"""The lease of the fold in SQLite."""

from mailpixel.store.leases import FoldState
from mailpixel.store.sqlite.database import Database


class SqliteLeases:
    """`Leases` on a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def take_lease(self, holder: str, now_ms: int, for_ms: int) -> bool:
        """See `Leases`."""
        with self._database.writing() as connection:
            taken = connection.execute(
                "update lease set holder = ?, expires_at_ms = ?"
                " where holder = ? or expires_at_ms <= ? or expires_at_ms > ?",
                (holder, now_ms + for_ms, holder, now_ms, now_ms + 2 * for_ms),
            )
            return taken.rowcount == 1

    def drop_lease(self, holder: str) -> None:
        """See `Leases`."""
        with self._database.writing() as connection:
            connection.execute("update lease set expires_at_ms = 0 where holder = ?", (holder,))

    def caught_up(self, holder: str, now_ms: int) -> None:
        """See `Leases`."""
        with self._database.writing() as connection:
            connection.execute("update lease set caught_up_at_ms = ? where holder = ?", (now_ms, holder))

    def fold_state(self) -> FoldState:
        """See `Leases`."""
        with self._database.reading() as connection:
            return FoldState(
                *connection.execute("select holder, expires_at_ms, caught_up_at_ms from lease").fetchone()
            )
