"""Web sites in memory."""

from abc import abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import replace

from mailpixel.site_model import Site
from mailpixel.store.sites import SiteNews, missing_site, taken


class MemorySites:
    """`Sites` in memory: a part of a registry, which counts the revisions."""

    def __init__(self) -> None:
        super().__init__()
        self._sites: dict[str, tuple[int, Site]] = {}
        self._sites_changed_at = 0

    @abstractmethod
    def _next_revision(self) -> int:
        """Increment the revision of the registry and return it."""

    def sites(self, after: str = "", limit: int = 1_000, archived: bool | None = None) -> Sequence[Site]:
        """See `Sites`."""
        ordered = [site for _, (_, site) in sorted(self._sites.items())]
        return [site for site in ordered if site.id > after and archived in (None, site.archived)][:limit]

    def site(self, id: str) -> Site:
        """See `Sites`."""
        if id not in self._sites:
            raise missing_site(id)
        return self._sites[id][1]

    def site_of_key(self, key: str) -> Site | None:
        """See `Sites`."""
        return next((site for _, site in list(self._sites.values()) if site.key == key), None)

    def site_news(self, since: int) -> SiteNews:
        """See `SiteFeed`."""
        news = tuple(site for _, (at, site) in sorted(self._sites.items()) if at > since)
        return SiteNews(max(since, self._sites_changed_at), news)

    def add_site(self, site: Site) -> None:
        """See `Sites`."""
        if site.id in self._sites or self.site_of_key(site.key):
            raise taken(site)
        self._put_site(site)

    def edit_site(self, id: str, change: Callable[[Site], Site]) -> Site:
        """See `Sites`."""
        former = self.site(id)
        site = replace(change(former), id=former.id, key=former.key)
        self._put_site(site)
        return site

    def _put_site(self, site: Site) -> None:
        self._sites_changed_at = self._next_revision()
        self._sites[site.id] = (self._sites_changed_at, site)
