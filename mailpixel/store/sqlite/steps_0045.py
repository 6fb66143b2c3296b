"""The schema of orders that several visitors claim, step 45. A released step is never changed."""

from sqlite_utils import Database as Admin

from mailpixel.store.sqlite.steps_0001 import run
from mailpixel.store.sqlite.steps_0033 import STEPS


@STEPS(name="0045_order_claims")
def _order_claims(db: Admin) -> None:
    """The visitors whose browsers reported an order besides the one that its row names. Most orders have none."""
    run(
        db,
        """create table order_claims (
            site text not null, number text not null, visitor text not null, primary key (site, number, visitor)
        ) without rowid""",
        "create index order_claims_by_visitor on order_claims (site, visitor)",
    )


__all__ = ["STEPS"]
