"""What people set up, in SQLite: the sum of the parts of a registry."""

import sqlite3
from datetime import datetime
from pathlib import Path

from mailpixel.store.registry import RegistryNews
from mailpixel.store.sqlite.campaign_rows import campaigns_in, next_revision
from mailpixel.store.sqlite.campaigns import SqliteCampaigns
from mailpixel.store.sqlite.changed_campaigns import SqliteChangedCampaigns
from mailpixel.store.sqlite.database import BUSY_MS, Database
from mailpixel.store.sqlite.editions import edition_number
from mailpixel.store.sqlite.inbound import SqliteInbound
from mailpixel.store.sqlite.keys import SqliteKeys, api_keys_in
from mailpixel.store.sqlite.leases import SqliteLeases
from mailpixel.store.sqlite.letters import SqliteLetters
from mailpixel.store.sqlite.mails import SqliteMails
from mailpixel.store.sqlite.migrations import migrate
from mailpixel.store.sqlite.shares import SqliteShares
from mailpixel.store.sqlite.sign_ins import SqliteSignIns
from mailpixel.store.sqlite.webhooks import SqliteWebhooks
from mailpixel.times import to_ms


class SqliteRegistry(
    SqliteCampaigns,
    SqliteChangedCampaigns,
    SqliteKeys,
    SqliteMails,
    SqliteLeases,
    SqliteShares,
    SqliteSignIns,
    SqliteWebhooks,
    SqliteLetters,
    SqliteInbound,
):
    """A `Registry` in a file that several processes may use at once. Opening it creates and migrates the file.

    Every call raises `StoreUnavailable` while the file cannot be used; the next call tries again.
    """

    def __init__(self, path: Path | str, busy_ms: int = BUSY_MS) -> None:
        migrate(path, busy_ms)
        super().__init__(Database(path, busy_ms))

    def __reduce__(self) -> tuple[type["SqliteRegistry"], tuple[Path, int]]:
        return SqliteRegistry, (self._database.path, self._database.busy_ms)

    def news(self, since: int) -> RegistryNews:
        """See `Registry`."""
        with self._database.reading() as connection:
            (revision,) = connection.execute("select revision from registry").fetchone()
            if revision <= since:
                return RegistryNews(revision, (), (), ())
            opted_out = connection.execute(
                "select recipient from optouts where revision > ? order by revision", (since,)
            )
            deleted = connection.execute(
                "select id from deleted_campaigns where revision > ? order by id", (since,)
            )
            return RegistryNews(
                revision,
                campaigns_in(connection, "revision > ? order by id", (since,)),
                api_keys_in(connection, "revision > ? order by name", (since,)),
                [recipient for (recipient,) in opted_out],
                [id for (id,) in deleted],
            )

    def opt_out(self, recipient: str, now: datetime) -> None:
        """See `Registry`."""
        with self._database.writing() as connection:
            if not _is_opted_out(connection, recipient):
                row = (recipient, to_ms(now), next_revision(connection))
                connection.execute("insert into optouts values (?, ?, ?)", row)

    def is_opted_out(self, recipient: str) -> bool:
        """See `Registry`."""
        with self._database.reading() as connection:
            return _is_opted_out(connection, recipient)

    def edition_number(self, rules: str) -> int:
        """See `Registry`."""
        return edition_number(self._database, rules)

    def check_in_place(self) -> None:
        """See `Registry`."""
        self._database.check_in_place()

    def close(self) -> None:
        """Close the connections of all threads. No thread may be using one."""
        self._database.close()


def _is_opted_out(connection: sqlite3.Connection, recipient: str) -> bool:
    found = connection.execute("select 1 from optouts where recipient = ?", (recipient,)).fetchone()
    return found is not None
