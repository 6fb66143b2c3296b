"""Campaigns, sites and API keys for the hot path: a copy of the registry in memory, kept fresh by its news."""

import threading
from datetime import datetime

from mailpixel.ingest.site_cache import SiteCache
from mailpixel.model import Campaign
from mailpixel.privacy.resolve import NO_LIMITS, Limits, limits_of
from mailpixel.store.keys import ApiKey
from mailpixel.store.registry import RegistryFeed
from mailpixel.times import DAY_MS


class RegistryCache:
    """Answers without I/O. `refresh` reads the registry's news and may run in any thread."""

    def __init__(self, registry: RegistryFeed, retention_days: int) -> None:
        self._registry = registry
        self.sites = SiteCache(registry)
        self._retention_ms = retention_days * DAY_MS
        self._revision = 0
        self.keys_changed_at = 0
        """The revision of the last change of an API key, as far as known."""
        self._changed_at: dict[str, int] = {}
        self._sent_at_ms: dict[str, int | None] = {}
        self._destinations: dict[tuple[str, int], str] = {}
        self._passthrough: dict[str, frozenset[str]] = {}
        self._limits: dict[str, Limits] = {}
        self._carrying: set[str] = set()
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
                self._forget(id)
            self._changed_at.update(dict.fromkeys((each.id for each in news.campaigns), news.revision))
            if news.keys:
                self.keys_changed_at = news.revision
            self._keys.update({key.digest: key for key in news.keys})
            self._revision = news.revision
            self.sites.refresh()

    def _learn(self, campaign: Campaign) -> None:
        self._sent_at_ms[campaign.id] = campaign.sent_at_ms
        self._destinations.update({(campaign.id, link.number): link.url for link in campaign.links})
        self._passthrough[campaign.id] = frozenset(campaign.passthrough)
        self._limits[campaign.id] = limits_of(campaign)
        (self._carrying.add if campaign.carry else self._carrying.discard)(campaign.id)

    def _forget(self, campaign: str) -> None:
        self._sent_at_ms.pop(campaign, None)
        self._passthrough.pop(campaign, None)
        self._limits.pop(campaign, None)
        self._carrying.discard(campaign)
        self._changed_at.pop(campaign, None)
        for gone in [key for key in self._destinations if key[0] == campaign]:
            del self._destinations[gone]

    @property
    def revision(self) -> int:
        """The revision of the registry that was read last."""
        return self._revision

    def changed_at(self, campaign: str) -> int:
        """The revision of the last change of a campaign, as far as known; 0 for an unknown one."""
        return self._changed_at.get(campaign, 0)

    def knows(self, campaign: str) -> bool:
        """Whether the campaign is registered."""
        return campaign in self._sent_at_ms

    def destination(self, campaign: str, link: int) -> str | None:
        """The destination of a registered link; None when the campaign or link is unknown."""
        return self._destinations.get((campaign, link))

    def passthrough(self, campaign: str) -> frozenset[str]:
        """Names of the query parameters that the campaign's links pass on."""
        return self._passthrough.get(campaign, frozenset())

    def carries(self, campaign: str) -> bool:
        """Whether the clicks of a campaign are carried on to sites."""
        return campaign in self._carrying

    def limits(self, campaign: str) -> Limits:
        """What a campaign says about recording; that of an unknown one says nothing."""
        return self._limits.get(campaign, NO_LIMITS)

    def is_expired(self, campaign: str, now_ms: int) -> bool:
        """Whether the campaign was sent longer ago than `retention_days`, so that its hits no longer count."""
        sent_at_ms = self._sent_at_ms.get(campaign)
        return (
            bool(self._retention_ms) and sent_at_ms is not None and now_ms - sent_at_ms > self._retention_ms
        )

    def key(self, digest: bytes, now: datetime) -> ApiKey | None:
        """The API key with this SHA-256; None when it is unknown or revoked by `now`."""
        key = self._keys.get(digest)
        if key is None or (key.revoked_at and key.revoked_at <= now):
            return None
        return key
