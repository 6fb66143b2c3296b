"""The leases of the consumers in SQLite, one row each."""

from collections.abc import Mapping

from mailpixel.store.leases import LeaseState
from mailpixel.store.sqlite.database import Database

TAKE = """
    insert into leases values (?, ?, ?, 0)
    on conflict (consumer) do update set holder = excluded.holder, expires_at_ms = excluded.expires_at_ms
    where holder = excluded.holder or expires_at_ms <= ? or expires_at_ms > ?
"""


class SqliteLeases:
    """`Leases` on a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def take_lease(self, consumer: str, holder: str, now_ms: int, for_ms: int) -> bool:
        """See `Leases`."""
        with self._database.writing() as connection:
            lease = (consumer, holder, now_ms + for_ms)
            return connection.execute(TAKE, (*lease, now_ms, now_ms + 2 * for_ms)).rowcount == 1

    def drop_lease(self, consumer: str, holder: str) -> None:
        """See `Leases`."""
        with self._database.writing() as connection:
            connection.execute(
                "update leases set expires_at_ms = 0 where consumer = ? and holder = ?", (consumer, holder)
            )

    def forget_lease(self, consumer: str) -> None:
        """See `Leases`."""
        with self._database.writing() as connection:
            connection.execute("delete from leases where consumer = ?", (consumer,))

    def caught_up(self, consumer: str, holder: str, now_ms: int) -> None:
        """See `Leases`."""
        with self._database.writing() as connection:
            connection.execute(
                "update leases set caught_up_at_ms = ? where consumer = ? and holder = ?",
                (now_ms, consumer, holder),
            )

    def lease(self, consumer: str) -> LeaseState:
        """See `Leases`."""
        return self.leases().get(consumer, LeaseState())

    def leases(self) -> Mapping[str, LeaseState]:
        """See `Leases`."""
        with self._database.reading() as connection:
            rows = connection.execute("select * from leases order by consumer")
            return {consumer: LeaseState(*state) for consumer, *state in rows}
