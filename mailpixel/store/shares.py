"""What the registry offers for shares: addresses that show the figures of one campaign to whoever has them.

One contract suite (`tests/integration/test_shares_contract.py`) runs on every registry.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal, Protocol


class SharePart(StrEnum):
    """What a share shows."""

    PAGE = "page"
    """The figures as a web page."""
    CSV = "csv"
    """The figures as a table for spreadsheets."""


@dataclass(frozen=True, slots=True)
class NewShare:
    """A share to add. Only the SHA-256 of its address is kept. It always ends: at `expires_at`."""

    campaign: str
    digest: bytes
    parts: frozenset[SharePart]
    created_by: str
    created_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Share(NewShare):
    """A share as stored, with its number."""

    id: int
    revoked_at: datetime | None = None

    def is_open(self, now: datetime) -> bool:
        """Whether it shows anything at this moment: neither expired nor revoked."""
        return self.revoked_at is None and now < self.expires_at

    def state(self, now: datetime) -> Literal["open", "expired", "revoked"]:
        """What became of it."""
        if self.revoked_at is not None:
            return "revoked"
        return "open" if self.is_open(now) else "expired"


class Shares(Protocol):
    """The shares. Those of a deleted campaign are gone."""

    def add_share(self, share: NewShare) -> Share:
        """Add a share. Raises `NotFound` for a campaign that is not registered."""
        ...

    def shares(self, campaign: str | None = None, after: int = 0, limit: int = 1_000) -> Sequence[Share]:
        """Shares in order of number, also expired and revoked ones: of one campaign, or of all (None)."""
        ...

    def latest_shares(self, campaign: str | None = None, limit: int = 100) -> Sequence[Share]:
        """The newest shares, the latest first, also expired and revoked ones: of one campaign, or of all (None).

        The time does not grow with the number of shares.
        """
        ...

    def share_with(self, digest: bytes) -> Share | None:
        """The share with this digest, also when it has expired or was revoked. The time does not grow with shares."""
        ...

    def revoke_share(self, id: int, now: datetime) -> Share:
        """End a share from `now` on. Ending it twice changes nothing. Raises `NotFound`."""
        ...
