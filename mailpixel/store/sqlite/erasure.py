"""Erases people or a whole campaign from a SQLite file: events, overflow, states and counters."""

import sqlite3
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from mailpixel.site_model import CaseKind, case_kind, reporter_of
from mailpixel.store.erasure import NO_CASES, Case, Erased, TheirCases
from mailpixel.store.sqlite.agents import suspect_agents
from mailpixel.store.sqlite.changes import note_changed
from mailpixel.store.sqlite.cursor import read_cursor, write_cursor
from mailpixel.store.sqlite.database import Database
from mailpixel.store.sqlite.erasers import OF_LOG, erase_from
from mailpixel.store.sqlite.generations import leave_live, leave_unfinished, sweep_left
from mailpixel.store.sqlite.persons import campaigns_of_all
from mailpixel.store.sqlite.positions import take_site_positions
from mailpixel.store.sqlite.site_projections import forget_in
from mailpixel.store.sqlite.tombstones import bury, returned_since
from mailpixel.store.sqlite.unswept import note_unswept
from mailpixel.store.tombstones import moment_of_erasure

OF_MESSAGE = "from events where campaign = ? and recipient = ?"
OF_CAMPAIGN = (
    "overflow",
    "aside",
    "cases_of",
    "editions",
    "aggregates",
    "delivered_counts",
    "report_keys",
    "counted_reports",
    "kept",
    "people_gone",
)
"""Tables whose rows of a campaign go with it."""


def erase(database: Database, recipients: Sequence[str], now_ms: int, cases: TheirCases = NO_CASES) -> Erased:
    """Delete everything under these ids and of these cases, in one transaction, and leave tombstones.

    Generations that are being filled are given up, because they may hold the
    people. Their rebuild starts over.
    """
    with database.writing() as connection:
        leave_unfinished(connection)
        campaigns = campaigns_of_all(connection, recipients)
        note_unswept(
            connection, {text for person in campaigns.items() for text in _texts(connection, *person)}
        )
        stay_out = [
            person for person in campaigns.items() if not returned_since(connection, person[0], now_ms)
        ]
        bury(connection, {person[0]: _moment(connection, now_ms, *person) for person in stay_out})
        note_changed(connection, sorted({campaign for each in campaigns.values() for campaign in each}))
        note_unswept(connection, (name for text, name in cases.whole if case_kind(text) is CaseKind.VISIT))
        kinds = Counter(case_kind(case[0]) for case in set(cases.whole) if _has_events(connection, case))
        rows = erase_from(connection, OF_LOG, recipients, campaigns, cases.whole)
        reports = sum(_lose_reports(connection, *report) for report in cases.reports)
        note_erasure(connection)
    found = kinds[CaseKind.VISIT], kinds[CaseKind.ORDER]
    return Erased(len(campaigns), rows["events"] + reports, rows["states"], *found)


def _lose_reports(connection: sqlite3.Connection, case: Case, visitor: str) -> int:
    """Delete what a visitor reported of an order, and make the rest news for the fold again. Returns how many went."""
    events = connection.execute(f"select position, body {OF_MESSAGE}", case).fetchall()
    mine = [position for position, body in events if reporter_of(body) == visitor]
    kept = [position for position, _ in events if position not in mine]
    suspect_agents(connection, *case)
    first = take_site_positions(connection, len(kept))
    connection.executemany("delete from events where position = ?", [(each,) for each in mine])
    connection.executemany("update events set position = ? where position = ?", enumerate(kept, first))
    forget_in(connection, [case])
    return len(mine)


def _has_events(connection: sqlite3.Connection, case: Case) -> bool:
    return connection.execute(f"select 1 {OF_MESSAGE} limit 1", case).fetchone() is not None


def forget_campaign(database: Database, campaign: str) -> int:
    """Delete everything of a campaign. Returns the number of events deleted."""
    with database.writing() as connection:
        leave_unfinished(connection, campaign=campaign)
        leave_live(connection, campaign)
        note_changed(connection, [campaign])
        suspect_agents(connection, campaign)
        for table in OF_CAMPAIGN:
            connection.execute(f"delete from {table} where campaign = ?", (campaign,))  # noqa: S608
        events = connection.execute("delete from events where campaign = ?", (campaign,)).rowcount
        note_erasure(connection)
    sweep_left(database)
    return events


def note_erasure(connection: sqlite3.Connection) -> None:
    """Let the folds and rebuilds that read before this transaction start over."""
    cursor = read_cursor(connection)
    write_cursor(connection, cursor._replace(erasures=cursor.erasures + 1))


def _texts(connection: sqlite3.Connection, recipient: str, campaigns: Sequence[str]) -> set[str]:
    """The person's id, addresses and embedded destinations."""
    rows = _of_person(connection, "address, destination", recipient, campaigns)
    return {recipient} | {text for row in rows for text in row if text}


def _moment(connection: sqlite3.Connection, now_ms: int, recipient: str, campaigns: Sequence[str]) -> int:
    """The moment up to which the person's erasure holds."""
    rows = _of_person(connection, "id", recipient, campaigns)
    return moment_of_erasure(now_ms, (int.from_bytes(id[:6], "big") for (id,) in rows))


def _of_person(
    connection: sqlite3.Connection, columns: str, recipient: str, campaigns: Sequence[str]
) -> Iterator[tuple[Any, ...]]:
    select = f"select {columns} {OF_MESSAGE}"
    return (row for campaign in campaigns for row in connection.execute(select, (campaign, recipient)))
