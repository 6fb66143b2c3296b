"""The schema for clicks that were carried to a site. A released step is never changed."""

from sqlite_utils import Database as Admin

from mailpixel.store.sqlite.steps_0001 import run
from mailpixel.store.sqlite.steps_0024 import STEPS


@STEPS(name="0038_carry")
def _carry(db: Admin) -> None:
    """Which campaigns carry their clicks, the carried clicks of each state, and an index of them by event id."""
    run(
        db,
        "alter table campaigns add column carry integer not null default 0",
        "alter table states add column carried blob",
        """create table clicks (
            shelf integer not null, recipient text not null, click blob not null,
            primary key (shelf, recipient, click)
        ) without rowid""",
        "create index clicks_by_id on clicks (click)",
    )


__all__ = ["STEPS"]
