"""Entries of networks that hits were logged with, by number. The table only grows: it holds no trace of a person."""

import sqlite3
from collections.abc import Iterable, Mapping

from mailpixel.model import Certainty, Network, Scope, Via

COLUMNS = "prefix, name, scope, certainty, source, date, via"
ADD = f"insert or ignore into network_entries ({COLUMNS}) values (?, ?, ?, ?, ?, ?, ?)"  # noqa: S608
FIND = f"select id from network_entries where ({COLUMNS}) = (?, ?, ?, ?, ?, ?, ?)"  # noqa: S608
READ = f"select {COLUMNS} from network_entries where id = ?"  # noqa: S608


class NetworkNumbers:
    """Numbers of entries for the writer. It remembers only committed ones."""

    def __init__(self) -> None:
        self._known: dict[Network | None, int | None] = {None: None}

    @property
    def known(self) -> Mapping[Network | None, int | None]:
        """The numbers known so far; no entry has no number."""
        return self._known

    def learn(self, new: Mapping[Network | None, int | None]) -> None:
        """Remember numbers that have been committed."""
        self._known.update(new)


class NetworkTexts(dict[int | None, Network | None]):
    """Entries by number, each looked up once. The entry of a number never changes."""

    def load(self, connection: sqlite3.Connection, numbers: set[int | None]) -> None:
        """Make sure that these numbers are loaded."""
        self.setdefault(None, None)
        for number in numbers - self.keys():
            prefix, name, scope, certainty, source, date, via = connection.execute(READ, (number,)).fetchone()
            self[number] = Network(
                prefix, name, Scope(scope), Certainty(certainty), source, date, Via(via) if via else None
            )


def intern_networks(
    connection: sqlite3.Connection, entries: Iterable[Network | None]
) -> dict[Network | None, int | None]:
    """The numbers of these entries. Entries without a number get one."""
    found: dict[Network | None, int | None] = {}
    for entry in entries:
        if entry is not None:
            row = _row(entry)
            connection.execute(ADD, row)
            (found[entry],) = connection.execute(FIND, row).fetchone()
    return found


def _row(entry: Network) -> tuple[str, ...]:
    return (
        entry.prefix,
        entry.name,
        entry.scope.value,
        entry.certainty.value,
        entry.source,
        entry.date,
        "" if entry.via is None else entry.via.value,
    )
