"""Moments as text: ISO 8601 in UTC, to the millisecond where there is one."""

from datetime import UTC, datetime


def iso(moment: datetime | None) -> str | None:
    """`2026-09-21T14:13:20Z`, or with three decimals; None stays None."""
    if moment is None:
        return None
    moment = moment.astimezone(UTC)
    text = moment.isoformat(timespec="milliseconds" if moment.microsecond else "seconds")
    return text.removesuffix("+00:00") + "Z"


def iso_ms(milliseconds: int | None) -> str | None:
    """The same of milliseconds since 1970."""
    if milliseconds is None:
        return None
    return iso(
        datetime.fromtimestamp(milliseconds // 1000, UTC).replace(microsecond=milliseconds % 1000 * 1000)
    )
