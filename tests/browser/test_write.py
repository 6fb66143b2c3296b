"""The pages that write: create, edit, sign lists, download, share, print; at every size, in both schemes."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.views import Check, View, every_view
from tests.support.processes import wait_until
from tests.support.service import Service, rows

HOSTILE = '<img src=x onerror=alert(1)> "quoted" ' + "word " * 20 + "x" * 60

LONG = 250_000
"""Rows of a list that takes some seconds."""


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    data = tmp_path_factory.mktemp("write") / "data"
    rows(data, "campaign", "add", "spring", "--name", "Spring sale", "--sent", "100",
         "--link", "https://shop.example/boots", "--link", "https://shop.example/coats?" + "q" * 300)  # fmt: skip
    rows(data, "campaign", "add", "hostile", "--name", HOSTILE[:200].strip())
    rows(data, "share", "add", "spring")
    rows(data, "site", "add", "shop", "--host", "shop.example", "--name", "wish")
    rows(data, "share", "add", "hostile", "--part", "csv")
    with Service(data) as running:
        yield running


@pytest.mark.parametrize(
    "path",
    [
        "/campaigns/new",
        "/campaigns/spring/edit",
        "/campaigns/spring/tokens",
        "/campaigns/spring/download",
        "/campaigns/spring/report",
        "/settings/shares",
        "/sites",
        "/sites/new",
        "/sites/shop/edit",
    ],
)
@every_view
def test_every_page_is_sound(signed_in: Page, view: View, check: Check, path: str) -> None:
    signed_in.goto(path)
    expect(signed_in.locator("h1")).to_be_visible()
    check(signed_in)


@pytest.mark.parametrize("view", [View(360, "dark")], ids=str)
@pytest.mark.parametrize("page_of_it", ["edit", "download", "report", "tokens"])
def test_hostile_text_in_a_name_stays_text(
    signed_in: Page, view: View, check: Check, page_of_it: str
) -> None:
    signed_in.goto(f"/campaigns/hostile/{page_of_it}")
    expect(signed_in.locator("h1")).to_contain_text("<img src=x onerror=alert(1)>")
    check(signed_in)


@every_view
def test_a_faulty_form_is_sound_and_keeps_hostile_text(signed_in: Page, view: View, check: Check) -> None:
    signed_in.goto("/campaigns/new")
    signed_in.get_by_label("Name").fill(HOSTILE[:200])
    signed_in.get_by_label("Links", exact=True).fill("https://shop.example/\njavascript:alert(1)")
    signed_in.get_by_role("button", name="Register the campaign").click()
    expect(signed_in.locator("#problem-links")).to_contain_text("line 2")
    expect(signed_in.get_by_label("Name")).to_have_value(HOSTILE[:200])
    check(signed_in)


def test_a_list_is_signed_and_downloaded(signed_in: Page, tmp_path: Path, check: Check) -> None:
    listed = tmp_path / "list.csv"
    listed.write_text("recipient\nr-1\n<b>bad</b>\nr-2\n")
    signed_in.goto("/campaigns/spring/tokens")
    signed_in.get_by_label("List of recipients").set_input_files(listed)
    signed_in.get_by_role("button", name="Sign the links").click()
    expect(signed_in.get_by_role("heading", name="2 of 3 recipients have links")).to_be_visible()
    check(signed_in)
    with signed_in.expect_download() as download:
        signed_in.get_by_role("link", name=re.compile("Download the links")).click()
    assert download.value.suggested_filename == "spring-links.csv"
    assert (
        Path(download.value.path())
        .read_text()
        .startswith("recipient,pixel_url,link_1,link_2,choice_url\nr-1,")
    )


@pytest.mark.parametrize("view", [View(360, "dark")], ids=str)
def test_a_long_list_shows_how_far_it_is_and_then_its_links(
    signed_in: Page, view: View, tmp_path: Path, check: Check
) -> None:
    listed = tmp_path / "list.csv"
    with listed.open("w") as file:
        file.write("recipient\n" + "".join(f"r-{n}\n" for n in range(LONG)))
    signed_in.goto("/campaigns/spring/tokens")
    signed_in.get_by_label("List of recipients").set_input_files(listed)
    signed_in.get_by_role("button", name="Sign the links").click()
    expect(signed_in.get_by_role("heading", name="The list is being signed")).to_be_visible()
    check(signed_in, "at work")
    seen: set[float] = set()

    def has_moved() -> bool:
        seen.update(signed_in.evaluate("[...document.querySelectorAll('progress')].map(each => each.value)"))
        return len(seen - {0}) > 1

    wait_until(has_moved, "the bar stands still")
    grouped = f"{LONG:,}".replace(",", "\N{NARROW NO-BREAK SPACE}")
    done = signed_in.get_by_role("heading", name=f"{grouped} of {grouped} recipients have links")
    expect(done).to_be_visible(timeout=60_000)
    expect(signed_in.get_by_role("button", name="Stop signing")).to_have_count(0)
    check(signed_in, "done")
    with signed_in.expect_download() as download:
        signed_in.get_by_role("link", name=re.compile("Download the links")).click()
    with Path(download.value.path()).open() as links:
        assert sum(1 for _ in links) == LONG + 1


def test_without_a_script_the_page_of_a_list_looks_again_by_itself(
    browser: Browser, service: Service, state: Any, tmp_path: Path
) -> None:
    listed = tmp_path / "list.csv"
    listed.write_text("recipient\n" + "".join(f"r-{n}\n" for n in range(60_000)))
    context = browser.new_context(base_url=service.url, storage_state=state, java_script_enabled=False)
    page = context.new_page()
    page.goto("/campaigns/spring/tokens")
    page.get_by_label("List of recipients").set_input_files(listed)
    page.get_by_role("button", name="Sign the links").click()
    expect(page.get_by_role("heading", name="recipients have links")).to_be_visible(timeout=60_000)
    context.close()


def test_a_share_is_made_and_seen_by_somebody_who_is_not_signed_in(
    signed_in: Page, context: BrowserContext, check: Check
) -> None:
    signed_in.goto("/campaigns/spring/download")
    signed_in.get_by_role("button", name="Make an address").click()
    url = signed_in.locator(".secret").first.inner_text()
    check.in_every_view(signed_in)
    page = check.watch.over(context.new_page())
    page.goto("/s/" + url.rpartition("/")[2])
    expect(page.get_by_role("heading", name="Spring sale")).to_be_visible()
    check.in_every_view(page)


def test_the_report_prints_whole_on_a4_and_letter(signed_in: Page, browser: Browser, tmp_path: Path) -> None:
    signed_in.goto("/campaigns/spring/report")
    for paper in ("A4", "Letter"):
        pdf = signed_in.pdf(format=paper)
        pages = len(re.findall(rb"/Type\s*/Page\b", pdf))
        assert 1 <= pages <= 6, paper
        (tmp_path / f"{paper}.pdf").write_bytes(pdf)


def test_a_test_mail_is_sound_and_its_hit_is_listed_with_a_reason(
    signed_in: Page, check: Check, service: Service
) -> None:
    campaign = "trial"
    rows(service.data, "campaign", "add", campaign, "--name", "Trial", "--link", "https://shop.example/boots")
    signed_in.goto(f"/campaigns/{campaign}")
    check.in_every_view(signed_in)
    signed_in.get_by_role("button", name="Open a test mail").click()
    expect(signed_in.get_by_role("heading", name="A test mail")).to_be_visible()
    check.in_every_view(signed_in)
    with signed_in.expect_popup() as opened:
        signed_in.get_by_role("link", name="open the image of the test mail").click()
    opened.value.wait_for_load_state()
    opened.value.close()
    signed_in.goto(f"/campaigns/{campaign}/recipients/test-mail")
    expect(signed_in.locator("main")).to_contain_text("HeadlessChrome")  # which is declared, so no person
