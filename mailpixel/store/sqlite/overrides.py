"""What does not count before sending, in SQLite."""

from collections.abc import Sequence

from mailpixel.store.overrides import Override
from mailpixel.store.sqlite.campaign_rows import is_signed
from mailpixel.store.sqlite.database import Database
from mailpixel.times import moment_of, to_ms


class SqliteOverrides:
    """`Overrides` on a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def overrides(self, campaign: str) -> Sequence[Override]:
        """See `Overrides`."""
        with self._database.reading() as connection:
            rows = connection.execute(
                "select reason, because, by, at_ms from overrides where campaign = ? order by reason",
                (campaign,),
            )
            return [Override(reason, because, by, moment_of(at_ms)) for reason, because, by, at_ms in rows]

    def override(self, campaign: str, override: Override) -> None:
        """See `Overrides`."""
        reason, because, by, at = override
        with self._database.writing() as connection:
            is_signed(connection, campaign)  # raises where there is no such campaign
            connection.execute(
                "insert or replace into overrides (campaign, reason, because, by, at_ms) values (?, ?, ?, ?, ?)",
                (campaign, reason, because, by, to_ms(at)),
            )

    def drop_override(self, campaign: str, reason: str) -> None:
        """See `Overrides`."""
        with self._database.writing() as connection:
            is_signed(connection, campaign)
            connection.execute("delete from overrides where campaign = ? and reason = ?", (campaign, reason))
