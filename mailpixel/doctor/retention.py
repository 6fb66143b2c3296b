"""Whether what is past its time is removed."""

from collections.abc import Mapping, Sequence

from mailpixel.doctor.local import Check, Grade
from mailpixel.privacy.retained import Period
from mailpixel.report.retention import last_run_ms
from mailpixel.store.retention import Kept, RetentionRun
from mailpixel.times import DAY_MS, moment_of

LATE_MS = 2 * DAY_MS
"""A kind that was not gone through for so long is late."""


def check_retention(periods: Sequence[Period], runs: Mapping[Kept, RetentionRun], now_ms: int) -> Check:
    """Check that every kind was gone through lately, and that none waits for a mode."""
    name, at_ms = "retention", last_run_ms(periods, runs)
    waiting = ", ".join(period.retained.kind for period in periods if period.waiting)
    remedy = "start `mailpixel serve` or `mailpixel work`, or run `mailpixel retention`"
    if at_ms is None:
        return Check(name, Grade.WARN, "has not run yet: nothing was removed that is past its time", remedy)
    if now_ms - at_ms > LATE_MS:
        return Check(name, Grade.WARN, f"last ran on {moment_of(at_ms):%Y-%m-%d}", remedy)
    if waiting:
        found = (
            f"{waiting} stay for ever, because this folder is of an earlier release and no mode was chosen"
        )
        return Check(name, Grade.WARN, found, "set MAILPIXEL_MODE")
    return Check(name, Grade.OK, f"last ran on {moment_of(at_ms):%Y-%m-%d %H:%M} UTC")
