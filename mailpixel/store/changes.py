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


@dataclass(frozen=True, slots=True)
class FoldedHit:
    """One hit that is in the figures: its event id, whose message it is of, and the cursor of its place in the log."""

    cursor: str
    id: bytes
    recipient: str


@dataclass(frozen=True, slots=True)
class FoldedHits:
    """Hits of one campaign in the order of the log, and the `cursor` that follows all of them.

    `more` is how many further hits there are before that cursor; None when they are too many to count.
    """

    cursor: str
    hits: tuple[FoldedHit, ...] = ()
    more: int | None = 0


FARTHEST = 50_000
"""How far back hits are searched, in events of all campaigns."""


class Changes(Protocol):
    """Tells that figures changed. It says which campaign, not what: the figures themselves are asked for."""

    def news_of_counts(self, since: str = "") -> NewCounts:
        """Campaigns whose figures changed after `since` (empty: ever), in order of the last change of each.

        Whatever changes figures is noticed: states that were saved, a new generation, an erasure, overflow and
        another edition of the rules. Hits settle by time alone, so that is no news.
        It sees the figures of every process and costs microseconds when nothing changed, so ask often.

        Raises `InvalidInput` for a cursor that is not of this store.
        """
        ...

    def folded_hits(self, campaign: str, since: str, limit: int, until: str = "") -> FoldedHits:
        """The first hits after `since` and up to `until` (empty: as far as the log is folded), at most `limit`.

        Hits on broken signatures are left out. With an empty `since` there are none, but the cursor of the present
        end. Where that cursor is farther than `FARTHEST` events behind the end, none are given and `more` is None.

        Raises `InvalidInput` for a cursor that is not of this store.
        """
        ...
