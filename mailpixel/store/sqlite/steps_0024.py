"""The schema, steps from 24 on. A released step is never changed."""

from sqlite_utils import Database as Admin

from mailpixel.store.sqlite.steps_0001 import run
from mailpixel.store.sqlite.steps_0018 import STEPS


@STEPS(name="0024_demonstrations")
def _demonstrations(db: Admin) -> None:
    """Campaigns that were sent to nobody: their recipients, readers and machines are simulated."""
    run(db, "alter table campaigns add column demonstration integer not null default 0")


@STEPS(name="0027_link_labels")
def _link_labels(db: Admin) -> None:
    """What readers see of a link: the text of the first place that has one."""
    run(db, "alter table links add column label text not null default ''")


__all__ = ["STEPS"]
