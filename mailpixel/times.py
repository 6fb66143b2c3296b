"""Moments as integer milliseconds since 1970, as they are stored and compared."""

import time

DAY_MS = 86_400_000


def now_ms() -> int:
    """The system's clock: milliseconds since 1970. Rooms that judge or fold take the time as an argument instead."""
    return time.time_ns() // 1_000_000
