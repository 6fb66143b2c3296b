"""Envelopes of a web site, and a service in memory that takes them."""

import asyncio
import json
from collections.abc import Sequence
from typing import Any

from mailpixel.ingest.committer import Committer
from mailpixel.ingest.registry_cache import RegistryCache
from mailpixel.ingest.site_intake import SiteIntake, SiteOutcome, SiteReceipt
from mailpixel.links.surfaces import SITE, Surface
from mailpixel.links.token import TokenSigner
from mailpixel.privacy.salts import OwnSalts
from mailpixel.server.request_reader import Headers, RequestReader, TrackingRequest
from mailpixel.server.site_scripts import SiteScripts
from mailpixel.server.site_tracking import SiteService, SiteTracking
from mailpixel.site_model import Site
from mailpixel.store.memory import MemoryRegistry, MemoryStore
from tests.support.builders import BROWSER, KEYRING, MINIMISER, Known

KEY = "0123456789abcdef"
SHOP = Site("shop", KEY, ("shop.example",), names=("wishlist",))
PAGE = "https://shop.example/cart"
ADDRESS = "192.0.2.77"
HEADERS: Headers = ((b"user-agent", BROWSER.encode()), (b"origin", b"https://shop.example"))
PURCHASE_DATA = {
    "transaction_id": "o-1",
    "value": 20,
    "currency": "EUR",
    "items": [{"item_id": "a", "price": 20}],
}


def an_event(name: str = "page_view", id: str = "e-1", **fields: Any) -> dict[str, Any]:
    """One event of an envelope."""
    return {"name": name, "id": id, "url": PAGE, **fields}


def an_envelope(*events: object, **fields: Any) -> bytes:
    """An envelope with these events, and consent to be measured by the site's own button."""
    told = {"v": 1, "consent": ["measure"], "proof": {"source": "api"}, "events": list(events), **fields}
    return json.dumps({name: value for name, value in told.items() if value is not None}).encode()


class Counted(list[SiteOutcome]):
    """What was counted."""

    def note(self, surface: Surface, outcome: SiteOutcome) -> None:
        assert surface is SITE
        self.append(outcome)


class Shop:
    """A service in memory with one site. `answers` are those that were sent."""

    def __init__(self, *sites: Site, cap: int = 1_000, proxies: Sequence[str] = ()) -> None:
        self.store, self.registry, self.salts = MemoryStore(), MemoryRegistry(), OwnSalts()
        for site in sites or (SHOP,):
            self.registry.add_site(site)
        self.cache = RegistryCache(self.registry, retention_days=730)
        self.cache.refresh()
        self.counted = Counted()
        live = Known(TokenSigner(KEYRING), self.cache)
        self.intake = SiteIntake(live, MINIMISER, self.salts, cap)
        self.committer = Committer(self.store, answer_within_ms=10_000, queue_hits=10)
        reader = RequestReader(proxies)
        of_sites = SiteService(self.intake, SiteScripts("https://t.example"))
        self.tracking = SiteTracking(of_sites, reader, self.committer, self.counted.note, self._look)

    async def _look(self) -> None:
        self.cache.refresh()


def a_post(
    body: bytes, key: str = KEY, headers: Headers = HEADERS, address: str = ADDRESS
) -> TrackingRequest:
    """A post of a page."""
    return TrackingRequest(SITE, "POST", SITE.prefix + key, b"", headers, address, body)


def an_image(
    query: bytes, key: str = KEY, headers: Headers = HEADERS, method: str = "GET"
) -> TrackingRequest:
    """A request of the image of a site."""
    return TrackingRequest(SITE, method, f"{SITE.prefix}{key}.gif", query, headers, ADDRESS)


def received(request: TrackingRequest, now_ms: int, *sites: Site) -> SiteReceipt:
    """What becomes of one request at a new service."""

    async def scenario() -> SiteReceipt:
        return Shop(*sites).tracking.answer(request, now_ms)[1]

    return asyncio.run(scenario())
