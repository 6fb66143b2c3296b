"""A whole campaign in a real browser: sign in, create, upload a template and a list, see readers come without loading
the page again, open the click map, download, share, sign out."""

import csv
import re
from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import sign_in_link
from tests.browser.views import Check, Watch
from tests.support.service import Service

NAME = "Autumn <script>alert(1)</script>"
WAIT_MS = 30_000
"""Long enough for a busy machine."""
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


MAIL = (
    '<html><body><h1>Autumn</h1><p><a href="https://shop.example/boots">Boots</a></p>'
    '<p><a href="https://shop.example/coats">Coats</a></p></body></html>'
)


def follow(service: Service, url: str) -> None:
    """A person follows a link of the mail."""
    assert service.get(url[url.index("/", 8) :], headers=READER)[0] == 302


def test_from_the_sign_in_to_the_sign_out(
    page: Page, service: Service, browser: Browser, check: Check, watch: Watch, tmp_path: Path
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

    page.get_by_role("link", name="Template", exact=True).click()
    template = tmp_path / "mail.html"
    template.write_text(MAIL, encoding="utf-8")
    page.get_by_label("File").set_input_files(template)
    page.get_by_role("button", name="Track the template").click()
    expect(page.get_by_role("heading", name="The template is tracked")).to_be_visible()
    check(page, "template")

    page.get_by_role("link", name="Sign links", exact=True).click()
    recipients = tmp_path / "recipients.csv"
    recipients.write_text("recipient\nr-1\nr-2\n", encoding="utf-8")
    page.get_by_label("List of recipients").set_input_files(recipients)
    page.get_by_role("button", name="Sign the links").click()
    expect(page.get_by_role("heading", name="2 of 2 recipients have links")).to_be_visible(timeout=WAIT_MS)
    check(page, "signed")
    with page.expect_download() as download:
        page.get_by_role("link", name=re.compile("Download the links")).click()
    with download.value.path().open(encoding="utf-8", newline="") as file:
        links = {row["recipient"]: row for row in csv.DictReader(file)}

    page.get_by_role("link", name="Overview", exact=True).click()
    expect(page.get_by_text("No open and no click yet")).to_be_visible()
    expect(page.locator("#live")).to_have_text("Live")
    check(page, "empty")
    before, cards = page.evaluate("performance.timeOrigin"), page.locator("[data-part=cards]")
    for number, recipient in enumerate(("r-1", "r-2"), 1):
        follow(service, links[recipient]["link_1"])
        expect(cards).to_contain_text(f"{number} of ", timeout=WAIT_MS)
    assert page.evaluate("performance.timeOrigin") == before, "the page was loaded again"
    expect(page.get_by_text("No open and no click yet")).to_have_count(0)
    check(page, "clicked")

    page.get_by_role("link", name="Click map", exact=True).click()
    boots = page.frame_locator("iframe").get_by_text("Boots")
    expect(boots).to_be_visible()
    badge = boots.evaluate("each => getComputedStyle(each, '::after').content")
    assert re.fullmatch(r'"\D*100\s*%\D*"', badge), badge
    check(page, "map")

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
