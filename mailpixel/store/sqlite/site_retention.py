"""Removes old visits and orders from a SQLite file, and keeps how many pages were viewed on each day."""

import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping

from mailpixel.site_model import CaseKind, case_kind
from mailpixel.store.retention import Removed, views_of
from mailpixel.store.site_projections import SITE_FOLD
from mailpixel.store.sqlite.agents import suspect_agents
from mailpixel.store.sqlite.cursor import read_cursor
from mailpixel.store.sqlite.database import Database
from mailpixel.store.sqlite.kept import id_from
from mailpixel.store.sqlite.positions import SITE_ORIGIN
from mailpixel.store.sqlite.site_projections import forget_in, visit_in

PAST = """
    select id, campaign, recipient from events where id > ? and id < ? and +position < 0 order by id limit ?
"""
LAST = "select max(id), max(position), count(*) from events where campaign = ? and recipient = ?"
VISIT = "select body from visits where site = ? and visitor = ?"
KEEP = """
    insert into site_days values (?, ?, ?, ?)
    on conflict (site, day, measure) do update set number = number + excluded.number
"""
OF_CASE = ("events", "overflow")
"""Tables whose rows of a case go with it, besides what was folded of it."""

Key = tuple[str, str]


def forget_site_past(database: Database, before_ms: int, after: bytes, limit: int) -> Removed:
    """See `Retention`."""
    end = id_from(before_ms)
    with database.reading() as connection:
        rows = connection.execute(PAST, (after, end, limit)).fetchall()
    if not rows:
        return Removed()
    with database.writing() as connection:
        keys = dict.fromkeys((campaign, name) for _, campaign, name in rows)
        folded = SITE_ORIGIN + read_cursor(connection, SITE_FOLD).position
        past = {key: number for key in keys if (number := _events_if_past(connection, key, end, folded))}
        _keep_views(connection, past)
        for key in past:
            suspect_agents(connection, *key)
            for table in OF_CASE:
                connection.execute(f"delete from {table} where campaign = ? and recipient = ?", key)  # noqa: S608
        forget_in(connection, past)
    return Removed(len(past), sum(past.values()), rows[-1][0] if len(rows) == limit else b"")


def kept_page_views(database: Database, site: str) -> Mapping[int, Mapping[str, int]]:
    """See `Retention`."""
    found: dict[int, dict[str, int]] = {}
    with database.reading() as connection:
        rows = connection.execute(
            "select day, measure, number from site_days where site = ? order by day, measure", (site,)
        )
        for day, measure, number in rows:
            found.setdefault(day, {})[measure] = number
    return found


def _events_if_past(connection: sqlite3.Connection, key: Key, end: bytes, folded: int) -> int:
    """The events of a case; 0 if its last is not old enough or not folded yet."""
    last, position, events = connection.execute(LAST, key).fetchone()
    return int(events) if events and last < end and position <= folded else 0


def _keep_views(connection: sqlite3.Connection, keys: Iterable[Key]) -> None:
    counts: Counter[tuple[str, int, str]] = Counter()
    for campaign, name in keys:
        if case_kind(campaign) is CaseKind.VISIT:
            row = connection.execute(VISIT, (campaign.partition(":")[2], name)).fetchone()
            counts.update(views_of(visit_in(row[0])) if row else ())
    connection.executemany(KEEP, [(*key, number) for key, number in counts.items()])
