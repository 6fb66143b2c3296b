"""The schema of retention, step 35. A released step is never changed."""

from sqlite_utils import Database as Admin

from mailpixel.store.sqlite.steps_0001 import run
from mailpixel.store.sqlite.steps_0024 import STEPS


@STEPS(name="0035_retention")
def _retention(db: Admin) -> None:
    """Figures of messages that were removed, up to when people are gone, and when each kind was gone through.

    `bucket_ms` is 0 for the whole campaign, else the start of a day (UTC); `link` 0 is all links.
    """
    run(
        db,
        """create table kept (
            campaign text not null, bucket_ms integer not null, link integer not null, measure text not null,
            number integer not null, primary key (campaign, bucket_ms, link, measure)
        ) without rowid""",
        "create table people_gone (campaign text primary key, until_ms integer not null) without rowid",
        """create table retention_runs (
            kind text primary key, at_ms integer not null, removed integer not null, removed_ms integer
        ) without rowid""",
    )


__all__ = ["STEPS"]
