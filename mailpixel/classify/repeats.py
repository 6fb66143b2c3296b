"""Hits that repeat one that counted a moment before."""

from collections.abc import Hashable

from mailpixel.classify.thresholds import Thresholds


class Repeats:
    """Finds hits that repeat one that counted: same kind, link, verdict and source, within its window."""

    def __init__(self, thresholds: Thresholds) -> None:
        self._windows = thresholds.repeat_open_ms, thresholds.repeat_click_ms
        self._counted: dict[Hashable, int] = {}

    def has(self, click: bool, at_ms: int, what: Hashable) -> bool:
        """Whether a hit is a repeat of the same `what` (link, verdict and source). Pass hits that count, in order."""
        key = click, what
        first_ms = self._counted.get(key)
        if first_ms is not None and at_ms - first_ms <= self._windows[click]:
            return True
        self._counted[key] = at_ms
        return False
