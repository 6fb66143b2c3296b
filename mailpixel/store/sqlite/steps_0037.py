"""The schema of what is folded from web sites, step 37. A released step is never changed."""

from sqlite_utils import Database as Admin

from mailpixel.store.sqlite.steps_0001 import run
from mailpixel.store.sqlite.steps_0024 import STEPS


@STEPS(name="0037_visits")
def _visits(db: Admin) -> None:
    """Visits and orders, one row each whose `body` is the whole value, and what finds them.

    `verdict` is the place of a verdict in the list of all. `day` is in days since 1970 (UTC). `uses` is
    derived from visits. `named_ms` is null for a visitor who may not be known by the click.
    """
    run(
        db,
        """create table visits (
            id integer primary key, site text not null, visitor text not null, first_ms integer not null,
            verdict integer not null, day integer not null, known integer not null, edition integer not null,
            body blob not null, unique (site, visitor)
        )""",
        "create index visits_by_time on visits (site, first_ms, visitor, verdict)",
        "create index visits_by_day on visits (day)",
        """create table orders (
            id integer primary key, site text not null, number text not null, at_ms integer not null,
            visitor text, recipient text, known integer not null, edition integer not null, body blob,
            unique (site, number)
        )""",
        "create index orders_by_time on orders (site, at_ms, number)",
        "create index orders_by_visitor on orders (site, visitor) where visitor is not null",
        "create index orders_by_recipient on orders (recipient) where recipient is not null",
        """create table uses (
            click blob not null, site text not null, visitor text not null, day integer not null,
            at_ms integer not null, named_ms integer, human integer not null, known_as text not null,
            primary key (click, site, visitor)
        ) without rowid""",
        "create index uses_by_visitor on uses (site, visitor)",
        "create index uses_by_day on uses (day)",
        """create table cases_aside (
            campaign text not null, recipient text not null, error text not null,
            primary key (campaign, recipient)
        ) without rowid""",
    )


__all__ = ["STEPS"]
