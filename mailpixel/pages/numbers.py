"""Numbers, rates and moments as people read them."""

from datetime import datetime

from mailpixel.report.summary import Summary

THIN = "\N{NARROW NO-BREAK SPACE}"
NONE = "—"
"""What stands for a number that is not known."""


def grouped(number: int | None) -> str:
    """A whole number in groups of three digits: `182 410`, with spaces that never break. Unknown: a dash."""
    return NONE if number is None else f"{number:,}".replace(",", THIN)


def of_messages(number: int | None) -> str:
    """`1 message`, `1 110 604 messages`."""
    return f"{grouped(number)} {'message' if number == 1 else 'messages'}"


def views_text(number: int) -> str:
    """`1 view by people`, `57 views by people`: what is known where hits are counted without recipients."""
    return f"{grouped(number)} {'view' if number == 1 else 'views'} by people"


def per_cent(rate: float | None) -> str:
    """A rate with one decimal: `4.7 %`. Rates that round to 0 or 100 without being so say `< 0.1 %`, `> 99.9 %`."""
    if rate is None:
        return NONE
    if 0 < rate < 0.0005:
        return f"<{THIN}0.1{THIN}%"
    return f">{THIN}99.9{THIN}%" if 0.9995 <= rate < 1 else f"{rate * 100:.1f}{THIN}%"


def rate_of(summary: Summary, rate: float | None) -> str:
    """A rate of a campaign as `per_cent`. Before the first hit there is nothing to say: a dash, never 0 %."""
    return per_cent(rate if summary.has_hits else None)


def day_text(moment: datetime) -> str:
    """`26 Nov 2026`."""
    return f"{moment.day} {moment:%b %Y}"


def hour_text(moment: datetime) -> str:
    """`26 Nov 10:00`."""
    return f"{moment.day} {moment:%b %H:%M}"


def moment_text(moment: datetime) -> str:
    """`26 Nov 2026, 09:30`."""
    return f"{day_text(moment)}, {moment:%H:%M}"


def clock_text(moment: datetime) -> str:
    """`26 Nov 2026, 09:30:05`."""
    return f"{day_text(moment)}, {moment:%H:%M:%S}"
