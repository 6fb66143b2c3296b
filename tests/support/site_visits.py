"""Visits of the shop of the tests: tabs that are closed, and cookies that are gone, when a test ends."""

import re
from typing import Any
from urllib.parse import urlsplit

from mailpixel.site.script import script_of
from mailpixel.site_model import Site
from tests.support.page_browsers import Chromium, Firefox, PageBrowser, Tab
from tests.support.web_shop import FENCE, Arrival, WebShop

SITES = {
    "ask": Site("ask", "aaaaaaaaaaaaaaaa", ("127.0.0.1",), names=("quiz_done",), keep=("variant",)),
    "open": Site(
        "open", "bbbbbbbbbbbbbbbb", ("127.0.0.1",), ask=False, names=("quiz_done",), keep=("variant",)
    ),
}
BROWSERS: dict[str, type[PageBrowser]] = {"chromium": Chromium, "firefox": Firefox}
CLICK = "C" * 43
ITEM = '{currency: "EUR", value: 10, items: [{item_id: "A", price: 10}]}'
ORDER = '{transaction_id: "T1", currency: "EUR", value: 10, items: [{item_id: "A", price: 10}]}'
OBJECTS = "Object.defineProperty(Navigator.prototype, 'globalPrivacyControl', {get: () => true})"
"""Global Privacy Control for a browser that has no setting for it."""
RANDOM = re.compile(r"[\w-]{22}")


def shop_of_sites() -> WebShop:
    """The shop, with the script of both sites."""
    sites = {site.key: site for site in SITES.values()}
    keys = {site.id: site.key for site in SITES.values()}
    return WebShop(lambda key, address: script_of(sites[key], address), keys)


class Visit:
    """The tabs of one test in one browser."""

    def __init__(self, browser: PageBrowser, shop: WebShop) -> None:
        self.browser, self.shop = browser, shop
        self._tabs: list[Tab] = []

    def tab(self, before: str = "") -> Tab:
        self._tabs.append(self.browser.tab(before))
        return self._tabs[-1]

    def at(self, path: str, before: str = "") -> Tab:
        tab = self.tab(before)
        tab.go(self.shop.url + path)
        return tab

    def nothing_more(self, tab: Tab) -> list[Arrival]:
        """What arrived up to now, when nothing is on its way any more."""
        tab.run(f"fetch('{self.shop.tracker}{FENCE}', {{mode: 'no-cors', cache: 'no-store'}}).then(() => 0)")
        return self.shop.taken()

    def leave(self) -> None:
        if self._tabs:
            self._tabs[0].run("document.cookie = 'mp_vid=;path=/;max-age=0'")
        for tab in self._tabs:
            tab.close()


def path_of(event: dict[str, Any]) -> str:
    return str(urlsplit(event["url"]).path)
