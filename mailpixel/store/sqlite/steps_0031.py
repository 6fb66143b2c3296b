"""The schema of what is counted without recipients. A released step is never changed."""

from sqlite_utils import Database as Admin

from mailpixel.store.sqlite.steps_0001 import run
from mailpixel.store.sqlite.steps_0024 import STEPS


@STEPS(name="0031_aggregates")
def _aggregates(db: Admin) -> None:
    """Counts by hour, the days of last opens, and reports of recipients who are not named.

    `person8` is the key of a person as a number, as in `consent_now`. A hash of `counted_reports` is made with the
    key of its campaign, and is deleted after some days.
    """
    run(
        db,
        """create table aggregates (
            campaign text not null, hour integer not null, kind integer not null, link integer not null,
            view integer not null, edge blob not null, number integer not null,
            primary key (campaign, hour, kind, link, view, edge)
        ) without rowid""",
        "create table last_opens (person8 integer primary key, day integer not null)",
        """create table delivered_counts (
            campaign text not null, kind integer not null, number integer not null, primary key (campaign, kind)
        ) without rowid""",
        "create table report_keys (campaign text primary key, key blob not null) without rowid",
        """create table counted_reports (
            campaign text not null, hash blob not null, day integer not null, primary key (campaign, hash)
        ) without rowid""",
        "create index counted_reports_by_day on counted_reports (day)",
    )
