"""A carried click in a browser: through the redirect into the demonstration shop, and gone from the address there."""

import csv
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import BrowserContext, Page, Request

from tests.support.service import Service, free_port, rows

DESTINATION = "/demo-shop/product.html?item=coat&utm_source=mail&note=a%20b+c&empty=#details"
"""A destination with a query of its own, which has to stay letter for letter."""


class Carrying:
    """A running service, and the address of a click of each recipient."""

    def __init__(self, service: Service, links: dict[str, str]) -> None:
        self.service = service
        self.links = links

    def opened(self, context: BrowserContext, recipient: str) -> "Visit":
        """A page that followed the link of a recipient and is done with the redirect."""
        visit = Visit(context.new_page())
        visit.page.goto(self.links[recipient])
        visit.until_exchanged()
        return visit


class Visit:
    """A page, all addresses that it asked for, and all that it sent."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.asked: list[str] = []
        self.sent: list[dict[str, Any]] = []
        page.on("request", self._note)

    def _note(self, request: Request) -> None:
        self.asked.append(request.url)
        if request.method == "POST" and "/p/" in request.url:
            self.sent.append(json.loads(request.post_data or "{}"))

    def until_exchanged(self) -> None:
        """Wait until the click has left the address bar."""
        self.page.wait_for_function("() => !location.search.includes('mp_cid')")

    def agree(self) -> None:
        """Say yes to all in the banner of the shop, and wait until that was sent."""
        with self.page.expect_request(lambda request: request.method == "POST" and "/p/" in request.url):
            self.page.get_by_role("button", name="Yes, both").click()

    def until_sent(self) -> None:
        """Wait until something was sent."""
        for _ in range(400):
            if self.sent:
                return
            self.page.wait_for_timeout(25)
        raise AssertionError("nothing was sent")

    @property
    def clicks(self) -> list[str]:
        """The click ids that were sent, each once."""
        return list(dict.fromkeys(each["click"] for each in self.sent if each.get("click")))


@pytest.fixture(scope="module")
def carrying(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Carrying]:
    folder = tmp_path_factory.mktemp("carry")
    data, port, people = folder / "data", free_port(), folder / "people.csv"
    people.write_text("recipient\nr-1\nr-2\nr-3\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MAILPIXEL_BASE_URL", f"http://127.0.0.1:{port}")
        rows(data, "demo")
        rows(
            data,
            "campaign",
            "add",
            "coats",
            "--name",
            "Coats",
            "--link",
            f"http://127.0.0.1:{port}{DESTINATION}",
        )
        rows(data, "campaign", "edit", "coats", "--carry")
        found = list(csv.DictReader(rows(data, "links", "coats", "--recipients", str(people)).splitlines()))
    with Service(data, port=port) as service:
        yield Carrying(
            service, {row["recipient"]: service.url + urlsplit(row["link_1"]).path for row in found}
        )


def test_the_click_is_exchanged_once_and_all_else_of_the_address_stays(
    carrying: Carrying, context: BrowserContext
) -> None:
    visit = carrying.opened(context, "r-1")
    assert visit.page.url == carrying.service.url + DESTINATION
    landed = next(url for url in visit.asked if "mp_cid=" in url)
    carried = landed.partition("mp_cid=")[2]
    assert landed == f"{carrying.service.url}{DESTINATION.partition('#')[0]}&mp_cid={carried}"
    assert (visit.sent, len(carried)) == ([], 43)  # nobody agreed yet
    visit.agree()
    assert visit.clicks == [carried]


def test_back_forward_and_reload_bring_no_click_back(carrying: Carrying, context: BrowserContext) -> None:
    visit = carrying.opened(context, "r-2")
    visit.agree()
    page, there = visit.page, carrying.service.url + DESTINATION
    (click,) = visit.clicks
    page.reload()
    assert page.url == there
    page.get_by_role("link", name="Cart").first.click()
    page.wait_for_url("**/cart.html")
    page.go_back()
    page.wait_for_url("**/product.html**")
    assert page.url == there
    page.go_forward()
    page.wait_for_url("**/cart.html")
    page.go_back()
    page.wait_for_url("**/product.html**")
    assert page.url == there
    assert (visit.clicks, page.evaluate("document.referrer.includes('mp_cid')")) == ([click], False)
    assert len([url for url in visit.asked if "/c/" in url]) == 1
    assert not [each for each in visit.sent for event in each["events"] if "mp_cid" in json.dumps(event)]


def test_a_second_click_of_the_same_mail_is_another_click_and_goes_the_same_way(
    carrying: Carrying, context: BrowserContext
) -> None:
    visit = carrying.opened(context, "r-3")
    visit.agree()
    (first,) = visit.clicks
    again = carrying.opened(context, "r-3")
    assert again.page.url == carrying.service.url + DESTINATION
    again.until_sent()  # the shop remembers what was agreed to
    (second,) = again.clicks
    assert first != second
