"""What every registry must do for web sites."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from mailpixel.errors import Conflict, NotFound
from mailpixel.ingest.site_cache import SiteCache
from mailpixel.site_model import Planned, Site
from mailpixel.store.registry import Registry
from mailpixel.store.sites import SiteNews
from tests.support.builders import SITE, a_campaign
from tests.support.stores import REGISTRIES, a_registry

FULL = Site(
    id="books",
    key="fedcba9876543210",
    hosts=("books.example", "xn--bcher-kva.example"),
    ask=False,
    names=("book_read", "wish"),
    keep=("page", "sort"),
    plan=(Planned("wish", ("title",)), Planned("book_read")),
    cookie_domain="books.example",
    archived=True,
)


@pytest.fixture(params=sorted(REGISTRIES))
def registry(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Registry]:
    with a_registry(request.param, tmp_path) as made:
        yield made


def test_a_site_reads_as_it_was_added(registry: Registry) -> None:
    for site in (SITE, FULL):
        registry.add_site(site)
        assert (registry.site(site.id), registry.site_of_key(site.key)) == (site, site)
    assert registry.site_of_key("0" * 16) is None
    with pytest.raises(NotFound, match="there is no site 'nobody'"):
        registry.site("nobody")


def test_sites_are_listed_by_id_and_archived_ones_on_request(registry: Registry) -> None:
    for site in (SITE, FULL):
        registry.add_site(site)
    assert registry.sites() == [FULL, SITE]
    assert (registry.sites(archived=True), registry.sites(archived=False)) == ([FULL], [SITE])
    assert (registry.sites(after="books"), registry.sites(limit=1)) == ([SITE], [FULL])


def test_an_id_and_a_key_belong_to_one_site(registry: Registry) -> None:
    registry.add_site(SITE)
    for again in (replace(FULL, id=SITE.id), replace(FULL, key=SITE.key)):
        with pytest.raises(Conflict, match="exists already"):
            registry.add_site(again)
    assert registry.sites() == [SITE]


def test_an_edited_site_keeps_its_id_and_its_key(registry: Registry) -> None:
    registry.add_site(SITE)
    wanted = replace(FULL, id=SITE.id, key=SITE.key)
    assert registry.edit_site(SITE.id, lambda site: FULL) == wanted
    assert (registry.site(SITE.id), registry.site_of_key(FULL.key)) == (wanted, None)
    with pytest.raises(NotFound, match="there is no site"):
        registry.edit_site("nobody", lambda site: site)


def test_news_are_the_sites_that_changed_since(registry: Registry) -> None:
    assert list(registry.site_news(0).sites) == []
    registry.add_site(SITE)
    registry.add_site(FULL)
    first = registry.site_news(0)
    assert list(first.sites) == [FULL, SITE]
    changed = registry.edit_site(SITE.id, lambda site: replace(site, ask=False))
    second = registry.site_news(first.revision)
    assert list(second.sites) == [changed]
    assert registry.site_news(second.revision) == SiteNews(second.revision, ())
    registry.add_campaign(a_campaign())
    assert list(registry.site_news(second.revision).sites) == []


def test_the_copy_in_memory_knows_a_site_after_its_next_refresh(registry: Registry) -> None:
    cache = SiteCache(registry)
    registry.add_site(SITE)
    assert cache.of_key(SITE.key) is None
    cache.refresh()
    assert (cache.of_key(SITE.key), cache.site(SITE.id), cache.hosts) == (
        SITE,
        SITE,
        frozenset({"shop.example"}),
    )
    changed = registry.edit_site(SITE.id, lambda site: replace(site, hosts=("www.shop.example",)))
    cache.refresh()
    assert (cache.of_key(SITE.key), cache.hosts) == (changed, frozenset({"www.shop.example"}))


def test_an_archived_site_takes_no_more_events(registry: Registry) -> None:
    registry.add_site(FULL)
    cache = SiteCache(registry)
    cache.refresh()
    assert (cache.of_key(FULL.key), cache.site(FULL.id), cache.hosts) == (None, FULL, frozenset())
    back = registry.edit_site(FULL.id, lambda site: replace(site, archived=False))
    cache.refresh()
    assert cache.of_key(FULL.key) == back
