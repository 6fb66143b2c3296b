"""Moments: aware UTC datetimes where people set them, integer milliseconds since 1970 where they are stored."""

import time
from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
"""Where milliseconds are counted from."""
HOUR_MS = 3_600_000
DAY_MS = 86_400_000


def to_ms(moment: datetime) -> int:
    """An aware moment as whole milliseconds since 1970, rounded down."""
    return (moment - EPOCH) // timedelta(milliseconds=1)


def moment_of(milliseconds: int) -> datetime:
    """The aware UTC moment that lies these milliseconds after 1970."""
    return EPOCH + timedelta(milliseconds=milliseconds)


def now_ms() -> int:
    """The system's clock, in milliseconds since 1970.

    Code that judges, folds or counts does not call this; it takes the time as an argument.
    """
    return time.time_ns() // 1_000_000
