"""Logs the failures of a consumer without filling the log."""

import logging
import time
import traceback
from collections.abc import Callable
from pathlib import Path

from mailpixel.errors import MailpixelError

QUIET_S = 60.0
"""A problem that did not occur for this long is logged again when it returns."""

log = logging.getLogger(__name__)


class Problems:
    """Logs each kind of problem of a task once while it keeps occurring."""

    def __init__(self, name: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._name = name
        self._clock = clock
        self._met_at_s: dict[str, float] = {}

    def log(self, error: Exception) -> None:
        """Log the error, unless the same one occurred a short time ago."""
        now_s, problem = self._clock(), _described(error)
        self._met_at_s = {kind: at_s for kind, at_s in self._met_at_s.items() if now_s - at_s < QUIET_S}
        if problem not in self._met_at_s:
            log.error("%s failed and will be tried again: %s", self._name, problem)
        self._met_at_s[problem] = now_s


def _described(error: Exception) -> str:
    """Our own message as it is. Of any other error only its type and place, because its text may name people."""
    if isinstance(error, MailpixelError):
        return str(error)
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} in {Path(last.filename).name}, line {last.lineno}"
