"""Time zones, and moments in local time."""

import re
from collections.abc import Mapping
from datetime import datetime, tzinfo
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from mailpixel.errors import InvalidInput

NOT_PLACES = frozenset({"posixrules", "localtime", "factory", "posix", "right"})
"""Names beside the zones of a system that are not zones: copies, this machine's own zone, or no place."""
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+){0,2}")


def time_zone(name: str, field: str = "tz") -> ZoneInfo:
    """The zone of an IANA name. Raises `InvalidInput` for an unknown name."""
    try:
        if _NAME.fullmatch(name) and name.partition("/")[0].lower() not in NOT_PLACES:
            return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        pass
    raise InvalidInput(field, "unknown time zone; use an IANA name such as Europe/Berlin or UTC") from None


def in_zone(value: Any, zone: tzinfo | None) -> Any:
    """A JSON value with its moments in local time, such as `2026-09-21T16:13:20+02:00`; unchanged without a zone.

    A moment is text under a name that ends in `_at`, or under `as_of`.
    """
    if zone is None:
        return value
    if isinstance(value, Mapping):
        return {name: _named(name, each, zone) for name, each in value.items()}
    return [in_zone(each, zone) for each in value] if isinstance(value, list) else value


def _named(name: str, value: Any, zone: tzinfo) -> Any:
    if isinstance(value, str) and (name.endswith("_at") or name == "as_of"):
        return local(value, zone)
    return in_zone(value, zone)


def local(moment: str, zone: tzinfo) -> str:
    """A moment in ISO 8601 as local time with its offset."""
    named = datetime.fromisoformat(moment).astimezone(zone)
    return named.isoformat(timespec="milliseconds" if named.microsecond else "seconds")
