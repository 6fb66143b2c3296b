"""From a mail of the demonstration to an order in its shop, and what the page of the installation shows of it."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Page

from mailpixel.folder.opening import open_stores
from mailpixel.settings import Settings
from mailpixel.site_model import OrderClaim, Step, read_claim, read_step
from tests.browser.views import Check, View, every_view
from tests.support.service import Service, free_port, rows

SHOP = "/demo-shop/"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service with the demonstration, whose shop is at the address of the service."""
    data = tmp_path_factory.mktemp("shop") / "data"
    port = free_port()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MAILPIXEL_BASE_URL", f"http://127.0.0.1:{port}")
        rows(data, "demo")
    with Service(data, port=port) as running:
        yield running


def logged(service: Service) -> tuple[list[Step], list[OrderClaim]]:
    """What the log holds of the shop."""
    store, _ = open_stores(Settings(data=service.data))
    steps = [read_step(event.body) for each in store.messages("site:demo-shop") for event in each.events]
    orders = [read_claim(event.body) for each in store.messages("order:demo-shop") for event in each.events]
    store.close()
    return steps, orders


def until_ordered(page: Page, service: Service, times: int) -> None:
    """Wait until the log holds so many reports of the order."""
    for _ in range(400):
        if len(logged(service)[1]) == times:
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"the order did not arrive {times} times")


def test_a_mail_leads_to_an_order_that_carries_its_click(
    signed_in: Page, context: BrowserContext, service: Service
) -> None:
    signed_in.goto("/campaigns/demo-shop")
    signed_in.get_by_role("button", name="Open a test mail").click()
    link = signed_in.get_by_role("link", name="link 1").get_attribute("href")
    assert link is not None
    shop = context.new_page()
    shop.goto(link)
    assert shop.url == f"{service.url}{SHOP}index.html"  # the click has left the address
    shop.get_by_role("button", name="Yes, both").click()
    shop.get_by_role("link", name="Rain boots").click()
    shop.get_by_role("button", name="Add to cart").click()
    shop.get_by_role("link", name="Checkout").click()
    shop.get_by_role("button", name="Order").click()
    shop.wait_for_url("**/thanks.html")
    until_ordered(shop, service, 1)
    shop.reload()
    until_ordered(shop, service, 2)
    steps, orders = logged(service)
    names = [step.name for step in steps if step.name not in ("page_view", "consent")]
    assert names[:6] == [  # each once: for a page that is left a request fails, though it arrives
        "view_item_list", "select_item", "view_item", "add_to_cart", "view_cart", "begin_checkout"
    ]  # fmt: skip
    assert set(names[6:]) == {"purchase"}
    assert len({step.visitor for step in steps if step.visitor}) == 1
    assert len({step.click for step in steps if step.click}) == 1
    assert not [step.problems for step in steps if step.problems]
    assert {(order.currency, order.value, order.problems) for order in orders} == {("EUR", 5_990, ())}
    assert len({order.event_id for order in orders}) == 1


def test_who_says_no_in_the_shop_sends_nothing(context: BrowserContext, service: Service) -> None:
    shop = context.new_page()
    asked: list[str] = []
    shop.on("request", lambda request: asked.append(request.url))
    shop.goto(f"{service.url}{SHOP}")
    shop.get_by_role("button", name="No", exact=True).click()
    shop.get_by_role("link", name="Umbrella").click()
    shop.get_by_role("button", name="Add to cart").click()
    shop.wait_for_url("**/cart.html")
    shop.wait_for_load_state("networkidle")
    assert [url for url in asked if "/p/" in url and not url.endswith(".js")] == []


def test_the_shop_is_for_this_machine_alone(service: Service) -> None:
    assert service.status(SHOP) == 200
    assert service.status(f"{SHOP}product.html?item=coat") == 200
    assert service.status(f"{SHOP}nothing.html") == 404
    assert service.get(SHOP, headers={"x-forwarded-for": "203.0.113.9"})[0] == 404
    assert service.get(SHOP, headers={"host": "t.shop.example"})[0] == 404


def test_the_live_test_shows_what_arrives_without_a_reload(signed_in: Page, service: Service) -> None:
    rows(service.data, "site", "add", "live", "--host", "127.0.0.1", "--no-ask")
    key = next(
        line.split()[1] for line in rows(service.data, "site", "show", "live").splitlines() if "key" in line
    )
    signed_in.goto("/sites/live/install")
    signed_in.get_by_text("Waiting for the first event").wait_for()
    signed_in.get_by_text("Live", exact=True).wait_for()
    signed_in.evaluate(f"fetch('/p/{key}', {{method: 'POST', body: 'no JSON'}})")
    signed_in.get_by_text("Seen, with these problems: malformed").wait_for()
    signed_in.evaluate(
        f"fetch('/p/{key}.gif?n=purchase&transaction_id=T1&u=' + encodeURIComponent(location.origin + '/x'))"
    )
    signed_in.get_by_text("missing:currency").first.wait_for()
    assert signed_in.get_by_role("link", name="What they mean").is_visible()
    signed_in.goto("/sites/live/install")
    signed_in.get_by_text("Seen, with these problems").wait_for()


@every_view
def test_the_page_of_the_installation_is_sound(signed_in: Page, view: View, check: Check) -> None:
    signed_in.goto("/sites/demo-shop/install")
    signed_in.get_by_text("gtm-template").or_(signed_in.get_by_text("mailpixel.tpl")).first.wait_for()
    check(signed_in)
