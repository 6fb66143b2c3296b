"""How many orders a site has of each kind, and what they are worth: kept beside each order, so that none is read."""

from collections.abc import Collection, Iterator, Sequence
from enum import IntFlag
from typing import NamedTuple, Protocol

from mailpixel.site_model import DIFFERS, NOT_NAMED, Order, OrderSource


class OrderKind(IntFlag):
    """Who reported an order, and what about it is counted."""

    PAGE = 1
    SERVER = 2
    DIFFERS = 4
    NAMED = 8
    NOT_NAMED = 16

    @property
    def source(self) -> OrderSource:
        """Who reported it."""
        if OrderKind.SERVER not in self:
            return OrderSource.BROWSER
        return OrderSource.BOTH if OrderKind.PAGE in self else OrderSource.SERVER


class OrderSum(NamedTuple):
    """Orders of one kind and currency: how many, how many of them with money, and their worth in minor units."""

    kind: OrderKind
    currency: str
    number: int
    with_money: int
    worth: int


class OrderSums(Protocol):
    """Counts orders. Moments are milliseconds since 1970; an end is not included."""

    def order_sums(self, site: str, from_ms: int = 0, until_ms: int | None = None) -> Sequence[OrderSum]:
        """The orders of this time by kind and currency, in no promised order. No order is read for it."""
        ...

    def order_ids(
        self, site: str, kinds: Collection[OrderKind], from_ms: int, until_ms: int | None, limit: int
    ) -> Sequence[str]:
        """The ids of the first orders of these kinds in this time, in order of their moments and then of their ids."""
        ...

    def orders_of_pages(self, site: str, from_ms: int = 0) -> Iterator[Order]:
        """Stream the orders from this moment on that no server reported, in the same order."""
        ...

    def first_moment(self, site: str) -> int | None:
        """When the first visit to the site began or its first order was made; None without any."""
        ...

    def first_visit(self, site: str) -> int | None:
        """When the first visit to the site began; None without any."""
        ...


def kind_of(order: Order) -> OrderKind:
    """The kind of an order. It is the same for every visitor who claims it."""
    kind = OrderKind(0)
    for holds, trait in (
        (order.source is not OrderSource.SERVER, OrderKind.PAGE),
        (order.source is not OrderSource.BROWSER, OrderKind.SERVER),
        (DIFFERS in order.problems, OrderKind.DIFFERS),
        (order.recipient != "", OrderKind.NAMED),
        (NOT_NAMED in order.problems, OrderKind.NOT_NAMED),
    ):
        kind |= trait if holds else OrderKind(0)
    return kind


def worth_of(order: Order) -> int | None:
    """What an order is worth in minor units, without what was refunded; None where no money is known."""
    if order.value is None:
        return None
    return 0 if order.cancelled else order.value - order.refunded
