"""Reads what was folded from web sites, from a SQLite file."""

import sqlite3
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import chain
from typing import TypeVar

from mailpixel.model import Verdict
from mailpixel.site_model import Order, Visit
from mailpixel.store.site_projections import (
    Days,
    Named,
    Use,
    VisitsOfDay,
    VisitState,
    named_by_order,
)
from mailpixel.store.sqlite.database import Database
from mailpixel.store.sqlite.site_projections import bodies, order_in, settled_in, visit_in
from mailpixel.store.verdict_codes import VERDICTS
from mailpixel.times import DAY_MS

Key = TypeVar("Key")
FOREVER = (1 << 63) - 1
AT_ONCE = 64
"""Keys asked for by one statement."""
VISITS = """
    select first_ms, visitor, body from visits
    where site = ? and first_ms < ? and (first_ms, visitor) > (?, ?) order by first_ms, visitor limit ?
"""
ORDERS = """
    select at_ms, number, body from orders
    where site = ? and body is not null and at_ms < ? and (at_ms, number) > (?, ?) order by at_ms, number limit ?
"""
ORDERS_NAMED = ORDERS.replace("body is not null", "recipient is not null")
BY_UTM = """
    select first_ms, visitor, body from visits
    where site = ? and utm = ? and (first_ms, visitor) > (?, ?) order by first_ms, visitor limit ?
"""
WITH_CLICK = """
    select at_ms, number, body from orders
    where site = ? and click is not null and (at_ms, number) > (?, ?) order by at_ms, number limit ?
"""
BY_DAY = f"""
    select first_ms / {DAY_MS}, verdict, count(*) from visits
    where site = ? and first_ms >= ? and first_ms < ? group by 1, 2 order by 1
"""  # noqa: S608
USE = "select u.click, u.site, u.visitor, u.day, u.at_ms, u.named_ms, u.human, u.known_as from "
OF_CAMPAIGN = f"""
    {USE} shelves h cross join clicks c on c.shelf = h.id cross join uses u on u.click = c.click
    where h.campaign = ? and h.live = 1
"""
NAMED = "select o.body, v.body, v.known, v.edition from "
NAMED_OF = f"""
    {NAMED} orders o cross join visits v on v.site = o.site and v.visitor = o.visitor where o.recipient = ?1
    union all
    {NAMED} orders o cross join order_claims c on c.site = o.site and c.number = o.number
    cross join visits v on v.site = c.site and v.visitor = c.visitor where o.recipient = ?1
"""
# From the visits of these days: there may be years of orders.
NAMED_IN = f"""
    {NAMED} visits v cross join orders o on o.site = v.site and o.visitor = v.visitor
    where v.day between ?1 and ?2 and o.recipient is not null
    union all
    {NAMED} visits v cross join order_claims c on c.site = v.site and c.visitor = v.visitor
    cross join orders o on o.site = c.site and o.number = c.number
    where v.day between ?1 and ?2 and o.recipient is not null
"""
NAMED_BY = f"""
    with asked (site, visitor) as {{values}}
    {NAMED} asked a cross join orders o on o.site = a.site and o.visitor = a.visitor
    cross join visits v on v.site = o.site and v.visitor = o.visitor where o.recipient is not null
    union all
    {NAMED} asked a cross join order_claims c on c.site = a.site and c.visitor = a.visitor
    cross join orders o on o.site = c.site and o.number = c.number
    cross join visits v on v.site = c.site and v.visitor = c.visitor where o.recipient is not null
"""
OF_VISIT = """
    select body from orders where site = ?1 and visitor = ?2
    union all
    select o.body from order_claims c cross join orders o on o.site = c.site and o.number = c.number
    where c.site = ?1 and c.visitor = ?2
"""

OF_VISITS = """
    with asked (site, visitor) as {values}
    select o.body from asked a cross join orders o on o.site = a.site and o.visitor = a.visitor
    where o.visitor is not null and o.body is not null
    union all
    select o.body from asked a cross join order_claims c on c.site = a.site and c.visitor = a.visitor
    cross join orders o on o.site = c.site and o.number = c.number where o.body is not null
"""


def visits(database: Database, site: str, from_ms: int, until_ms: int | None) -> Iterator[Visit]:
    """See `ReadSiteProjections`."""
    end_ms = FOREVER if until_ms is None else until_ms
    return map(visit_in, bodies(database, VISITS, (site, end_ms, from_ms, "")))


def orders(database: Database, site: str, from_ms: int, until_ms: int | None) -> Iterator[Order]:
    """See `ReadSiteProjections`."""
    return orders_read(database, ORDERS, site, from_ms, FOREVER if until_ms is None else until_ms)


def orders_named(database: Database, site: str, from_ms: int) -> Iterator[Order]:
    """See `ReadSiteProjections`."""
    return orders_read(database, ORDERS_NAMED, site, from_ms, FOREVER)


def orders_read(database: Database, asked: str, site: str, from_ms: int, end_ms: int) -> Iterator[Order]:
    """Stream the orders that a statement like `ORDERS` finds, each as the best evidence says."""
    for body in bodies(database, asked, (site, end_ms, from_ms, "")):
        order = order_in(body)
        if order.others:
            with database.reading() as connection:
                order = settled_in(connection, order)
        yield order


def visits_named(database: Database, site: str, names: Collection[str], from_ms: int) -> Iterator[Visit]:
    """See `ReadSiteProjections`."""
    for name in sorted(set(names)):
        yield from map(visit_in, bodies(database, BY_UTM, (site, name, from_ms, "")))


def visit(database: Database, site: str, visitor: str) -> Visit | None:
    """See `ReadSiteProjections`."""
    with database.reading() as connection:
        found = connection.execute(
            "select body from visits where site = ? and visitor = ?", (site, visitor)
        ).fetchone()
    return None if found is None else visit_in(found[0])


def order(database: Database, site: str, id: str) -> Order | None:
    """See `ReadSiteProjections`."""
    with database.reading() as connection:
        found = connection.execute(
            "select body from orders where site = ? and number = ?", (site, id)
        ).fetchone()
        return None if found is None or found[0] is None else settled_in(connection, order_in(found[0]))


def visits_by_day(database: Database, site: str, from_ms: int, until_ms: int | None) -> Sequence[VisitsOfDay]:
    """See `ReadSiteProjections`."""
    days: defaultdict[int, dict[Verdict, int]] = defaultdict(dict)
    with database.reading() as connection:
        end_ms = FOREVER if until_ms is None else until_ms
        for day, code, number in connection.execute(BY_DAY, (site, from_ms, end_ms)):
            days[day][VERDICTS[code]] = number
    return [VisitsOfDay(day, verdicts) for day, verdicts in days.items()]


def orders_of_visit(database: Database, site: str, visitor: str) -> Sequence[Order]:
    """See `ReadSiteProjections`."""
    with database.reading() as connection:
        rows = connection.execute(OF_VISIT, (site, visitor))
        found = [settled_in(connection, order_in(body)) for (body,) in rows]
    return sorted(found, key=lambda order: order.id)


def orders_by(database: Database, visitors: Sequence[tuple[str, str]]) -> Sequence[Order]:
    """See `ReadSiteProjections`."""
    found: dict[tuple[str, str], Order] = {}
    with database.reading() as connection:
        for part in _parts(list(dict.fromkeys(visitors))):
            asked = OF_VISITS.format(values=_values(part))
            for (body,) in connection.execute(asked, list(chain.from_iterable(part))):
                order = settled_in(connection, order_in(body))
                found[order.site, order.id] = order
    return list(found.values())


def orders_with_click(database: Database, site: str, from_ms: int) -> Iterator[Order]:
    """See `ReadSiteProjections`."""
    for body in bodies(database, WITH_CLICK, (site, from_ms, "")):
        with database.reading() as connection:
            order = settled_in(connection, order_in(body))
        yield order


def orders_of_recipient(database: Database, recipient: str) -> Sequence[Order]:
    """See `ReadSiteProjections`."""
    with database.reading() as connection:
        rows = connection.execute(
            "select body from orders where recipient = ? order by site, number", (recipient,)
        )
        return [settled_in(connection, order_in(body)) for (body,) in rows]


def uses_in(database: Database, days: Days) -> Sequence[Use]:
    """See `ReadSiteProjections`."""
    with database.reading() as connection:
        return _uses(connection.execute(f"{USE} uses u where u.day between ? and ?", days))


def uses_of_campaign(database: Database, campaign: str) -> Sequence[Use]:
    """See `ReadSiteProjections`."""
    with database.reading() as connection:
        return _uses(connection.execute(OF_CAMPAIGN, (campaign,)))


def uses_of(database: Database, clicks: Sequence[bytes]) -> Sequence[Use]:
    """See `ReadSiteProjections`."""
    found: list[Use] = []
    with database.reading() as connection:
        for part in _parts(list(dict.fromkeys(clicks))):
            values = ", ".join(["(?)"] * len(part))
            asked = f"{USE} (values {values}) as asked cross join uses u on u.click = asked.column1"
            found += _uses(connection.execute(asked, part))
    return found


def uses_by(database: Database, visitors: Sequence[tuple[str, str]]) -> Sequence[Use]:
    """See `ReadSiteProjections`."""
    found: list[Use] = []
    with database.reading() as connection:
        for part in _parts(list(dict.fromkeys(visitors))):
            asked = (
                f"{USE} {_values(part)} as asked"
                " cross join uses u on u.site = asked.column1 and u.visitor = asked.column2"
            )
            found += _uses(connection.execute(asked, list(chain.from_iterable(part))))
    return found


def named_in(database: Database, days: Days) -> Sequence[Named]:
    """See `ReadSiteProjections`."""
    with database.reading() as connection:
        return _named(connection, connection.execute(NAMED_IN, days))


def named_of(database: Database, recipient: str) -> Sequence[Named]:
    """See `ReadSiteProjections`."""
    with database.reading() as connection:
        return _named(connection, connection.execute(NAMED_OF, (recipient,)))


def named_by(database: Database, visitors: Sequence[tuple[str, str]]) -> Sequence[Named]:
    """See `ReadSiteProjections`."""
    found: list[Named] = []
    with database.reading() as connection:
        for part in _parts(list(dict.fromkeys(visitors))):
            asked = NAMED_BY.format(values=_values(part))
            found += _named(connection, connection.execute(asked, list(chain.from_iterable(part))))
    return found


def _parts(keys: Sequence[Key]) -> Iterator[Sequence[Key]]:
    return (keys[start : start + AT_ONCE] for start in range(0, len(keys), AT_ONCE))


def _values(part: Sequence[tuple[str, str]]) -> str:
    return f"(values {', '.join(['(?, ?)'] * len(part))})"


def _uses(rows: sqlite3.Cursor) -> list[Use]:
    return [
        Use(click, site, visitor, day, at_ms, named_ms, bool(human), known_as)
        for click, site, visitor, day, at_ms, named_ms, human, known_as in rows
    ]


def _named(connection: sqlite3.Connection, rows: Iterable[tuple[bytes, bytes, int, int]]) -> list[Named]:
    """Whom servers named, from orders with the visits that reported them: one that does not hold names nobody."""
    found = []
    for order_body, visit_body, known, edition in rows:
        order, visit = settled_in(connection, order_in(order_body)), visit_in(visit_body)
        if order.visitor == visit.visitor:
            found.append(named_by_order(order, VisitState(visit, known, edition)))
    return [named for named in found if named is not None]
