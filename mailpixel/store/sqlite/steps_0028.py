"""The schema for modes of recording. A released step is never changed."""

from sqlite_utils import Database as Admin

from mailpixel.store.sqlite.steps_0001 import run
from mailpixel.store.sqlite.steps_0024 import STEPS


@STEPS(name="0028_modes")
def _modes(db: Admin) -> None:
    """The mode of each campaign, and the operator's choice. A folder that has campaigns keeps recording as before."""
    run(
        db,
        "alter table campaigns add column mode text not null default ''",
        """create table privacy (
            only integer primary key check (only = 1),
            legacy integer not null,
            mode text not null default '',
            unknown text not null default ''
        ) without rowid""",
        "insert into privacy (only, legacy) select 1, exists (select 1 from campaigns)",
    )


__all__ = ["STEPS"]
