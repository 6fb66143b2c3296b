"""What was folded from web sites, in a SQLite file: one row a case, and rows derived from it that find it."""

import sqlite3
import zlib
from collections.abc import Iterable, Iterator, Sequence
from functools import partial

from msgspec.msgpack import Decoder, Encoder

from mailpixel.errors import Conflict
from mailpixel.site_model import CaseKind, Order, Visit, case_kind
from mailpixel.store.consumers import News
from mailpixel.store.log import PutAside
from mailpixel.store.order_holders import settled
from mailpixel.store.order_sums import kind_of, worth_of
from mailpixel.store.site_projections import (
    SITE_FOLD,
    FoldedCase,
    OrderState,
    Use,
    VisitState,
    has_lost,
    utm_name,
)
from mailpixel.store.sqlite.cursor import Cursor, read_cursor, write_position
from mailpixel.store.sqlite.database import Database
from mailpixel.store.verdict_codes import VERDICTS

PUT_VISIT = """
    insert into visits (site, visitor, first_ms, verdict, day, utm, known, edition, body)
    values (?, ?, ?, ?, ?, ?, ?, ?, ?)
    on conflict (site, visitor) do update set first_ms = excluded.first_ms, verdict = excluded.verdict,
    day = excluded.day, utm = excluded.utm, known = excluded.known, edition = excluded.edition, body = excluded.body
"""
PUT_ORDER = """
    insert into orders (site, number, at_ms, visitor, recipient, click, known, edition, body, kind, currency, worth)
    values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    on conflict (site, number) do update set at_ms = excluded.at_ms, visitor = excluded.visitor,
    recipient = excluded.recipient, click = excluded.click, known = excluded.known, edition = excluded.edition,
    body = excluded.body, kind = excluded.kind, currency = excluded.currency, worth = excluded.worth
"""
PUT_USE = "insert or replace into uses values (?, ?, ?, ?, ?, ?, ?, ?)"
PUT_CLAIM = "insert or replace into order_claims values (?, ?, ?)"
DROP_CLAIMS = "delete from order_claims where site = ? and number = ?"
DROP_USES = "delete from uses where site = ? and visitor = ?"
OF_VISITOR = "select body from visits where site = ? and visitor = ?"
OF_VISIT = "select known, edition from visits where site = ? and visitor = ?"
OF_ORDER = "select known, edition from orders where site = ? and number = ?"
FORGET = {
    CaseKind.VISIT: (DROP_USES, "delete from visits where site = ? and visitor = ?"),
    CaseKind.ORDER: (DROP_CLAIMS, "delete from orders where site = ? and number = ?"),
}
CASES = {
    CaseKind.VISIT: "select visitor from visits where site = ? and visitor > ? order by visitor limit ?",
    CaseKind.ORDER: "select number from orders where site = ? and number > ? order by number limit ?",
}
ASIDE = """
    select campaign, recipient, error from cases_aside
    where (campaign, recipient) > (?, ?) order by campaign, recipient limit ?
"""
LOGGED_NOW = "select count(*), count(decided) from events where campaign = ? and recipient = ?"
LOGGED = "select 1 from events where campaign = ? and recipient = ? limit 1"
PAGE = 2_000
"""Rows read at a time, so that no reader delays the log for long."""

_CODES = {verdict: code for code, verdict in enumerate(VERDICTS)}
_ENCODER = Encoder()
_VISITS, _ORDERS = Decoder(Visit), Decoder(Order)

SMALL_BYTES = 300
"""Bodies up to this size are kept as they are, larger ones compressed: a visit of 25 steps then has 1,220 bytes and
not 2,190, so that three fit into a page of SQLite."""


def save_site(database: Database, folded: Sequence[FoldedCase], news: News, *, again: bool = False) -> None:
    """See `SiteProjections`."""
    with database.writing() as connection:
        since, cursor = Cursor.parse(news.since), Cursor.parse(news.position)
        now = read_cursor(connection, SITE_FOLD)
        if now[1:] != since[1:] or (cursor != since and now != since):
            raise Conflict("sites were folded or erased from meanwhile; read again")
        if again and any(_has_lost(connection, each) for each in folded):
            raise Conflict("something of sites grew too old meanwhile; read again")
        put_cases(connection, folded)
        if cursor != since:
            write_position(connection, SITE_FOLD, cursor.position)


def put_cases(connection: sqlite3.Connection, folded: Sequence[FoldedCase]) -> None:
    """Replace the cases that do not know more."""
    visits = [each for each in folded if isinstance(each, VisitState)]
    orders = [each for each in folded if isinstance(each, OrderState)]
    aside = [(each.campaign, each.recipient, each.error) for each in folded if isinstance(each, PutAside)]
    _put_visits(connection, [each for each in visits if _is_news(connection, OF_VISIT, each)])
    _put_orders(connection, [each for each in orders if _is_news(connection, OF_ORDER, each)])
    if connection.execute("select 1 from cases_aside limit 1").fetchone():
        keys = [*(each.key for each in visits), *(each.key for each in orders)]
        connection.executemany("delete from cases_aside where campaign = ? and recipient = ?", keys)
    connection.executemany("insert or replace into cases_aside values (?, ?, ?)", aside)


def _has_lost(connection: sqlite3.Connection, folded: FoldedCase) -> bool:
    key = (folded.campaign, folded.recipient) if isinstance(folded, PutAside) else folded.key
    return has_lost(folded, *connection.execute(LOGGED_NOW, key).fetchone())


def _is_news(connection: sqlite3.Connection, asked: str, state: VisitState | OrderState) -> bool:
    campaign, name = state.key
    former = connection.execute(asked, (campaign.partition(":")[2], name)).fetchone()
    return former is None or state.knowledge >= former


def _put_visits(connection: sqlite3.Connection, states: Sequence[VisitState]) -> None:
    connection.executemany(PUT_VISIT, map(visit_row, states))
    connection.executemany(DROP_USES, [(state.visit.site, state.visit.visitor) for state in states])
    connection.executemany(PUT_USE, (use_row(use) for state in states for use in state.uses))


def visit_row(state: VisitState) -> tuple[object, ...]:
    """The row of a visit, in the order of `PUT_VISIT`."""
    visit = state.visit
    return (
        visit.site,
        visit.visitor,
        visit.first_ms,
        _CODES[visit.verdict],
        state.day,
        utm_name(visit.utm_campaign) or None,
        state.known,
        state.edition,
        body_in(visit),
    )


def use_row(use: Use) -> tuple[object, ...]:
    """The row of a click that a visit used, in the order of its table."""
    return (
        use.click,
        use.site,
        use.visitor,
        use.day,
        use.at_ms,
        use.named_ms,
        use.human,
        use.known_as,
    )


def _put_orders(connection: sqlite3.Connection, states: Sequence[OrderState]) -> None:
    connection.executemany(PUT_ORDER, map(order_row, states))
    connection.executemany(DROP_CLAIMS, [(state.site, state.id) for state in states])
    claims = ((state.site, state.id, visitor) for state in states for visitor in state.others)
    connection.executemany(PUT_CLAIM, claims)


def order_row(state: OrderState) -> tuple[object, ...]:
    """The row of an order, in the order of `PUT_ORDER`."""
    order = state.order
    if order is None:
        return state.site, state.id, 0, None, None, None, state.known, state.edition, None, None, None, None
    return (
        order.site,
        order.id,
        order.at_ms,
        order.visitor or None,
        order.recipient or None,
        order.click or None,
        state.known,
        state.edition,
        body_in(order),
        kind_of(order).value,
        order.currency,
        worth_of(order),
    )


def forget_cases(database: Database, keys: Sequence[tuple[str, str]]) -> int:
    """See `SiteProjections`."""
    with database.writing() as connection:
        gone = [key for key in keys if connection.execute(LOGGED, key).fetchone() is None]
        forget_in(connection, gone)
    return len(gone)


def forget_in(connection: sqlite3.Connection, keys: Iterable[tuple[str, str]]) -> None:
    """Forget what was folded of these cases in this transaction, whatever is logged of them."""
    for campaign, name in keys:
        for statement in FORGET[case_kind(campaign)]:
            connection.execute(statement, (campaign.partition(":")[2], name))
        connection.execute("delete from cases_aside where campaign = ? and recipient = ?", (campaign, name))


def site_cases(database: Database, campaign: str, after: str, limit: int) -> Sequence[str]:
    """See `SiteProjections`."""
    asked = CASES[case_kind(campaign)]
    with database.reading() as connection:
        rows = connection.execute(asked, (campaign.partition(":")[2], after, limit))
        return [name for (name,) in rows]


def site_cases_aside(database: Database, after: tuple[str, str], limit: int) -> Sequence[PutAside]:
    """See `SiteProjections`."""
    with database.reading() as connection:
        return [PutAside(*row) for row in connection.execute(ASIDE, (*after, limit))]


def body_in(value: Visit | Order) -> bytes:
    """The body of a row."""
    body = _ENCODER.encode(value)
    return body if len(body) <= SMALL_BYTES else zlib.compress(body, 1)


def visit_in(body: bytes) -> Visit:
    """The visit that a row holds."""
    return _VISITS.decode(_plain(body))


def order_in(body: bytes) -> Order:
    """The order that a row holds, as every visitor reported it."""
    return _ORDERS.decode(_plain(body))


def settled_in(connection: sqlite3.Connection, order: Order) -> Order:
    """The order as the visitor with the best evidence reported it."""
    return settled(order, partial(visit_of, connection))


def visit_of(connection: sqlite3.Connection, site: str, visitor: str) -> Visit | None:
    """One visit; None where there is none."""
    row = connection.execute(OF_VISITOR, (site, visitor)).fetchone()
    return None if row is None else visit_in(row[0])


def _plain(body: bytes) -> bytes:
    """A body as it was encoded. An encoded array never begins like something compressed."""
    return zlib.decompress(body) if body[:1] == b"x" else body


def bodies(database: Database, asked: str, begin: tuple[object, ...]) -> Iterator[bytes]:
    """Stream bodies a page at a time.

    `asked` selects (moment, name, body). Its parameters are `begin`, of which the last two are the moment and the name
    after which a page begins, and the limit of a page.
    """
    *fixed, moment, name = begin
    while True:
        with database.reading() as connection:
            rows = connection.execute(asked, (*fixed, moment, name, PAGE)).fetchall()
        yield from (body for _, _, body in rows)
        if len(rows) < PAGE:
            return
        moment, name, _ = rows[-1]
