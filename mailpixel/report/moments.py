"""Moments as text: ISO 8601 in UTC, with milliseconds if they are not zero."""

from datetime import UTC, datetime
from typing import overload

from mailpixel.errors import InvalidInput
from mailpixel.times import moment_of, to_ms

EARLIEST_MS = 946_684_800_000
LATEST_MS = 4_102_444_799_999
"""The first moment of 2000 and the last of 2099. Moments outside them are refused.

This catches seconds sent as milliseconds, which would be a day in January 1970.
"""
MOMENT_CHARS = 40
LAST_ISO_MS = 253_402_300_799_999


def from_iso(text: str, field: str) -> datetime:
    """The moment of ISO 8601 text, UTC without an offset. Raises `InvalidInput`, as `from_ms` does."""
    try:
        named = datetime.fromisoformat(text) if len(text) <= MOMENT_CHARS else None
    except ValueError:
        named = None
    if named is None:
        raise InvalidInput(field, "must be a date, or a date and time like 2026-11-25T09:00:00Z")
    milliseconds = to_ms(named if named.tzinfo else named.replace(tzinfo=UTC))
    if not EARLIEST_MS <= milliseconds <= LATEST_MS:
        raise InvalidInput(field, f"{_YEARS}; this is too {_side(milliseconds)}")
    return moment_of(milliseconds)


def from_ms(milliseconds: int, field: str) -> datetime:
    """The moment of milliseconds since 1970. Raises `InvalidInput` before 2000 and after 2099."""
    if not EARLIEST_MS <= milliseconds <= LATEST_MS:
        unit = _other_unit(milliseconds)
        looks = f", and this one looks like {unit}" if unit else ""
        side = _side(milliseconds)
        raise InvalidInput(
            field, f"{_YEARS}; this is too {side} (a number is milliseconds since 1970{looks})"
        )
    return moment_of(milliseconds)


_YEARS = "must be a moment in the years 2000 to 2099"


def _side(milliseconds: int) -> str:
    return "early" if milliseconds < EARLIEST_MS else "late"


def _other_unit(number: int) -> str:
    """The unit in which a number would be a valid moment; empty if there is none."""
    units = (("seconds", 1_000, 1), ("microseconds", 1, 1_000), ("nanoseconds", 1, 1_000_000))
    fits = (unit for unit, times, over in units if EARLIEST_MS <= number * times // over <= LATEST_MS)
    return next(fits, "")


@overload
def iso(moment: datetime) -> str: ...
@overload
def iso(moment: datetime | None) -> str | None: ...
def iso(moment: datetime | None) -> str | None:
    """`2026-09-21T14:13:20Z`, or with three decimals; None stays None."""
    if moment is None:
        return None
    moment = moment.astimezone(UTC)
    text = moment.isoformat(timespec="milliseconds" if moment.microsecond else "seconds")
    return text.removesuffix("+00:00") + "Z"


@overload
def iso_ms(milliseconds: int) -> str: ...
@overload
def iso_ms(milliseconds: int | None) -> str | None: ...
def iso_ms(milliseconds: int | None) -> str | None:
    """The same for milliseconds since 1970, up to the end of 9999, the last year with four digits."""
    if milliseconds is None:
        return None
    return iso(moment_of(min(milliseconds, LAST_ISO_MS)))
