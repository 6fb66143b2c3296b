"""Tabs that are closed right after something happened: what arrives of 200 tries in each browser."""

from collections.abc import Callable

import pytest

from tests.support.page_browsers import Tab
from tests.support.site_visits import ORDER, Visit
from tests.support.web_shop import ShopPage, WebShop

TRIES = 200


def closed(tab: Tab, visit: Visit) -> None:
    tab.close()
    visit.forget(tab)


def left(tab: Tab, visit: Visit) -> None:
    tab.go(visit.shop.url + "/")
    closed(tab, visit)


@pytest.mark.soak
@pytest.mark.parametrize("end", [closed, left])
def test_an_order_arrives_though_its_tab_ends_right_after_it(
    visit: Visit, shop: WebShop, end: Callable[[Tab, Visit], None], capsys: pytest.CaptureFixture[str]
) -> None:
    shop.pages["/"] = ShopPage()
    for number in range(TRIES):
        tab = visit.at("/open/thanks")
        tab.run(f"mailpixel('track', 'purchase', {ORDER}, 'order-{number}')")
        end(tab, visit)
    arrived = visit.nothing_more(visit.at("/ask/"))
    ids = {event["id"] for each in arrived for event in each.events if event["name"] == "purchase"}
    with capsys.disabled():
        print(f"\n{visit.browser.name}, {end.__name__}: {len(ids)} of {TRIES} arrived")
    assert len(ids) == TRIES
