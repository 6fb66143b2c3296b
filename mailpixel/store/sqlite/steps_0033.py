"""The schema of what became of posts of delivery reports, step 33. A released step is never changed."""

from sqlite_utils import Database as Admin

from mailpixel.store.sqlite.steps_0001 import run
from mailpixel.store.sqlite.steps_0032 import STEPS


@STEPS(name="0033_inbound_posts")
def _inbound_posts(db: Admin) -> None:
    """When the last post of each source of delivery reports was taken, and when and why one was refused."""
    run(
        db,
        """create table inbound_posts (
            source text primary key, taken_at_ms integer, refused_at_ms integer, refused_as text not null default ''
        ) without rowid""",
    )


__all__ = ["STEPS"]
