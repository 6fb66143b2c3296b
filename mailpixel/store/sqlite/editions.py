"""Editions of the rules in a SQLite file: their numbers, and which campaigns each has judged."""

import sqlite3
from collections.abc import Iterable, Mapping

from mailpixel.store.sqlite.changes import note_changed
from mailpixel.store.sqlite.database import Database

KEEP = "insert or ignore into editions values (?, ?)"
REPLACE = "insert or replace into editions values (?, ?)"
LATEST = "select number, rules from rules_editions order by number desc limit 1"


def edition_number(database: Database, rules: str) -> int:
    """See `Registry`."""
    with database.reading() as connection:
        known = _latest(connection, rules)
    if known:
        return known
    with database.writing() as connection:
        made = "insert into rules_editions (rules) values (?)"
        return _latest(connection, rules) or int(connection.execute(made, (rules,)).lastrowid or 0)


def _latest(connection: sqlite3.Connection, rules: str) -> int:
    """The number of the rules that came into force last, if they are these rules; otherwise 0."""
    found = connection.execute(LATEST).fetchone()
    return int(found[0]) if found is not None and found[1] == rules else 0


def note_edition(database: Database, edition: str, campaigns: Iterable[str], anew: bool) -> None:
    """See `Store`."""
    rows = [(campaign, edition) for campaign in campaigns]
    with database.writing() as connection:
        noted = [row for row in rows if connection.execute(REPLACE if anew else KEEP, row).rowcount]
        note_changed(connection, (campaign for campaign, _ in noted))


def editions(database: Database) -> Mapping[str, int]:
    """See `Store`."""
    with database.reading() as connection:
        return dict(connection.execute("select edition, count(*) from editions group by edition").fetchall())


def edition_of(connection: sqlite3.Connection, campaign: str) -> str:
    """The edition of the oldest figures of a campaign; empty where it is not known."""
    row = connection.execute("select edition from editions where campaign = ?", (campaign,)).fetchone()
    return "" if row is None else str(row[0])
