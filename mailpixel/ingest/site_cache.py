"""Web sites for the hot path: a copy in memory, kept fresh by the registry's news."""

import threading

from mailpixel.site_model import Site
from mailpixel.store.sites import SiteFeed


class SiteCache:
    """Answers without I/O. `refresh` reads the registry's news and may run in any thread."""

    def __init__(self, registry: SiteFeed) -> None:
        self._registry = registry
        self._revision = 0
        self._by_id: dict[str, Site] = {}
        self._by_key: dict[str, Site] = {}
        self._hosts: frozenset[str] = frozenset()
        self._refreshing = threading.Lock()

    def refresh(self) -> None:
        """Read what changed since the last time. Raises `StoreUnavailable`; the former knowledge stays."""
        with self._refreshing:
            news = self._registry.site_news(self._revision)
            if news.sites:
                self._by_id = self._by_id | {site.id: site for site in news.sites}
                self._by_key = {site.key: site for site in self._by_id.values() if not site.archived}
                self._hosts = frozenset(host for site in self._by_key.values() for host in site.hosts)
            self._revision = news.revision

    @property
    def revision(self) -> int:
        """The revision of the registry that was read last."""
        return self._revision

    def of_key(self, key: str) -> Site | None:
        """The site of this key; None when there is none, or when it is archived and takes no more events."""
        return self._by_key.get(key)

    def site(self, id: str) -> Site | None:
        """The site of this id, also an archived one; None when there is none."""
        return self._by_id.get(id)

    @property
    def hosts(self) -> frozenset[str]:
        """The hosts of all sites that are not archived."""
        return self._hosts

    def takes_clicks(self, host: str) -> bool:
        """Whether a host, in small letters, belongs to a site that is not archived: one of its hosts, or below one."""
        hosts = self._hosts
        if not hosts or host in hosts:
            return host in hosts
        while host := host.partition(".")[2]:
            if host in hosts:
                return True
        return False
