"""The operator's choice of privacy in SQLite: one row."""

import sqlite3
from collections.abc import Sequence

from mailpixel.store.privacy_choice import PrivacyChoice, StatedMode
from mailpixel.store.sqlite.database import Database

READ = "select legacy, mode, unknown, mode_since_ms, unknown_since_ms from privacy"
STATED = """select mode, count(*), case when count(mode_since_ms) = count(*) then min(mode_since_ms) end
from campaigns where mode <> '' group by mode order by mode"""


class SqlitePrivacyChoices:
    """`PrivacyChoices` on a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def privacy_choice(self) -> PrivacyChoice:
        """See `PrivacyChoices`."""
        with self._database.reading() as connection:
            return _choice(connection)

    def choose_privacy(self, mode: str, unknown: str, now_ms: int) -> None:
        """See `PrivacyChoices`."""
        with self._database.writing() as connection:
            chosen = _choice(connection).chosen(mode, unknown, now_ms)
            connection.execute(
                "update privacy set mode = ?, unknown = ?, mode_since_ms = ?, unknown_since_ms = ?",
                (chosen.mode, chosen.unknown, chosen.mode_since_ms, chosen.unknown_since_ms),
            )

    def stated_modes(self) -> Sequence[StatedMode]:
        """See `PrivacyChoices`."""
        with self._database.reading() as connection:
            return [StatedMode(*row) for row in connection.execute(STATED)]


def _choice(connection: sqlite3.Connection) -> PrivacyChoice:
    legacy, *chosen = connection.execute(READ).fetchone()
    return PrivacyChoice(bool(legacy), *chosen)
