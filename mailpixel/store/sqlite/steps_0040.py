"""The schema of page views that retention keeps. A released step is never changed."""

from sqlite_utils import Database as Admin

from mailpixel.store.sqlite.steps_0001 import run
from mailpixel.store.sqlite.steps_0033 import STEPS


@STEPS(name="0040_site_days")
def _site_days(db: Admin) -> None:
    """How many visits were removed and how many pages they viewed, by day since 1970 (UTC)."""
    run(
        db,
        """create table site_days (
            site text not null, day integer not null, measure text not null, number integer not null,
            primary key (site, day, measure)
        ) without rowid""",
    )


__all__ = ["STEPS"]
