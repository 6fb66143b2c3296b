"""Shares in memory."""

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import datetime

from mailpixel.errors import NotFound
from mailpixel.model import Campaign
from mailpixel.store.campaign_changes import to_the_millisecond
from mailpixel.store.shares import NewShare, Share


class MemoryShares:
    """`Shares` in memory: a part of a registry, which knows the campaigns."""

    def __init__(self) -> None:
        super().__init__()
        self._shares: dict[int, Share] = {}

    @abstractmethod
    def campaign(self, id: str) -> Campaign:
        """See `Registry`."""

    def add_share(self, share: NewShare) -> Share:
        """See `Shares`."""
        self.campaign(share.campaign)
        id = max(self._shares, default=0) + 1
        added = Share(**(asdict(share) | _kept(share)), id=id)
        self._shares[id] = added
        return added

    def shares(self, campaign: str | None = None, after: int = 0, limit: int = 1_000) -> Sequence[Share]:
        """See `Shares`."""
        found = [self._shares[id] for id in sorted(self._shares) if id > after]
        return [share for share in found if campaign in (None, share.campaign)][:limit]

    def latest_shares(self, campaign: str | None = None, limit: int = 100) -> Sequence[Share]:
        """See `Shares`."""
        found = [self._shares[id] for id in sorted(self._shares, reverse=True)]
        return [share for share in found if campaign in (None, share.campaign)][:limit]

    def share_with(self, digest: bytes) -> Share | None:
        """See `Shares`."""
        return next((share for share in list(self._shares.values()) if share.digest == digest), None)

    def revoke_share(self, id: int, now: datetime) -> Share:
        """See `Shares`."""
        if id not in self._shares:
            raise NotFound(f"there is no share {id}")
        share = self._shares[id]
        self._shares[id] = replace(share, revoked_at=share.revoked_at or to_the_millisecond(now))
        return self._shares[id]

    def _forget_shares(self, campaign: str) -> None:
        """Forget the shares of a deleted campaign."""
        self._shares = {id: share for id, share in self._shares.items() if share.campaign != campaign}


def _kept(share: NewShare) -> dict[str, datetime | None]:
    """The moments as a registry keeps them."""
    return {
        "created_at": to_the_millisecond(share.created_at),
        "expires_at": to_the_millisecond(share.expires_at),
    }
