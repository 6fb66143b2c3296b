"""A real browser on a real service: one browser a module, one context a test.

    @every_view
    def test_the_list_is_sound(signed_in: Page, view: View, check: Check) -> None:
        signed_in.goto("/campaigns")
        check(signed_in)

`signed_in` and `page` have the size and the colours of `view` where a test is made `every_view`.
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.browser.views import PLAIN, Check, View, Watch
from tests.support.chromium import FLAGS, chromium
from tests.support.page_browsers import PageBrowser
from tests.support.service import Service, rows
from tests.support.site_visits import BROWSERS, Visit, served_shop
from tests.support.web_shop import WebShop


@pytest.fixture(scope="package", autouse=True)
def unmeasured() -> Iterator[None]:
    """Leave the processes of these tests out of the coverage, as those of the end-to-end tests."""
    settings = {name: os.environ.pop(name) for name in list(os.environ) if name.startswith("COVERAGE")}
    yield
    os.environ.update(settings)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The browser. It ends with its module: while it runs, its event loop would stand in the way of others'."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service with the campaign `spring` of two links. A module may have one of its own by this name."""
    data = tmp_path_factory.mktemp("browser") / "data"
    rows(data, "campaign", "add", "spring", "--name", "Spring sale", "--sent", "100",
         "--link", "https://shop.example/boots", "--link", "https://shop.example/coats")  # fmt: skip
    with Service(data) as running:
        yield running


@pytest.fixture(scope="module")
def state(browser: Browser, service: Service) -> object:
    """What a browser keeps of a person who signed in with the scope write."""
    return signed_in_state(browser, service, "write")


def signed_in_state(browser: Browser, service: Service, scope: str) -> object:
    """Sign in by a link that works once, and return the cookies."""
    link = sign_in_link(service, scope)
    context = browser.new_context()
    page = context.new_page()
    page.goto(link)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(re.compile("/campaigns"))
    state = context.storage_state()
    context.close()
    return state


def sign_in_link(service: Service, scope: str = "write") -> str:
    """What `mailpixel sign-in` prints, at the address of the service."""
    url = rows(service.data, "sign-in", "tester", "--scope", scope).strip()
    return service.url + url[url.index("/sign-in/") :]


@pytest.fixture
def view() -> View:
    """The size and colours of the window; `every_view` gives each test all of them."""
    return PLAIN


@pytest.fixture
def watch() -> Watch:
    """What the pages of this test said and requested."""
    return Watch()


@pytest.fixture(scope="module")
def kept(browser: Browser, service: Service) -> Iterator[Page]:
    """A page for all views of the tests of a module: a context of its own for each is most of the work of a test."""
    context = browser.new_context(base_url=service.url)
    yield context.new_page()
    context.close()


@pytest.fixture
def context(browser: Browser, service: Service, view: View) -> Iterator[BrowserContext]:
    """A context in which nobody is signed in."""
    context = browser.new_context(base_url=service.url, **view.options())
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext, watch: Watch) -> Page:
    """A page in which nobody is signed in."""
    return watch.over(context.new_page())


@pytest.fixture
def signed_in(
    browser: Browser,
    service: Service,
    view: View,
    state: Any,
    watch: Watch,
    request: pytest.FixtureRequest,
) -> Iterator[Page]:
    """A page of a person who may read and write. The tests of every view share it, each with its size and colours."""
    if view is not PLAIN:
        yield from _again(request.getfixturevalue("kept"), view, state, watch)
        return
    context = browser.new_context(base_url=service.url, storage_state=state, **view.options())
    yield watch.over(context.new_page())
    context.close()


def _again(page: Page, view: View, state: Any, watch: Watch) -> Iterator[Page]:
    page.context.clear_cookies()
    page.context.add_cookies(state["cookies"])
    view.take(page)
    yield watch.over(page)
    watch.leave(page)
    page.goto("about:blank")


@pytest.fixture
def check(watch: Watch, view: View, request: pytest.FixtureRequest) -> Check:
    """Assert that a page is sound: axe finds nothing, the console is empty, nothing comes from elsewhere, nothing is
    wider than the window. The variable SHOTS names a folder in which a picture of each page is kept."""
    shots = os.environ.get("SHOTS")
    name = re.sub(r"\W+", "-", request.node.name)
    return Check(watch, Path(shots) / name if shots else None)


@pytest.fixture(scope="module", params=list(BROWSERS))
def opened(request: pytest.FixtureRequest) -> Iterator[PageBrowser]:
    """Chromium and Firefox, one after the other."""
    browser = BROWSERS[request.param]()
    yield browser
    browser.close()


@pytest.fixture(scope="module")
def site_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[WebShop, Service]]:
    """A shop whose pages carry the script, in front of a service that takes what they send."""
    with served_shop(tmp_path_factory.mktemp("sites") / "data") as served:
        yield served


@pytest.fixture
def shop(site_service: tuple[WebShop, Service]) -> WebShop:
    """The shop as if nothing had happened yet."""
    shop, _ = site_service
    shop.begin()
    return shop


@pytest.fixture
def visit(opened: PageBrowser, shop: WebShop) -> Iterator[Visit]:
    """The tabs of a test in the shop, in each browser."""
    visit = Visit(opened, shop)
    yield visit
    visit.leave()
