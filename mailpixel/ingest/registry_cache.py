"""Campaigns, sites and API keys for the hot path: a copy of the registry in memory, kept fresh by its news."""

import threading
from collections.abc import Mapping
from datetime import datetime

from msgspec import Struct

from mailpixel.ingest.site_cache import SiteCache
from mailpixel.model import Campaign
from mailpixel.privacy.resolve import NO_LIMITS, Limits, limits_of
from mailpixel.store.keys import ApiKey
from mailpixel.store.registry import RegistryFeed
from mailpixel.times import DAY_MS

NEVER_MS = 1 << 63
"""Later than any hit."""


class KnownCampaign(Struct, frozen=True, gc=False):
    """What hits need of a campaign.

    `expires_at_ms` is the last moment at which its hits count. `destinations` are those of its links by number, as they
    were registered. `passthrough` names the query parameters that its links pass on. `carries`: its clicks are carried
    on to sites.
    """

    is_registered: bool = False
    limits: Limits = NO_LIMITS
    expires_at_ms: int = NEVER_MS
    destinations: Mapping[int, str] = {}
    passthrough: frozenset[str] = frozenset()
    carries: bool = False


UNKNOWN = KnownCampaign()
"""A campaign that is not registered."""


class RegistryCache:
    """Answers without I/O. `refresh` reads the registry's news and may run in any thread."""

    def __init__(self, registry: RegistryFeed, retention_days: int) -> None:
        self._registry = registry
        self.sites = SiteCache(registry)
        self._kept_ms = retention_days * DAY_MS if retention_days else NEVER_MS
        self._revision = 0
        self.keys_changed_at = 0
        """The revision of the last change of an API key, as far as known."""
        self._changed_at: dict[str, int] = {}
        self._campaigns: dict[str, KnownCampaign] = {}
        self._keys: dict[bytes, ApiKey] = {}
        self._refreshing = threading.Lock()

    def refresh(self) -> None:
        """Read what changed since the last time. Raises `StoreUnavailable`; the former knowledge stays.

        Only one refresh runs at a time: otherwise a slow one could overwrite newer news with older.
        """
        with self._refreshing:
            news = self._registry.news(self._revision)
            for campaign in news.campaigns:
                self._learn(campaign)
            for id in news.deleted:
                self._campaigns.pop(id, None)
                self._changed_at.pop(id, None)
            self._changed_at.update(dict.fromkeys((each.id for each in news.campaigns), news.revision))
            if news.keys:
                self.keys_changed_at = news.revision
            self._keys.update({key.digest: key for key in news.keys})
            self._revision = news.revision
            self.sites.refresh()

    def _learn(self, campaign: Campaign) -> None:
        sent_at_ms = campaign.sent_at_ms
        self._campaigns[campaign.id] = KnownCampaign(
            is_registered=True,
            limits=limits_of(campaign),
            expires_at_ms=NEVER_MS if sent_at_ms is None else sent_at_ms + self._kept_ms,
            destinations={link.number: link.url for link in campaign.links},
            passthrough=frozenset(campaign.passthrough),
            carries=campaign.carry,
        )

    @property
    def revision(self) -> int:
        """The revision of the registry that was read last."""
        return self._revision

    def changed_at(self, campaign: str) -> int:
        """The revision of the last change of a campaign, as far as known; 0 for an unknown one."""
        return self._changed_at.get(campaign, 0)

    def campaign(self, id: str) -> KnownCampaign:
        """What hits need of a campaign; `UNKNOWN` when it is not registered."""
        return self._campaigns.get(id, UNKNOWN)

    def knows(self, campaign: str) -> bool:
        """Whether the campaign is registered."""
        return campaign in self._campaigns

    def limits(self, campaign: str) -> Limits:
        """What a campaign says about recording; that of an unknown one says nothing."""
        return self.campaign(campaign).limits

    def key(self, digest: bytes, now: datetime) -> ApiKey | None:
        """The API key with this SHA-256; None when it is unknown or revoked by `now`."""
        key = self._keys.get(digest)
        if key is None or (key.revoked_at and key.revoked_at <= now):
            return None
        return key
