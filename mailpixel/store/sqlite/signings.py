"""Counts of signed recipients in SQLite."""

from collections.abc import Mapping, Sequence

from mailpixel.modes import Treatment, treatment_of
from mailpixel.store.signings import Signed
from mailpixel.store.sqlite.database import Database

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
            rows = connection.execute(
                "select run, treatment, number from signings where campaign = ? order by run, treatment",
                (campaign,),
            )
            return [Signed(run, treatment_of(text), number) for run, text, number in rows]
