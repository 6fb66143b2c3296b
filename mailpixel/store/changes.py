"""Which campaigns have other figures than before, for those who show figures that stay fresh.

One contract suite (`tests/integration/test_changes_contract.py`) runs on every store.
"""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class NewCounts:
    """The campaigns whose figures changed after one cursor, and the `cursor` that follows."""

    cursor: str
    campaigns: tuple[str, ...] = ()


class Changes(Protocol):
    """Tells that figures changed. It says which campaign, not what: the figures themselves are asked for."""

    def news_of_counts(self, since: str = "") -> NewCounts:
        """Campaigns whose figures changed after `since` (empty: ever), in order of the last change of each.

        Whatever changes figures is noticed: states that were saved, a new generation, an erasure, overflow and
        another edition of the rules. What makes hits settle is only time, so nobody is told of that.
        It sees the figures of every process and costs microseconds when nothing changed, so ask often.

        Raises `InvalidInput` for a cursor that is not of this store.
        """
        ...
