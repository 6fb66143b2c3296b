"""A whole campaign in a real browser: sign in, create, readers come, figures, download, share, sign out."""

from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import sign_in_link
from tests.browser.views import Check, Watch
from tests.support.processes import wait_until
from tests.support.service import Service, rows

NAME = "Autumn <script>alert(1)</script>"
READER = {
    "user-agent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/151.0.0.0 Safari/537.36",
    "accept": "text/html,*/*;q=0.8",
    "accept-language": "en",
    "accept-encoding": "gzip",
    "sec-fetch-site": "cross-site",
    "sec-fetch-mode": "navigate",
    "sec-fetch-user": "?1",
    "sec-fetch-dest": "document",
    "upgrade-insecure-requests": "1",
}
"""What a person's browser sends who follows a link."""


def links_of(service: Service, recipient: str) -> dict[str, str]:
    """The signed links of a recipient, as the list of the sender holds them."""
    text = rows(service.data, "links", "autumn", "--recipients", "-", stdin=f"recipient\n{recipient}\n")
    header, line = text.splitlines()[:2]
    return dict(zip(header.split(","), line.split(","), strict=True))


def follow(service: Service, url: str) -> None:
    """A person follows a link of the mail."""
    assert service.get(url[url.index("/", 8) :], headers=READER)[0] == 302


def shows(page: Page, text: str) -> bool:
    """Whether the card of people who clicked shows this after the page is loaded again."""
    page.reload()
    return page.locator("[data-part=cards]").get_by_text(text).count() > 0


def test_from_the_sign_in_to_the_sign_out(
    page: Page, service: Service, browser: Browser, check: Check, watch: Watch
) -> None:
    page.goto(sign_in_link(service))
    page.get_by_role("button", name="Sign in").click()
    check(page, "list")

    page.get_by_role("link", name="New campaign").click()
    page.get_by_label("Name").fill(NAME)
    page.get_by_label("Id", exact=True).fill("autumn")
    page.get_by_label("Messages sent").fill("4")
    page.get_by_label("Links", exact=True).fill("https://shop.example/boots\nhttps://shop.example/coats")
    page.get_by_role("button", name="Register the campaign").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(NAME)

    page.goto("/campaigns/autumn")
    expect(page.get_by_text("No open and no click yet")).to_be_visible()
    check(page, "empty")
    for number, recipient in enumerate(("r-1", "r-2"), 1):
        follow(service, links_of(service, recipient)["link_1"])
        wait_until(lambda number=number: shows(page, f"{number} of "), "the click does not show")  # type: ignore[misc]
    expect(page.get_by_text("No open and no click yet")).to_have_count(0)
    check(page, "clicked")

    page.get_by_role("link", name="Download", exact=True).click()
    check(page, "download")
    with page.expect_download() as download:
        page.get_by_role("link", name="Recipients: CSV").first.click()
    assert "r-1" in download.value.path().read_text(encoding="utf-8")

    page.get_by_role("button", name="Make an address").click()
    address = page.locator(".secret code").first.inner_text()
    check(page, "shared")
    stranger = browser.new_context()
    shared = watch.over(stranger.new_page())
    shared.goto(service.url + address[address.index("/s/") :])
    expect(shared.get_by_role("heading", level=1)).to_contain_text(NAME)
    assert "r-1" not in shared.content()
    check(shared, "stranger")
    stranger.close()

    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_label("API key")).to_be_visible()
    page.goto("/campaigns/autumn")
    expect(page.get_by_label("API key")).to_be_visible()
    check(page, "signed-out")
