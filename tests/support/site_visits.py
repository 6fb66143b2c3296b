"""Visits of the shop of the tests: tabs that are closed, and cookies that are gone, when a test ends."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.support.page_browsers import Chromium, Firefox, PageBrowser, Tab
from tests.support.service import Service, rows
from tests.support.web_shop import FENCE, Arrival, WebShop

SITES = {"ask": "--ask", "open": "--no-ask"}
"""The sites of the shop by id: one that asks for consent, and one that need not."""
BROWSERS: dict[str, type[PageBrowser]] = {"chromium": Chromium, "firefox": Firefox}
CLICK = "C" * 43
ITEM = '{currency: "EUR", value: 10, items: [{item_id: "A", price: 10}]}'
ORDER = '{transaction_id: "T1", currency: "EUR", value: 10, items: [{item_id: "A", price: 10}]}'
OBJECTS = "Object.defineProperty(Navigator.prototype, 'globalPrivacyControl', {get: () => true})"
"""Global Privacy Control for a browser that has no setting for it."""
RANDOM = re.compile(r"[\w-]{22}")


@contextmanager
def served_shop(data: Path) -> Iterator[tuple[WebShop, Service]]:
    """The shop in front of a service that knows its sites, in a data folder of its own."""
    shop = WebShop()
    for id, ask in SITES.items():
        words = ("site", "add", id, ask, "--host", "127.0.0.1", "--name", "quiz_done", "--keep", "variant")
        shop.keys[id] = rows(data, *words).strip()
    with Service(data, environment={"MAILPIXEL_BASE_URL": shop.tracker}) as service:
        shop.upstream = service.url
        yield shop, service
    shop.close()


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

    def forget(self, tab: Tab) -> None:
        """A tab that was closed meanwhile."""
        self._tabs.remove(tab)

    def leave(self) -> None:
        if self._tabs:
            self._tabs[0].run("document.cookie = 'mp_vid=;path=/;max-age=0'")
        for tab in self._tabs:
            tab.close()


def path_of(event: dict[str, Any]) -> str:
    return str(urlsplit(event["url"]).path)
