"""An open page stays fresh: a hit moves its figures, without taking anything from the person who reads it."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.views import Check
from tests.support.processes import wait_until
from tests.support.service import Service, rows

PERSON = {
    "user-agent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Thunderbird/145.0",
    "accept": "image/avif,image/webp,*/*",
    "accept-language": "de",
    "accept-encoding": "gzip",
}
WITHIN_MS = 30_000
"""Long enough for a busy machine. The time that it took is printed."""


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    data = tmp_path_factory.mktemp("live") / "data"
    rows(
        data,
        "campaign",
        "add",
        "spring",
        "--name",
        "Spring",
        "--sent",
        "10",
        "--link",
        "https://shop.example/",
    )
    with Service(data) as running:
        yield running


def pixel(data: Path, recipient: str) -> str:
    signed = rows(data, "links", "spring", "--recipients", "-", stdin=f"recipient\n{recipient}\n")
    return "/o/" + signed.partition("/o/")[2].partition(",")[0]


def hit(service: Service, path: str) -> None:
    assert service.get(path, headers=PERSON)[0] == 200


def listeners(service: Service) -> float:
    lines = service.get("/metrics")[2].decode().splitlines()
    return float(next(line.split()[1] for line in lines if line.startswith("mailpixel_listeners ")))


def test_a_hit_moves_the_figures_of_an_open_page(signed_in: Page, service: Service, check: Check) -> None:
    signed_in.goto("/campaigns/spring")
    expect(signed_in.locator("#live")).to_have_text("Live")
    cards = signed_in.locator("[data-part=cards]")
    before = cards.inner_text()
    path = pixel(service.data, "r-1")
    began = time.monotonic()
    hit(service, path)
    expect(cards).not_to_have_text(before, use_inner_text=True, timeout=WITHIN_MS)
    print(f"the figures moved {time.monotonic() - began:.2f} s after the hit was sent")
    check(signed_in)


def test_what_has_the_focus_and_what_is_open_stays(signed_in: Page, service: Service) -> None:
    signed_in.goto("/campaigns/spring")
    expect(signed_in.locator("#live")).to_have_text("Live")
    part = signed_in.locator("[data-part=when]")
    summary = part.locator("summary").first
    summary.click()
    marked = part.element_handle()
    path = pixel(service.data, "r-2")
    with signed_in.expect_response(
        lambda answer: answer.url.endswith("/campaigns/spring"), timeout=WITHIN_MS
    ):
        hit(service, path)
    cards = signed_in.locator("[data-part=cards]")
    expect(cards).to_contain_text("2", timeout=WITHIN_MS)
    assert marked is not None
    assert marked.evaluate("part => part.isConnected")
    expect(summary).to_be_focused()
    signed_in.locator("h1").click()
    assert part.locator("details").first.evaluate("each => each.open")


def test_the_stream_is_closed_while_nobody_sees_the_page_and_when_the_person_leaves(
    signed_in: Page, service: Service
) -> None:
    signed_in.goto("/campaigns/spring")
    expect(signed_in.locator("#live")).to_have_text("Live")
    wait_until(lambda: listeners(service) == 1, "the page does not listen")
    signed_in.evaluate_handle(
        """() => {
            Object.defineProperty(document, "hidden", { value: true, configurable: true });
            document.dispatchEvent(new Event("visibilitychange"));
        }"""
    )
    wait_until(lambda: listeners(service) == 0, "a hidden page listens")
    signed_in.evaluate_handle(
        """() => { delete document.hidden; document.dispatchEvent(new Event("visibilitychange")); }"""
    )
    wait_until(lambda: listeners(service) == 1, "a page that is seen again does not listen")
    signed_in.goto("/docs")
    wait_until(lambda: listeners(service) == 0, "a page that was left listens")


def test_signing_out_ends_the_streams_of_the_session(signed_in: Page, service: Service) -> None:
    signed_in.goto("/campaigns/spring")
    wait_until(lambda: listeners(service) == 1, "the page does not listen")
    other = signed_in.context.new_page()
    other.goto("/campaigns/spring/links")
    wait_until(lambda: listeners(service) == 2, "the other page does not listen")
    other.get_by_role("button", name="Sign out").click()
    wait_until(lambda: listeners(service) == 0, "a session that has ended listens")
