"""Texts of the choice page in SQLite."""

from collections.abc import Sequence

from mailpixel.store.consents import Wording
from mailpixel.store.sqlite.database import Database

CHOOSE = """
    insert into wordings values (?, ?, ?, ?) on conflict (version) do update set chosen_ms = excluded.chosen_ms
"""


class SqliteWordings:
    """`Wordings` on a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def choose_wording(self, wording: Wording) -> None:
        """See `Wordings`."""
        self._put(CHOOSE, wording)

    def keep_wording(self, wording: Wording) -> None:
        """See `Wordings`."""
        self._put("insert or ignore into wordings values (?, ?, ?, ?)", wording)

    def wordings(self) -> Sequence[Wording]:
        """See `Wordings`."""
        with self._database.reading() as connection:
            rows = connection.execute(
                "select version, language, body, chosen_ms from wordings order by language, chosen_ms, version"
            )
            return [Wording(*row) for row in rows]

    def _put(self, statement: str, wording: Wording) -> None:
        row = (wording.version, wording.language, wording.body, wording.chosen_ms)
        with self._database.writing() as connection:
            connection.execute(statement, row)
