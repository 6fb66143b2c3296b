"""What strangers may see of numbers about people: one rule for everything that a share shows.

A number from one to four is not shown. Any other is shown rounded down to a multiple of five, so that each stands for
five numbers. Whatever is added up or subtracted, each of one to four stays possible where a number is not shown: in a
whole less its parts, in one day less its hours, or in one step of time in two time zones.
"""

from typing import NamedTuple

from mailpixel.privacy.resolve import ENOUGH

WHY = (
    f"So that nobody can be recognised, numbers from 1 to {ENOUGH - 1} are not shown, and all others are rounded down "
    f"to multiples of {ENOUGH}."
)
"""The reason, for whoever sees the numbers."""


def shown(number: int | None) -> int | None:
    """The number to show, a multiple of five or 0; None where none is shown."""
    if number is None or 0 < number < ENOUGH:
        return None
    return number - number % ENOUGH


class ShownShare(NamedTuple):
    """A part and its whole as shown, and their quotient; each None where it is not shown."""

    value: float | None
    part: int | None
    whole: int | None


def shown_share(part: int | None, whole: int | None) -> ShownShare:
    """A part of a whole. Without a quotient where one of them is not shown, the whole is 0 or less than the part."""
    seen, of = shown(part), shown(whole)
    return ShownShare(seen / of if of and seen is not None and seen <= of else None, seen, of)
