"""Erasures and the processes that must know of them, in SQLite."""

from collections.abc import Sequence
from dataclasses import astuple, fields
from typing import Any

from mailpixel.errors import NotFound
from mailpixel.store.erasures import ErasureRecord, ErasureState, Worker
from mailpixel.store.sqlite.database import Database
from mailpixel.store.sqlite.erasers import OF_REGISTRY, erase_from

COLUMNS = ", ".join(field.name for field in fields(ErasureRecord))
SELECT = f"select {COLUMNS} from erasures"  # noqa: S608
PUT = f"insert or replace into erasures ({COLUMNS}) values ({', '.join('?' * len(fields(ErasureRecord)))})"  # noqa: S608
ERASING = "select recipient from erasing where erasure = ? order by recipient"


class SqliteErasures:
    """`Erasures` and `Workers` on a database.

    The rows of people have no index, because rows that an index moves to another page leave copies behind.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def begin_erasure(self, erasure: ErasureRecord, recipients: Sequence[str]) -> None:
        """See `Erasures`."""
        with self._database.writing() as connection:
            connection.execute(PUT, astuple(erasure))
            rows = [(erasure.id, recipient) for recipient in recipients]
            connection.executemany("insert into erasing values (?, ?)", rows)

    def erasing(self, id: str) -> Sequence[str]:
        """See `Erasures`."""
        with self._database.reading() as connection:
            return [recipient for (recipient,) in connection.execute(ERASING, (id,))]

    def note_erasure(self, erasure: ErasureRecord) -> None:
        """See `Erasures`."""
        with self._database.writing() as connection:
            connection.execute(PUT, astuple(erasure))
            if erasure.state is not ErasureState.ASKED:
                connection.execute("delete from erasing where erasure = ?", (erasure.id,))

    def erasure(self, id: str) -> ErasureRecord:
        """See `Erasures`."""
        found = self._erasures("id = ?", (id,))
        if not found:
            raise no_erasure(id)
        return found[0]

    def unfinished_erasures(self) -> Sequence[ErasureRecord]:
        """See `Erasures`."""
        return self._erasures("state <> 'done' order by asked_at_ms, id", ())

    def forget_people(self, recipients: Sequence[str]) -> int:
        """See `Erasures`."""
        with self._database.writing() as connection:
            return erase_from(connection, OF_REGISTRY, recipients)["webhook_letters"]

    def note_worker(self, worker: Worker) -> None:
        """See `Workers`."""
        with self._database.jotting() as connection:
            connection.execute("insert or replace into workers values (?, ?, ?)", astuple(worker))

    def workers(self) -> Sequence[Worker]:
        """See `Workers`."""
        with self._database.reading() as connection:
            return [Worker(*row) for row in connection.execute("select * from workers order by id")]

    def forget_worker(self, id: str) -> None:
        """See `Workers`."""
        with self._database.writing() as connection:
            connection.execute("delete from workers where id = ?", (id,))

    def _erasures(self, which: str, values: Sequence[Any]) -> list[ErasureRecord]:
        with self._database.reading() as connection:
            rows = connection.execute(f"{SELECT} where {which}", values).fetchall()
        return [_record(row) for row in rows]


def no_erasure(id: str) -> NotFound:
    """The error for an erasure that does not exist."""
    return NotFound(f"there is no erasure {id!r}")


def _record(row: Sequence[Any]) -> ErasureRecord:
    id, asked_at_ms, people, state, *others = row
    return ErasureRecord(id, asked_at_ms, people, ErasureState(state), *others)
