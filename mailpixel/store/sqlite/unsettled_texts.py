"""Databases made while the text of steps 18 to 23 was still changed, before any release.

They lack tables and columns that these steps make today. No program of then wrote what is made anew here.
"""

from sqlite_utils import Database as Admin
from sqlite_utils import Migrations
from sqlite_utils.db import Table

from mailpixel.store.sqlite.steps_0001 import run

SETTLED = {
    "states": "complained_at_ms",
    "sessions": "key",
    "mails": "charset",
    "webhooks": "insecure",
    "webhook_postings": "failures",
    "webhook_posts": "outcome",
    "inbound": "confirm_url",
    "inbound_once": "once",
}
"""The tables whose text was changed, each with a column that only the last text has."""


def complete(db: Admin, steps: Migrations, until: str) -> None:
    """Make the tables and columns that the steps before `until` make today, and that this database lacks."""
    former = [name for name, column in SETTLED.items() if column not in _columns(db.table(name))]
    if not former:
        return
    settled = Admin(memory=True, execute_plugins=False)
    steps.apply(settled, stop_before=until)
    for name in former:
        _complete(db, settled.table(name))


def _complete(db: Admin, settled: Table) -> None:
    mine, name = db.table(settled.name), settled.name
    if mine.exists() and mine.count:
        lacking = [each for each in settled.columns if each.name not in _columns(mine)]
        run(db, *(f"alter table {name} add column {each.name} {each.type}" for each in lacking))
    else:
        run(db, f"drop table if exists {name}", settled.schema, *_indexes(settled))


def _columns(table: Table) -> set[str]:
    return {column.name for column in table.columns} if table.exists() else set()


def _indexes(table: Table) -> list[str]:
    found = table.db.execute(
        "select sql from sqlite_master where type = 'index' and tbl_name = ? and sql is not null",
        [table.name],
    )
    return [sql for (sql,) in found.fetchall()]
