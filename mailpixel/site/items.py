"""The items of a step in a shop: what was seen, put into the cart or bought."""

from decimal import Decimal
from typing import Any

from msgspec import Struct

from mailpixel.site.money import amount, rounded_price
from mailpixel.site.names import NAME
from mailpixel.site.scalars import Dropped, kept_scalar

MOST_ITEMS = 200
"""How many items are kept."""
MOST_ITEM_FIELDS = 25
"""How many fields of its own an item may have. Others are left out."""
MOST_QUANTITY = 1_000_000


class Items(Struct, gc=False):
    """The items that are kept, and the sum of price times quantity; None where that cannot be known."""

    kept: tuple[dict[str, Any], ...] = ()
    total: Decimal | None = None


def read_items(items: object, problems: list[str]) -> Items:
    """The items as they are kept. Words for what was left out are added to `problems`."""
    if items is None or items == [] or items == "":
        problems.append("missing:items")
        return Items()
    if type(items) is not list:
        problems.append("bad:items")
        return Items()
    if len(items) > MOST_ITEMS:
        problems.append("cut:items")
    before = len(problems)
    prices: list[Decimal | None] = []
    kept = [item for item in (_item(sent, prices, problems) for sent in items[:MOST_ITEMS]) if item]
    is_whole = len(items) == len(kept) and not _spoiled(problems[before:])
    return Items(tuple(kept), _total(prices) if is_whole else None)


def _spoiled(problems: list[str]) -> bool:
    return "bad:price" in problems or "bad:quantity" in problems


def _total(prices: list[Decimal | None]) -> Decimal | None:
    known = [price for price in prices if price is not None]
    return sum(known, Decimal(0)) if len(known) == len(prices) else None


def _item(sent: object, prices: list[Decimal | None], problems: list[str]) -> dict[str, Any] | None:
    """One item as it is kept, None where it cannot be told from others. What it costs goes to `prices`."""
    if type(sent) is not dict:
        problems.append("bad:item")
        return None
    kept = _own(sent, problems)
    if "item_id" not in kept and "item_name" not in kept:
        problems.append("bad:item")
        return None
    prices.append(_cost(sent, kept, problems))
    return kept


def _own(sent: dict[str, Any], problems: list[str]) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    for key, value in sent.items():
        if key in ("price", "quantity") or value is None or value == "" or len(kept) >= MOST_ITEM_FIELDS:
            continue
        scalar = kept_scalar(value)
        if not NAME.fullmatch(key):
            problems.append("bad:data_name")
        elif isinstance(scalar, Dropped):
            problems.append(f"{scalar}:{key}")
        else:
            kept[key] = str(scalar) if key == "item_id" else scalar
    return kept


def _cost(sent: dict[str, Any], kept: dict[str, Any], problems: list[str]) -> Decimal | None:
    """Price times quantity, which are kept; None without a price. One is meant where no quantity is told."""
    price, quantity = None, 1
    if sent.get("price") not in (None, ""):
        price = amount(sent["price"])
        if price is None:
            problems.append("bad:price")
        else:
            price = rounded_price(price)
            kept["price"] = f"{price:f}"
    if sent.get("quantity") not in (None, ""):
        told = _quantity(sent["quantity"])
        if told is None:
            problems.append("bad:quantity")
        else:
            quantity = kept["quantity"] = told
    return None if price is None else price * quantity


def _quantity(value: object) -> int | None:
    """A whole number from 1 to a million, also as text."""
    number = amount(value)
    if number is None or number != int(number) or not 1 <= number <= MOST_QUANTITY:
        return None
    return int(number)
