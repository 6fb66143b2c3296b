"""The schema for hits without addresses. A released step is never changed."""

from sqlite_utils import Database as Admin

from mailpixel.store.sqlite.steps_0001 import run
from mailpixel.store.sqlite.steps_0024 import STEPS


@STEPS(name="0030_tags")
def _tags(db: Admin) -> None:
    """What is kept of a hit instead of its address, and of an old hit instead of its details.

    A null salt was deleted, and may still stand in the write-ahead log. `tag` holds the tag and behind it
    the former one, `decided` the decision of a hit whose details were dropped.
    """
    run(
        db,
        "create table salts (day integer primary key, salt blob)",
        """create table network_entries (
            id integer primary key autoincrement,
            prefix text not null,
            name text not null,
            scope text not null,
            certainty text not null,
            source text not null,
            date text not null,
            via text not null,
            unique (prefix, name, scope, certainty, source, date, via)
        )""",
        "alter table events add column tag blob",
        "alter table events add column network integer references network_entries (id)",
        "alter table events add column decided text",
    )
