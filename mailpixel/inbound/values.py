"""Values in posts: JSON, moments and tokens, read within bounds. What is odd is None or empty, never an exception."""

import hmac
import math
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from mailpixel.errors import MissingExtra
from mailpixel.inbound.report import Found, Refusal, Report
from mailpixel.times import to_ms

BODY_BYTES = 1_048_576
"""The longest post."""
MOST_REPORTS = 5_000
"""Most reports in one post. A post of 1 MB with real events of SendGrid holds about 2,000."""
EARLIEST_MS, LATEST_MS = 946_684_800_000, 4_102_444_799_999
"""The first moment of 2000 and the last of 2099."""
TOKEN_FIELD = "mailpixel"  # noqa: S105 - the name of a field
TOKEN_FIELDS = (TOKEN_FIELD, *(f"{TOKEN_FIELD}{number}" for number in range(2, 10)))
"""Postmark bounds a value to 80 characters, and the token of a recipient with a UUID is longer."""
AHEAD_S = 300
"""How far an ESP's clock may be ahead of ours, in seconds."""
TEXT_CHARS = 4_096


def check_extra() -> None:
    """Raises `MissingExtra` without `cryptography`."""
    try:
        import cryptography  # noqa: F401
    except ImportError:
        raise MissingExtra("delivery reports need `pip install 'mailpixel[inbound]'`") from None


def json_of(body: bytes | str) -> Any:
    """The JSON value; None when it cannot be read, or is nested too deep."""
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeError, ValueError, RecursionError):
        return None


def an_object(value: object) -> Mapping[str, Any]:
    """The value if it is a JSON object, else an empty one."""
    return value if isinstance(value, dict) else {}


def text(value: object) -> str:
    """The value if it is text of at most 4,096 characters, else empty."""
    return value if isinstance(value, str) and len(value) <= TEXT_CHARS else ""


def token_in(metadata: object) -> str:
    """The message token in metadata, under the name `mailpixel`, or in pieces from there to `mailpixel9`."""
    given = an_object(metadata)
    return "".join(text(given.get(name)).strip() for name in TOKEN_FIELDS)


def iso_ms(value: object) -> int | None:
    """The moment of ISO 8601 text in milliseconds since 1970; without an offset it is UTC."""
    try:
        moment = datetime.fromisoformat(text(value))
        found = to_ms(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
    except (ValueError, OverflowError):
        return None
    return _bounded(found)


def seconds_ms(value: object) -> int | None:
    """The moment of seconds since 1970, a number or its text, in milliseconds."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        seconds = float(value)
        return _bounded(round(seconds * 1000)) if math.isfinite(seconds) else None
    except (ValueError, OverflowError):
        return None


def _bounded(at_ms: int) -> int | None:
    return at_ms if EARLIEST_MS <= at_ms <= LATEST_MS else None


def is_fresh(signed_ms: int | None, now_ms: int, within_s: int) -> bool:
    """Whether something was signed at most `within_s` before now, or up to five minutes after it by another clock."""
    return signed_ms is not None and -AHEAD_S * 1000 <= now_ms - signed_ms <= within_s * 1000


def same(one: str, other: str) -> bool:
    """Whether two texts are equal. The time does not depend on where they differ."""
    return hmac.compare_digest(one.encode("utf-8", "replace"), other.encode("utf-8", "replace"))


def found(read: Iterable[Report | None], **others: str) -> Found | Refusal:
    """The reports, and the number of those that are none; unreadable when they are too many."""
    each = list(read)
    if len(each) > MOST_REPORTS:
        return Refusal.UNREADABLE
    reports = tuple(report for report in each if report is not None)
    return Found(reports, len(each) - len(reports), **others)
