"""Counts orders of a site in a SQLite file, by an index that holds all that is asked for."""

from collections.abc import Collection, Iterator, Sequence

from mailpixel.site_model import Order
from mailpixel.store.order_sums import OrderKind, OrderSum
from mailpixel.store.sqlite.database import Database
from mailpixel.store.sqlite.site_reading import FOREVER, ORDERS, orders_read

SUMS = """
    select kind, currency, count(*), count(worth), coalesce(sum(worth), 0) from orders
    where site = ? and at_ms >= ? and at_ms < ? and kind is not null group by kind, currency
"""
IDS = """
    select number from orders
    where site = ? and at_ms >= ? and at_ms < ? and kind in ({}) order by at_ms, number limit ?
"""
OF_PAGES = ORDERS.replace("body is not null", f"kind & {OrderKind.SERVER.value} = 0")
FIRST_VISIT = "select min(first_ms) from visits where site = ?"
FIRST_ORDER = "select at_ms from orders where site = ? and kind is not null order by at_ms limit 1"


def order_sums(database: Database, site: str, from_ms: int, until_ms: int | None) -> Sequence[OrderSum]:
    """See `OrderSums`."""
    with database.reading() as connection:
        rows = connection.execute(SUMS, (site, from_ms, FOREVER if until_ms is None else until_ms)).fetchall()
    return [OrderSum(OrderKind(kind), *rest) for kind, *rest in rows]


def order_ids(
    database: Database, site: str, kinds: Collection[OrderKind], period: tuple[int, int | None], limit: int
) -> Sequence[str]:
    """See `OrderSums`."""
    from_ms, until_ms = period
    asked = IDS.format(", ".join("?" * len(kinds)))
    values = (
        site,
        from_ms,
        FOREVER if until_ms is None else until_ms,
        *(kind.value for kind in kinds),
        limit,
    )
    with database.reading() as connection:
        return [number for (number,) in connection.execute(asked, values)]


def orders_of_pages(database: Database, site: str, from_ms: int) -> Iterator[Order]:
    """See `OrderSums`."""
    return orders_read(database, OF_PAGES, site, from_ms, FOREVER)


def first_visit(database: Database, site: str) -> int | None:
    """See `OrderSums`."""
    with database.reading() as connection:
        (first,) = connection.execute(FIRST_VISIT, (site,)).fetchone()
    return first if first is None else int(first)


def first_moment(database: Database, site: str) -> int | None:
    """See `OrderSums`."""
    with database.reading() as connection:
        found = connection.execute(FIRST_ORDER, (site,)).fetchone()
    return min(
        (each for each in (first_visit(database, site), found and found[0]) if each is not None), default=None
    )
