"""What is stored of each kind in a SQLite file: how old it is and what it takes. Counting may take seconds."""

import json
import sqlite3
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from mailpixel.store.retention import Going, Holding, Kept
from mailpixel.store.sqlite.cursor import read_cursor
from mailpixel.store.sqlite.kept import id_from
from mailpixel.store.sqlite.positions import OF_MESSAGES
from mailpixel.store.sqlite.rows import HITS
from mailpixel.times import DAY_MS


class Counted(NamedTuple):
    """How rows of a kind are counted: the tables they take, the rows, which are past, and the first moment.

    `past` compares with `:before_ms` or `:before_id`. `oldest` is an expression for an event id or milliseconds.
    """

    tables: tuple[str, ...]
    rows: str
    past: str
    oldest: str


DETAILED = (
    "from events where {OF_MESSAGES} and tag is not null and decided is null and kind in {HITS}"
    " and address is {}null"
)
MESSAGES_GOING = f"""
    select coalesce(sum(events), 0) from (
        select campaign, count(*) as events, min(id) as first, max(id) as last from events where {OF_MESSAGES}
        group by campaign, recipient having max(position) <= ?
    ) where {{}}
"""  # noqa: S608
GOES = "(first < ? and last < ? and campaign not in (select value from json_each(?)))"
SILENT = "(select person8 from consents group by person8 having max(max(at_ms, recorded_ms)) < :before_ms)"
# A refusal stays without the id; bits 1, 3, 5 and so on of the states say that one is in force.
REFUSES = 2 * sum(4**place for place in range(6))
CONSENTS_PAST = f"""
    select count(*) from consents where person8 in {SILENT} and (
        recipient is not null or not (select states & {REFUSES} from consent_now n where n.person8 = consents.person8)
    )
"""  # noqa: S608


def _details(full: bool) -> Counted:
    which = DETAILED.format("not " if full else "", HITS=HITS, OF_MESSAGES=OF_MESSAGES)
    return Counted(
        (), f"select count(*) {which}", f"select count(*) {which} and id < :before_id", f"min(id) {which}"
    )


def _of_sites(tables: tuple[str, ...], which: str) -> Counted:
    """Events of visits and orders. `past` counts events, and some of them may belong to a case that is not over."""
    rows = f"select count(*) from events where position < 0{which}"  # noqa: S608
    return Counted(
        tables, rows, f"{rows} and id < :before_id", f"min(id) from events where position < 0{which}"
    )


def _days(table: str) -> Counted:
    past = f"select count(*) from {table} where (day + 1) * {DAY_MS} <= :before_ms"  # noqa: S608
    return Counted((table,), f"select count(*) from {table}", past, f"min(day) * {DAY_MS} from {table}")  # noqa: S608


COUNTED: Mapping[Kept, Counted] = {
    Kept.SALTS: _days("salts"),
    Kept.LAST_OPENS: _days("last_opens"),
    Kept.REPORTS: _days("counted_reports"),
    Kept.DETAILS: _details(False),
    Kept.FULL_DETAILS: _details(True),
    Kept.SITE_DETAILS: _of_sites((), " and decided is null"),
    Kept.SITE_EVENTS: _of_sites(("visits", "orders", "uses", "order_claims", "cases_aside"), ""),
    Kept.EVENTS: Counted(
        ("events", "states", "overflow"),
        f"select count(*) from events where {OF_MESSAGES}",  # noqa: S608
        "select 0",  # `going_of` counts them
        f"min(id) from events where {OF_MESSAGES}",
    ),
    Kept.MAILS: Counted(
        ("mails",),
        "select count(*) from mails",
        "select count(*) from mails where registered_at_ms < :before_ms",
        "min(registered_at_ms) from mails",
    ),
    Kept.LETTERS: Counted(
        ("webhook_letters",),
        "select count(*) from webhook_letters",
        "select count(*) from webhook_letters where event_id < :before_id",
        "min(event_id) from webhook_letters",
    ),
    Kept.POSTS: Counted(
        ("inbound_once",),
        "select count(*) from inbound_once",
        "select count(*) from inbound_once where until_ms < :before_ms",
        "min(until_ms) from inbound_once",
    ),
    Kept.CONSENTS: Counted(
        ("consents", "consent_now"),
        "select count(*) from consents",
        CONSENTS_PAST,
        "min(recorded_ms) from consents",
    ),
}


def holding_of(connection: sqlite3.Connection, kind: Kept, before_ms: int) -> Holding:
    """See `Retention` and `OldRecords`."""
    how = COUNTED[kind]
    given = {"before_ms": before_ms, "before_id": id_from(before_ms)}
    (rows,) = connection.execute(how.rows).fetchone()
    (past,) = connection.execute(how.past, given).fetchone() if rows else (0,)
    (oldest,) = connection.execute(f"select {how.oldest}").fetchone()
    oldest_ms = int.from_bytes(oldest[:6], "big") if isinstance(oldest, bytes) else oldest
    return Holding(rows, past, oldest_ms, _size_bytes(connection, how.tables))


def hits_with_address(connection: sqlite3.Connection) -> int:
    """See `Retention`."""
    (number,) = connection.execute(
        "select count(*) from events where address <> '' and tag is null"
    ).fetchone()
    return int(number)


def going_of(connection: sqlite3.Connection, goings: Sequence[Going]) -> int:
    """See `Retention`."""
    if not goings:
        return 0
    asked: list[object] = [read_cursor(connection).position]
    for each in goings:
        asked += [id_from(each.before_ms), id_from(each.quiet_ms), json.dumps(list(each.spared))]
    wanted = " or ".join([GOES] * len(goings))
    (events,) = connection.execute(MESSAGES_GOING.format(wanted), asked).fetchone()
    return int(events)


def _size_bytes(connection: sqlite3.Connection, tables: tuple[str, ...]) -> int | None:
    """What tables and their indexes take; None where this SQLite cannot say."""
    if not tables:
        return None
    named = ", ".join(f"'{table}'" for table in tables)
    sizes = f"""
        select sum(pgsize) from dbstat
        where aggregate and name in (select name from sqlite_schema where tbl_name in ({named}))
    """  # noqa: S608
    try:
        (size,) = connection.execute(sizes).fetchone()
    except sqlite3.OperationalError:
        return None
    return None if size is None else int(size)
