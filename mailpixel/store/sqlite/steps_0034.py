"""The schema for counts of signed recipients. A released step is never changed."""

from sqlite_utils import Database as Admin

from mailpixel.store.sqlite.steps_0001 import run
from mailpixel.store.sqlite.steps_0024 import STEPS


@STEPS(name="0034_signings")
def _signings(db: Admin) -> None:
    """How many recipients were signed for in each run, by treatment: the modes, and why nothing is recorded by name."""
    run(
        db,
        """create table signings (
            campaign text not null, run text not null, treatment text not null, number integer not null,
            primary key (campaign, run, treatment)
        ) without rowid""",
    )


__all__ = ["STEPS"]
