"""The schema, steps from 24 on. A released step is never changed."""

from sqlite_utils import Database as Admin

from mailpixel.store.sqlite.steps_0001 import run
from mailpixel.store.sqlite.steps_0018 import STEPS
from mailpixel.store.sqlite.unsettled_texts import complete


@STEPS(name="0024_demonstrations")
def _demonstrations(db: Admin) -> None:
    """Campaigns that were sent to nobody: their recipients, readers and machines are simulated."""
    run(db, "alter table campaigns add column demonstration integer not null default 0")


@STEPS(name="0027_link_labels")
def _link_labels(db: Admin) -> None:
    """What readers see of a link: the text of the first place that has one."""
    run(db, "alter table links add column label text not null default ''")


@STEPS(name="0028_undated_last")
def _undated_last(db: Admin) -> None:
    """Lists by sending begin with drafts and end with what was sent at a time that is not known."""
    complete(db, STEPS, "0024_demonstrations")
    run(db, "drop index if exists campaigns_by_sending", "drop index if exists campaigns_in_lists_by_sending")
    if "sending_order" in (row[1] for row in db.conn.execute("pragma table_xinfo(campaigns)").fetchall()):
        run(db, "alter table campaigns drop column sending_order")
    run(
        db,
        "alter table campaigns add column sending_order integer as (case when sent_at_ms is not null then -sent_at_ms"
        " when sent is null then -9223372036854775807 else 9223372036854775807 end) virtual",
        "create index campaigns_by_sending on campaigns (sending_order, id)",
        "create index campaigns_in_lists_by_sending on campaigns (archived, sending_order, id)",
    )


__all__ = ["STEPS"]
