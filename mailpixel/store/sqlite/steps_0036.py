"""The schema of web sites, step 36. A released step is never changed."""

from sqlite_utils import Database as Admin

from mailpixel.store.sqlite.steps_0001 import run
from mailpixel.store.sqlite.steps_0024 import STEPS


@STEPS(name="0036_site")
def _site(db: Admin) -> None:
    """Web sites, and what their events say. Events of sites have positions below 0, counted in a table.

    `hosts`, `names` and `keep` are separated by blanks. `plan` is JSON: pairs of a name and its fields.
    """
    run(
        db,
        "alter table events add column body text",
        "create table site_positions (last integer not null)",
        "insert into site_positions values (0)",
        """create table sites (
            id text primary key, key text not null unique, hosts text not null, ask integer not null,
            names text not null, keep text not null, plan text not null, cookie_domain text not null,
            archived integer not null, revision integer not null
        ) without rowid""",
    )


__all__ = ["STEPS"]
