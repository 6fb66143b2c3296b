"""Removes what is old from the registry in a SQLite file, and notes when."""

import sqlite3
from collections.abc import Callable, Mapping

from mailpixel.store.retention import Holding, Kept, RetentionRun
from mailpixel.store.sqlite.campaign_rows import next_revision
from mailpixel.store.sqlite.database import Database
from mailpixel.store.sqlite.holdings import REFUSES, holding_of
from mailpixel.store.sqlite.kept import id_from

NOTE = """
    insert into retention_runs values (:kind, :at_ms, :removed, iif(:removed, :at_ms, null))
    on conflict (kind) do update set
        at_ms = excluded.at_ms, removed = excluded.removed, removed_ms = coalesce(excluded.removed_ms, removed_ms)
"""
# Read from the index, people after people; a refusal in force that has lost the id already is not found again.
SILENT = f"""
    select person8 from consents group by person8 having max(max(at_ms, recorded_ms)) < ?
        and (max(recipient is not null) or not exists
            (select 1 from consent_now n where n.person8 = consents.person8 and n.states & {REFUSES}))
    limit ?
"""  # noqa: S608
LAST_SAID = "select max(max(at_ms, recorded_ms)) from consents where person8 = ?"
OF_NOBODY = """
    from consent_now where states = 0 and person8 not in (select person8 from consents)
    and revision {} (select revision from registry)
"""


class SqliteOldRecords:
    """`OldRecords` on a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def remove_old(self, kind: Kept, before_ms: int, limit: int = 500) -> int:
        """See `OldRecords`."""
        if kind is Kept.CONSENTS:
            return _forget_consents(self._database, before_ms, limit)
        with self._database.writing() as connection:
            return REMOVE[kind](connection, before_ms, limit)

    def holding(self, kind: Kept, before_ms: int) -> Holding:
        """See `OldRecords`."""
        with self._database.reading() as connection:
            return holding_of(connection, kind, before_ms)

    def note_retention(self, kind: Kept, at_ms: int, removed: int) -> None:
        """See `OldRecords`."""
        with self._database.writing() as connection:
            connection.execute(NOTE, {"kind": kind, "at_ms": at_ms, "removed": removed})

    def retention_runs(self) -> Mapping[Kept, RetentionRun]:
        """See `OldRecords`."""
        with self._database.reading() as connection:
            rows = connection.execute(
                "select kind, at_ms, removed, removed_ms from retention_runs order by kind"
            )
            return {Kept(kind): RetentionRun(*run) for kind, *run in rows}


def _forget_consents(database: Database, before_ms: int, limit: int) -> int:
    """Of people who said nothing for so long: a refusal loses the id, everything else goes."""
    with database.reading() as connection:
        people = [person for (person,) in connection.execute(SILENT, (before_ms, limit))]
    with database.writing() as connection:
        if not people:
            _forget_unknown(connection)
            return 0
        revision = next_revision(connection)
        for person in people:
            if connection.execute(LAST_SAID, (person,)).fetchone()[0] < before_ms:
                _forget_consent(connection, person, revision)
    return len(people)


def _forget_unknown(connection: sqlite3.Connection) -> None:
    """Delete the keys of people who became unknown in an earlier run: every process knows by now."""
    connection.execute(f"delete {OF_NOBODY.format('<')}")
    if connection.execute(f"select 1 {OF_NOBODY.format('=')} limit 1").fetchone():
        next_revision(connection)


def _forget_consent(connection: sqlite3.Connection, person: int, revision: int) -> None:
    row = connection.execute("select states from consent_now where person8 = ?", (person,)).fetchone()
    refused = 0 if row is None else int(row[0]) & REFUSES
    if not refused:
        connection.execute("delete from consents where person8 = ?", (person,))
    else:
        connection.execute("update consents set recipient = null where person8 = ?", (person,))
        connection.execute("delete from consents where person8 = ? and state <> 2", (person,))
    stays = refused | (0 if row is None else int(row[0]) & ~0xFFF)
    connection.execute(
        "update consent_now set states = ?, revision = ? where person8 = ? and states <> ?",
        (stays, revision, person, stays),
    )


def _rows(delete: str, by_id: bool = False) -> Callable[[sqlite3.Connection, int, int], int]:
    def remove(connection: sqlite3.Connection, before_ms: int, limit: int) -> int:
        before = id_from(before_ms) if by_id else before_ms
        return connection.execute(delete, (before, limit)).rowcount

    return remove


REMOVE: Mapping[Kept, Callable[[sqlite3.Connection, int, int], int]] = {
    Kept.MAILS: _rows(
        "delete from mails where campaign in (select campaign from mails where registered_at_ms < ? limit ?)"
    ),
    Kept.LETTERS: _rows(
        "delete from webhook_letters where (webhook, event_id) in"
        " (select webhook, event_id from webhook_letters where event_id < ? limit ?)",
        by_id=True,
    ),
    Kept.POSTS: _rows(
        "delete from inbound_once where (source, once) in"
        " (select source, once from inbound_once where until_ms < ? limit ?)"
    ),
}
"""How rows of each kind are removed, but for consents."""
