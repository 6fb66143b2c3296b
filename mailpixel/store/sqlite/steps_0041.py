"""The schema for since when a mode holds. A released step is never changed."""

from sqlite_utils import Database as Admin

from mailpixel.store.sqlite.steps_0001 import run
from mailpixel.store.sqlite.steps_0033 import STEPS


@STEPS(name="0041_mode_since")
def _mode_since(db: Admin) -> None:
    """When a mode was set. Of one that was set earlier it is not known."""
    run(
        db,
        "alter table privacy add column mode_since_ms integer",
        "alter table privacy add column unknown_since_ms integer",
        "alter table campaigns add column mode_since_ms integer",
    )


__all__ = ["STEPS"]
