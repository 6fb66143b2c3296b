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
        try:
            seen = int(since) if since else 0
        except ValueError:
            raise InvalidInput("since", "is not a cursor of this store; start with an empty one") from None
        changed = tuple(campaign for campaign, version in self._versions.items() if version > seen)
        return NewCounts(str(self._version) if self._version else "", changed)
