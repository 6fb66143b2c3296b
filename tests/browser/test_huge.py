"""The pages with figures for a newsletter to millions: large numbers, 200 links, a name of 200 characters, a long
list of campaigns."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.views import VIEWS, Check
from tests.support.huge import HUGE, enlarge
from tests.support.service import Service, rows

PAGES = (
    "/campaigns?q=huge",
    "/campaigns",
    f"/campaigns/{HUGE}",
    f"/campaigns/{HUGE}/recipients",
    f"/campaigns/{HUGE}/links",
    f"/compare?a={HUGE}&b=demo-spring",
)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service with the huge campaign and 300 small ones."""
    data = tmp_path_factory.mktemp("huge") / "data"
    rows(data, "demo")
    enlarge(data / "mailpixel.db", "demo-spring", delivered=3_914_220, others=300)
    with Service(data) as running:
        yield running


@pytest.mark.parametrize("path", PAGES)
def test_a_newsletter_to_millions_has_sound_pages(signed_in: Page, check: Check, path: str) -> None:
    """One visit in each size: what is wider than the window does not depend on the colours."""
    signed_in.goto(path)
    for details in signed_in.locator("main details > summary").all():
        details.click()
    for width in sorted({view.width for view in VIEWS}):
        signed_in.set_viewport_size({"width": width, "height": 900})
        check(signed_in, f"{path.replace('/', '-')}-{width}")


def test_the_list_shows_the_number_of_a_newsletter_to_millions(signed_in: Page) -> None:
    signed_in.goto("/campaigns?q=huge")
    expect(signed_in.get_by_text("3\u202f915\u202f494")).to_be_visible()


@pytest.mark.parametrize("path", ["/campaigns", f"/compare?a={HUGE}&b=demo-spring"])
def test_what_the_figures_mean_is_reached_by_keyboard(signed_in: Page, path: str) -> None:
    signed_in.goto(path)
    signed_in.get_by_text("What each figure means").press("Enter")
    expect(signed_in.get_by_role("term").filter(has_text="Delivered").last).to_be_visible()
