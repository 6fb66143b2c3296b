"""What the registry offers for web sites.

One contract suite (`tests/integration/test_sites_contract.py`) runs on every registry.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from mailpixel.errors import Conflict, NotFound
from mailpixel.site_model import Site


@dataclass(frozen=True, slots=True)
class SiteNews:
    """The whole sites that changed after a revision, and the revision of the registry now."""

    revision: int
    sites: Sequence[Site]


class SiteFeed(Protocol):
    """What changed, for those who keep a copy."""

    def site_news(self, since: int) -> SiteNews:
        """What changed after a revision (0: everything). Cheap when nothing changed."""
        ...


class SiteReader(Protocol):
    """The registered sites."""

    def sites(self, after: str = "", limit: int = 1_000, archived: bool | None = None) -> Sequence[Site]:
        """Sites in order of id, after an id; `archived` chooses (None: all)."""
        ...

    def site(self, id: str) -> Site:
        """The site of this id. Raises `NotFound`."""
        ...

    def site_of_key(self, key: str) -> Site | None:
        """The site of this key, also an archived one. The time does not grow with the number of sites."""
        ...


class Sites(SiteReader, SiteFeed, Protocol):
    """The sites, which are added and edited but never deleted: their events name them."""

    def add_site(self, site: Site) -> None:
        """Add a site. Raises `Conflict` when its id or key is taken."""
        ...

    def edit_site(self, id: str, change: Callable[[Site], Site]) -> Site:
        """Change a site as it is now, in one transaction, and return it. Its id and key stay. Raises `NotFound`."""
        ...


def missing_site(id: str) -> NotFound:
    """The error for an id that no site has."""
    return NotFound(f"there is no site {id!r}")


def taken(site: Site) -> Conflict:
    """The error for a site whose id or key another has."""
    return Conflict(f"site {site.id!r} exists already; choose another id or edit that one")
