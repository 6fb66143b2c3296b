"""Money as pages and shops send it: read exactly, kept in minor units, written as decimal text."""

import json
import re
from decimal import ROUND_HALF_UP, Decimal
from importlib.resources import files

MOST = 10**12
"""The largest amount, in major units."""
PRICE_DIGITS = 6
"""How many decimals of a price are kept: prices without tax have more than a currency has."""
_TEXT = re.compile(r"[0-9]{1,40}(?:\.[0-9]{1,40})?", re.ASCII)
_SMALLEST_PRICE = Decimal(1).scaleb(-PRICE_DIGITS)


def _digits() -> dict[str, int]:
    table = json.loads(files("mailpixel.site").joinpath("data/currencies.json").read_text(encoding="utf-8"))
    by_digits = table["codes by digits of the minor unit"]
    return {code: int(digits) for digits, codes in by_digits.items() for code in codes}


DIGITS = _digits()
"""How many digits the minor unit of each currency has, by ISO 4217. `data/currencies.json` has source and date."""


def amount(value: object) -> Decimal | None:
    """An amount of 0 to 10^12, exactly as sent; None for anything else. Text must read like `20.00`."""
    if type(value) is str:
        value = Decimal(value) if _TEXT.fullmatch(value) else None
    elif type(value) is int:
        value = Decimal(value) if 0 <= value <= MOST else None
    if type(value) is not Decimal or not 0 <= value <= MOST:
        return None
    return abs(value)  # a zero with a sign is zero


def read_currency(value: object) -> tuple[str, str]:
    """The currency and the problem with it: one of both may be empty. Absent and blank text give neither."""
    if value is None or value == "":
        return "", ""
    if type(value) is not str:
        return "", "bad:currency"
    if value in DIGITS:
        return value, ""
    return (value.upper(), "fixed:currency") if value.upper() in DIGITS else ("", "bad:currency")


def minor_units(value: Decimal, currency: str) -> int:
    """An amount in minor units of its currency, rounded half up."""
    return int(value.scaleb(DIGITS[currency]).quantize(Decimal(1), ROUND_HALF_UP))


def decimal_text(minor: int, currency: str) -> str:
    """An amount of minor units as decimal text in major units: `59.98`, `1235` for yen."""
    return f"{Decimal(minor).scaleb(-DIGITS[currency]):f}"


def rounded_price(value: Decimal) -> Decimal:
    """A price with at most six decimals, rounded half up."""
    exponent = value.as_tuple().exponent
    is_fine = isinstance(exponent, int) and exponent < -PRICE_DIGITS
    return value.quantize(_SMALLEST_PRICE, ROUND_HALF_UP) if is_fine else value
