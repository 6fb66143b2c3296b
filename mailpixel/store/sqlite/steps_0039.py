"""The schema for erased visits and orders. A released step is never changed."""

from sqlite_utils import Database as Admin

from mailpixel.store.sqlite.steps_0001 import run
from mailpixel.store.sqlite.steps_0033 import STEPS


@STEPS(name="0039_erased_cases")
def _erased_cases(db: Admin) -> None:
    """How many visits and orders an erasure deleted."""
    run(
        db,
        "alter table erasures add column visits integer not null default 0",
        "alter table erasures add column orders integer not null default 0",
    )


__all__ = ["STEPS"]
