"""Lengths of time as people write them: `30m`, `24h`, `7d`."""

import re
from collections.abc import Mapping

from mailpixel.errors import InvalidInput
from mailpixel.times import DAY_MS, HOUR_MS

PATTERN = r"[1-9][0-9]{0,5}[smhd]"
LONGEST_MS = 90 * DAY_MS
DAY = "24h"
"""The window of a funnel unless another is asked for."""
_UNITS: Mapping[str, int] = {"d": DAY_MS, "h": HOUR_MS, "m": 60_000, "s": 1_000}
_TEXT = re.compile(PATTERN, re.ASCII)


def window_ms(text: str, field: str = "window") -> int:
    """The milliseconds of a length of time. Raises `InvalidInput` for other text and for more than 90 days."""
    if not _TEXT.fullmatch(text):
        raise InvalidInput(field, "must be a number with s, m, h or d, such as 30m, 24h or 7d")
    length_ms = int(text[:-1]) * _UNITS[text[-1]]
    if length_ms > LONGEST_MS:
        raise InvalidInput(field, "must be at most 90d")
    return length_ms


def window_text(length_ms: int) -> str:
    """The shortest text of a length of time of whole seconds; one day is `24h`."""
    fits = (unit for unit, each_ms in _UNITS.items() if length_ms % each_ms == 0 and length_ms != DAY_MS)
    unit = "h" if length_ms == DAY_MS else next(fits)
    return f"{length_ms // _UNITS[unit]}{unit}"
