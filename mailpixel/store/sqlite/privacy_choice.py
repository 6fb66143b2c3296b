"""The operator's choice of privacy in SQLite: one row."""

from mailpixel.store.privacy_choice import PrivacyChoice
from mailpixel.store.sqlite.database import Database


class SqlitePrivacyChoices:
    """`PrivacyChoices` on a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def privacy_choice(self) -> PrivacyChoice:
        """See `PrivacyChoices`."""
        with self._database.reading() as connection:
            legacy, mode, unknown = connection.execute("select legacy, mode, unknown from privacy").fetchone()
        return PrivacyChoice(bool(legacy), mode, unknown)

    def choose_privacy(self, mode: str, unknown: str) -> None:
        """See `PrivacyChoices`."""
        with self._database.writing() as connection:
            connection.execute(
                "update privacy set mode = coalesce(nullif(?, ''), mode), unknown = coalesce(nullif(?, ''), unknown)",
                (mode, unknown),
            )
