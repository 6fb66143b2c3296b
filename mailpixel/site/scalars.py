"""Single values of data: text, numbers, true and false. Addresses of people are left out."""

from decimal import Decimal
from enum import StrEnum

from mailpixel.site.personal import looks_personal

_LARGEST_WHOLE = 2**63 - 1
"""The largest whole number that every reader of the log can hold."""


class Dropped(StrEnum):
    """Why a value is not kept: it is no scalar, or it holds something that looks like an e-mail address."""

    BAD = "bad"
    PERSONAL = "personal"


def kept_scalar(value: object) -> str | int | float | bool | Dropped:
    """The value as it is kept, or why it is not."""
    if isinstance(value, str):
        return Dropped.PERSONAL if looks_personal(value) else value
    if isinstance(value, int):  # true and false as well
        return value if abs(value) <= _LARGEST_WHOLE else Dropped.BAD
    if isinstance(value, Decimal):
        return _number(value)
    return Dropped.BAD


def _number(value: Decimal) -> float | Dropped:
    number = float(value)
    return number if abs(number) <= _LARGEST_WHOLE else Dropped.BAD
