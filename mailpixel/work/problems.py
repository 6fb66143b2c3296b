"""What a consumer at work fails by, logged without filling the log."""

import logging
import time
import traceback
from collections.abc import Callable
from pathlib import Path

from mailpixel.errors import MailpixelError

QUIET_S = 60.0
"""A problem that was not met for this long is logged again when it comes back."""

log = logging.getLogger(__name__)


class Problems:
    """Logs each kind of problem of a task once for as long as it is met again and again."""

    def __init__(self, name: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._name = name
        self._clock = clock
        self._met_at_s: dict[str, float] = {}

    def log(self, error: Exception) -> None:
        """Log what was raised, unless it was met a short time ago."""
        now_s, problem = self._clock(), _described(error)
        self._met_at_s = {kind: at_s for kind, at_s in self._met_at_s.items() if now_s - at_s < QUIET_S}
        if problem not in self._met_at_s:
            log.error("%s failed and is tried again: %s", self._name, problem)
        self._met_at_s[problem] = now_s


def _described(error: Exception) -> str:
    """A message of ours as it is; of any other error its type and where it was raised, as its text may name people."""
    if isinstance(error, MailpixelError):
        return str(error)
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} in {Path(last.filename).name}, line {last.lineno}"
