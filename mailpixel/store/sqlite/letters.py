"""Events that receivers of webhooks refused, in SQLite."""

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

from mailpixel.store.sqlite.database import Database
from mailpixel.store.webhooks import Letter, LetterCount

COLUMNS = tuple(each.name for each in fields(Letter))
LETTER = f"select {', '.join(COLUMNS)} from webhook_letters"  # noqa: S608
LETTERS = f"{LETTER} where webhook = ?"
PUT = f"""
    insert or replace into webhook_letters ({", ".join(COLUMNS)})
    select {", ".join("?" * len(COLUMNS))} where exists (select 1 from webhooks where name = ?)
"""  # noqa: S608
RETRY = "update webhook_letters set attempts = 0, next_at_ms = ?, dead = 0 where webhook = ?"


class SqliteLetters:
    """`Letters` on a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def letters(self, name: str, after: bytes = b"", limit: int = 1_000) -> Sequence[Letter]:
        """See `Letters`."""
        return self._letters("event_id > ? order by event_id limit ?", (name, after, limit))

    def due_letters(self, name: str, now_ms: int, limit: int) -> Sequence[Letter]:
        """See `Letters`."""
        due = "dead = 0 and next_at_ms <= ? order by next_at_ms, event_id limit ?"
        return self._letters(due, (name, now_ms, limit))

    def _letters(self, which: str, values: Sequence[Any]) -> Sequence[Letter]:
        with self._database.reading() as connection:
            rows = connection.execute(f"{LETTERS} and {which}", values)
            return [_letter(row) for row in rows]

    def count_letters(self, name: str) -> LetterCount:
        """See `Letters`."""
        count = "select count(*) - total(dead), total(dead) from webhook_letters where webhook = ?"
        with self._database.reading() as connection:
            return LetterCount(*map(int, connection.execute(count, (name,)).fetchone()))

    def put_letters(self, letters: Sequence[Letter]) -> None:
        """See `Letters`."""
        rows = [(*(getattr(letter, name) for name in COLUMNS), letter.webhook) for letter in letters]
        with self._database.writing() as connection:
            connection.executemany(PUT, rows)

    def drop_letters(self, name: str, event_ids: Sequence[bytes]) -> None:
        """See `Letters`."""
        with self._database.writing() as connection:
            connection.executemany(
                "delete from webhook_letters where webhook = ? and event_id = ?",
                [(name, event_id) for event_id in event_ids],
            )

    def retry_letters(self, name: str, event_id: bytes | None, now_ms: int) -> int:
        """See `Letters`."""
        one, values = ("", ()) if event_id is None else (" and event_id = ?", (event_id,))
        with self._database.writing() as connection:
            return connection.execute(RETRY + one, (now_ms, name, *values)).rowcount

    def letters_about(self, recipient: str) -> Sequence[Letter]:
        """See `Letters`."""
        about = f"{LETTER} where recipient = ? order by webhook, event_id"
        with self._database.reading() as connection:
            return [_letter(row) for row in connection.execute(about, (recipient,))]


def _letter(row: Sequence[Any]) -> Letter:
    values = dict(zip(COLUMNS, row, strict=True))
    return Letter(**values | {"dead": bool(values["dead"])})
