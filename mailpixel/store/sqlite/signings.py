"""Counts of signed recipients in SQLite."""

import sqlite3
from collections.abc import Mapping, Sequence

from mailpixel.modes import Treatment, treatment_of
from mailpixel.store.signings import ERASED, Signed, recorded, signed_as
from mailpixel.store.sqlite.database import Database
from mailpixel.store.sqlite.rows import KINDS

_ADD = """insert into signings (campaign, run, treatment, number) select id, ?, ?, ? from campaigns where id = ?
on conflict (campaign, run, treatment) do update set number = number + excluded.number"""


class SqliteSignings:
    """`Signings` on a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def note_signings(
        self, campaign: str, run: str, numbers: Mapping[Treatment, int], *, replace: bool
    ) -> None:
        """See `Signings`. It does not wait for the disk: mail is not delayed for a count."""
        rows = [(run, treatment.text, number, campaign) for treatment, number in numbers.items() if number]
        with self._database.jotting() as connection:
            if replace:
                connection.execute("delete from signings where campaign = ? and run = ?", (campaign, run))
            connection.executemany(_ADD, rows)

    def signings(self, campaign: str) -> Sequence[Signed]:
        """See `Signings`."""
        with self._database.reading() as connection:
            return _signings(connection, campaign)

    def signings_of_all(self) -> Mapping[Treatment, int]:
        """See `Signings`."""
        select = "select treatment, sum(number) from signings group by treatment having sum(number) > 0"
        with self._database.reading() as connection:
            return {treatment_of(text): number for text, number in connection.execute(select)}


def _signings(connection: sqlite3.Connection, campaign: str) -> list[Signed]:
    rows = connection.execute(
        "select run, treatment, number from signings where campaign = ? order by run, treatment", (campaign,)
    )
    return [Signed(run, treatment_of(text), number) for run, text, number in rows]


def move_to_erased(connection: sqlite3.Connection, campaign: str, recipient: str) -> bool:
    """Count a recipient with those who were erased, while their events still stand. Returns whether they moved."""
    select = "select kind, facts from events where campaign = ? and recipient = ?"
    events = [(KINDS[kind][0], facts) for kind, facts in connection.execute(select, (campaign, recipient))]
    found = signed_as(_signings(connection, campaign), recorded(events)) if events else None
    if found is None:
        return False
    connection.execute(
        "update signings set number = number - 1 where campaign = ? and run = ? and treatment = ?",
        (campaign, found.run, found.treatment.text),
    )
    connection.execute(_ADD, (found.run, ERASED.text, 1, campaign))
    return True
