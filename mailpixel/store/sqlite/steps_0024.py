"""The schema, steps from 24 on. A released step is never changed."""

from sqlite_utils import Database as Admin

from mailpixel.store.sqlite.steps_0001 import run
from mailpixel.store.sqlite.steps_0018 import STEPS


@STEPS(name="0024_demonstrations")
def _demonstrations(db: Admin) -> None:
    """Campaigns that were sent to nobody: their recipients, readers and machines are simulated."""
    run(db, "alter table campaigns add column demonstration integer not null default 0")


__all__ = ["STEPS"]
