"""Takes what must not be lost with a replaced database into the one that is restored in its place.

That is what people said since the backup and what protects them: the ledger of consent with its texts, erasures,
modes, and keys and shares that were given up. Hits, campaigns and figures are those of the backup.
"""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from msgspec import Struct

from mailpixel.errors import Conflict
from mailpixel.modes import Statement
from mailpixel.store.consents import CODES, MAIL, Line, states_in
from mailpixel.store.erasure import Suppression
from mailpixel.store.sqlite.campaign_rows import next_revision
from mailpixel.store.sqlite.consents import ERASED_BIT, HOLD, LINES, forget_refused, states_now
from mailpixel.store.sqlite.database import Database
from mailpixel.store.sqlite.migrations import migrate
from mailpixel.store.sqlite.tombstones import SUPPRESSIONS

COLUMNS = "person8, recipient, purposes, state, at_ms, recorded_ms, source, wording, method"
SAME = " and ".join(
    f"m.{column} = o.{column}" for column in ("person8", "purposes", "state", "at_ms", "source", "method")
)
NEW = f"from old.consents o where not exists (select 1 from consents m where {SAME})"  # noqa: S608
REFUSING = (
    f"select distinct o.recipient {NEW} and o.recipient is not null and o.state = {CODES[Statement.DENIED]}"
    f" and o.purposes & {MAIL} order by 1"
)
GIVEN_UP = """
    update {table} set revoked_at_ms = (select o.revoked_at_ms from old.{table} o where o.digest = {table}.digest)
    where revoked_at_ms is null
    and exists (select 1 from old.{table} o where o.digest = {table}.digest and o.revoked_at_ms is not null)
"""
PLAIN = (
    "insert or ignore into wordings select * from old.wordings",
    "insert or ignore into erasing select e.erasure, e.recipient from old.erasing e"
    " where e.erasure not in (select id from erasures)",
    "insert or ignore into signing_keys select * from old.signing_keys",
    "update signing_keys set removed = 1 where id in (select id from old.signing_keys where removed)",
    "update privacy set (mode, unknown, mode_since_ms, unknown_since_ms) ="
    " (select mode, unknown, mode_since_ms, unknown_since_ms from old.privacy)",
    "update campaigns set (mode, mode_since_ms) ="
    " (select o.mode, o.mode_since_ms from old.campaigns o where o.id = campaigns.id)"
    " where exists (select 1 from old.campaigns o where o.id = campaigns.id and o.mode <> campaigns.mode)",
)
"""What is taken as it is. In a database both tables have the same columns in the same order."""


class TakenOver(Struct, frozen=True):
    """What was taken from a replaced database.

    `statements` counts what people said since the backup, and `erasures` those asked for since. `refusing` names
    those who refused opens or clicks. `suppressions` are all tombstones. `revoked` counts keys and shares.
    """

    statements: int = 0
    erasures: int = 0
    revoked: int = 0
    refusing: Sequence[str] = ()
    suppressions: Sequence[Suppression] = ()


def take_over(path: Path, replaced: Path) -> TakenOver:
    """Take what must not be lost from the database in `replaced` into the one in `path`.

    Both are brought to today's schema first. Doing it again changes nothing. Raises `Conflict` when they are not of
    one data folder, and `StoreUnavailable` when one cannot be read.
    """
    migrate(replaced)
    migrate(path)
    with closing(Database(path)) as database:
        with database.at_once() as connection:
            connection.execute("attach ? as old", (str(replaced),))
        with database.writing() as connection:
            check_same(connection)
            return _taken(connection)


def check_same(connection: sqlite3.Connection) -> None:
    """Raises `Conflict` unless the database and the attached one are of one data folder."""
    secrets = connection.execute(
        "select secret from person_secret union select secret from old.person_secret"
    )
    if len(secrets.fetchall()) != 1:
        raise Conflict(
            "the backup is not of the database that it would replace; restore it to another data folder"
        )


def _taken(connection: sqlite3.Connection) -> TakenOver:
    refusing = [recipient for (recipient,) in connection.execute(REFUSING)]
    statements = _take_statements(connection)
    for statement in PLAIN:
        connection.execute(statement)
    erasures = connection.execute("insert or ignore into erasures select * from old.erasures").rowcount
    revision = next_revision(connection)
    revoked = sum(
        connection.execute(GIVEN_UP.format(table=table)).rowcount for table in ("api_keys", "shares")
    )
    connection.execute("update api_keys set revision = ? where revoked_at_ms is not null", (revision,))
    found = connection.execute(SUPPRESSIONS.replace("suppressed", "old.suppressed"))
    return TakenOver(statements, erasures, revoked, refusing, [Suppression(*row) for row in found])


def _take_statements(connection: sqlite3.Connection) -> int:
    """Add the statements that are not known, and compute what holds of their people. Returns how many they are."""
    people = [key for (key,) in connection.execute(f"select distinct o.person8 {NEW}")]
    added = connection.execute(
        f"insert into consents ({COLUMNS}) select {COLUMNS} {NEW} order by position"
    ).rowcount
    revision = next_revision(connection)
    for key in people:
        lines = [Line(*row) for row in connection.execute(LINES, (key,))]
        erased = (states_now(connection, key) or 0) & ERASED_BIT
        connection.execute(HOLD, (key, states_in(lines) | erased, revision))
    forget_refused(connection, people)
    return int(added)
