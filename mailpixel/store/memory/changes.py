"""The versions of the figures in memory."""

from collections.abc import Iterable

from mailpixel.errors import InvalidInput
from mailpixel.store.changes import NewCounts


class MemoryChanges:
    """Campaigns in the order of their last change, each with a version."""

    def __init__(self) -> None:
        self._versions: dict[str, int] = {}
        self._version = 0

    def note(self, campaigns: Iterable[str]) -> None:
        """Note that the figures of these campaigns change."""
        for campaign in dict.fromkeys(campaigns):
            self._version += 1
            self._versions.pop(campaign, None)
            self._versions[campaign] = self._version

    def after(self, since: str) -> NewCounts:
        """See `Changes`."""
        seen = position_in(since)
        changed = tuple(campaign for campaign, version in self._versions.items() if version > seen)
        return NewCounts(str(self._version) if self._version else "", changed)


def position_in(cursor: str) -> int:
    """The number that a cursor stands for; 0 for the empty one. Raises `InvalidInput`."""
    try:
        return int(cursor) if cursor else 0
    except ValueError:
        raise InvalidInput("cursor", "is not a cursor of this store; start with an empty one") from None
