"""Moments as text: ISO 8601, told in UTC and to the millisecond where there is one."""

from datetime import UTC, datetime, timedelta

from mailpixel.errors import InvalidInput
from mailpixel.model import EPOCH

EARLIEST_MS = 946_684_800_000
LATEST_MS = 4_102_444_800_000
"""The starts of the years 2000 and 2100, between which every moment lies that anybody may name. Seconds since 1970
given for milliseconds come to January 1970, and are refused."""
MOMENT_CHARS = 40
LAST_ISO_MS = 253_402_300_799_999


def from_iso(text: str, field: str) -> datetime:
    """The moment that ISO 8601 text names, in UTC where it has no offset. Raises `InvalidInput`, as `from_ms` does."""
    try:
        named = datetime.fromisoformat(text) if len(text) <= MOMENT_CHARS else None
    except ValueError:
        named = None
    if named is None:
        raise InvalidInput(field, "must be a date and time like 2026-11-25T09:00:00Z")
    return from_ms(to_ms(named if named.tzinfo else named.replace(tzinfo=UTC)), field)


def from_ms(milliseconds: int, field: str) -> datetime:
    """The moment so long after 1970. Raises `InvalidInput` before 2000 and after 2100."""
    if not EARLIEST_MS <= milliseconds <= LATEST_MS:
        raise InvalidInput(field, "must lie between 2000 and 2100; is a number in milliseconds?")
    return EPOCH + timedelta(milliseconds=milliseconds)


def to_ms(told: datetime) -> int:
    """Whole milliseconds since 1970 of an aware moment."""
    return (told - EPOCH) // timedelta(milliseconds=1)


def iso(moment: datetime | None) -> str | None:
    """`2026-09-21T14:13:20Z`, or with three decimals; None stays None."""
    if moment is None:
        return None
    moment = moment.astimezone(UTC)
    text = moment.isoformat(timespec="milliseconds" if moment.microsecond else "seconds")
    return text.removesuffix("+00:00") + "Z"


def iso_ms(milliseconds: int | None) -> str | None:
    """The same of milliseconds since 1970, up to the end of the year 9999, the last that has four digits."""
    if milliseconds is None:
        return None
    milliseconds = min(milliseconds, LAST_ISO_MS)
    return iso(
        datetime.fromtimestamp(milliseconds // 1000, UTC).replace(microsecond=milliseconds % 1000 * 1000)
    )
