"""The data of an event: its own scalar fields, its items, and its money.

A flaw never drops a step: what cannot be kept is left out, and a word of `problems` says so.
"""

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from msgspec import Struct

from mailpixel.site.items import Items, read_items
from mailpixel.site.money import amount, decimal_text, minor_units, read_currency, rounded_price
from mailpixel.site.names import NAME, PURCHASE, SHOP
from mailpixel.site.scalars import Dropped, kept_scalar

DATA_CHARS = 16_384
"""The largest data of an event, in characters of JSON."""
MOST_FIELDS = 25
"""How many fields of its own an event may have."""
MONEY = ("transaction_id", "value", "currency", "tax", "shipping")
"""The fields that stay where there is too much data."""
_READ_APART = frozenset((*MONEY, "items"))
_MONEY_APART = _READ_APART - {"transaction_id"}
AMOUNTS = ("value", "tax", "shipping")


class Read(Struct):
    """Data as it was read: `kept` is what the log gets. `minor` has the amounts in minor units of the currency."""

    kept: dict[str, Any]
    currency: str = ""
    minor: dict[str, int] = {}
    items: tuple[dict[str, Any], ...] = ()


def read_data(data: object, name: str, problems: list[str], may_be_large: bool) -> Read:
    """The data of an event of this name. Words for what was left out are added to `problems`."""
    fields = _bounded(data, problems, may_be_large)
    if name not in SHOP:
        return Read(_own(fields, frozenset(), problems))
    read = Read(_own(fields, _READ_APART if name == PURCHASE else _MONEY_APART, problems))
    _read_money(read, fields, name == PURCHASE, problems)
    _read_items(read, fields, problems)
    return read


def _bounded(data: object, problems: list[str], may_be_large: bool) -> Mapping[str, Any]:
    """The fields: all, or those of money alone where there are too many."""
    if data is None:
        return {}
    if type(data) is not dict:
        problems.append("bad:data")
        return {}
    if not (may_be_large and is_too_large(data)) and _scalars(data) <= MOST_FIELDS:
        return data
    problems.append("cut:data")
    return {key: data[key] for key in MONEY if key in data}


def is_too_large(data: Mapping[str, Any]) -> bool:
    """Whether the data has more characters of JSON than are kept."""
    try:
        text = json.dumps(data, separators=(",", ":"), ensure_ascii=False, default=_plain_number)
    except (RecursionError, ValueError):
        return True
    return len(text) > DATA_CHARS


def _plain_number(value: Decimal) -> float:
    return float(value)


def _scalars(data: Mapping[str, Any]) -> int:
    """How many fields the event has of its own."""
    if len(data) <= MOST_FIELDS:
        return len(data)
    return sum(key not in _READ_APART and type(value) not in (dict, list) for key, value in data.items())


def _own(fields: Mapping[str, Any], apart: frozenset[str], problems: list[str]) -> dict[str, Any]:
    """The scalar fields that can be kept, without those that are read apart."""
    kept = {}
    for key, value in fields.items():
        if key in apart or value is None:
            continue
        if not NAME.fullmatch(key):
            problems.append("bad:data_name")
            continue
        scalar = kept_scalar(value)
        if isinstance(scalar, Dropped):
            problems.append(f"{scalar}:{key}")
        else:
            kept[key] = scalar
    return kept


def _read_money(read: Read, fields: Mapping[str, Any], is_purchase: bool, problems: list[str]) -> None:
    read.currency, problem = read_currency(fields.get("currency"))
    if problem:
        problems.append(problem)
    elif not read.currency and (is_purchase or is_told(fields.get("value"))):
        problems.append("missing:currency")
    if read.currency:
        read.kept["currency"] = read.currency
    if is_purchase and not is_told(fields.get("value")):
        problems.append("missing:value")
    for key in AMOUNTS:
        if is_told(fields.get(key)):
            _read_amount(read, key, fields[key], problems)


def _read_amount(read: Read, key: str, told: object, problems: list[str]) -> None:
    value = amount(told)
    if value is None:
        problems.append(f"bad:{key}")
    elif read.currency:
        read.minor[key] = minor_units(value, read.currency)
        read.kept[key] = decimal_text(read.minor[key], read.currency)
    else:
        read.kept[key] = f"{rounded_price(value):f}"


def _read_items(read: Read, fields: Mapping[str, Any], problems: list[str]) -> None:
    items = read_items(fields.get("items"), problems)
    if items.kept:
        read.items = items.kept
        read.kept["items"] = list(items.kept)
    if _differs(read, items):
        problems.append("differs:value")


def _differs(read: Read, items: Items) -> bool:
    """Whether the value is not the sum of the items, by more than a minor unit for each item."""
    if items.total is None or "value" not in read.minor:
        return False
    return abs(read.minor["value"] - minor_units(items.total, read.currency)) > len(items.kept)


def is_told(value: object) -> bool:
    """Whether a field says anything: it is neither absent nor blank text."""
    return value is not None and value != ""
