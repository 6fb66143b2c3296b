"""One order of a site as people and programs see it."""

from mailpixel.report.answer import Answer, Count, Iso
from mailpixel.report.moments import iso_ms
from mailpixel.site.money import decimal_text
from mailpixel.site_model import Click, Order, OrderSource


class OrderRow(Answer, frozen=True):
    """An order. Money is decimal text in `currency`, and null where none is known.

    `visitor` is the key of the visit whose page reported it, `recipient` whom the shop's server named as its customer.
    `campaign` and `link` are those of the click that the server handed over, null where it did not, or nothing is known
    of it.
    """

    site: str
    order: str
    first_at: Iso
    source: OrderSource
    currency: str
    value: str | None
    refunded: str | None
    cancelled: bool
    visitor: str
    recipient: str
    campaign: str | None
    link: Count | None
    problems: list[str]


def order_row(order: Order, click: Click | None) -> OrderRow:
    """An order for people and programs. `click` is what is known of the click that the server handed over."""
    return OrderRow(
        site=order.site,
        order=order.id,
        first_at=iso_ms(order.at_ms),
        source=order.source,
        currency=order.currency,
        value=_money(order, order.value),
        refunded=_money(order, order.refunded or None),
        cancelled=order.cancelled,
        visitor=order.visitor,
        recipient=order.recipient,
        campaign=click.campaign if click else None,
        link=click.link if click else None,
        problems=list(order.problems),
    )


def _money(order: Order, value: int | None) -> str | None:
    return None if value is None else decimal_text(value, order.currency)
