"""The page of a person's choice in a real browser: five languages, by keyboard, before and after saving."""

from typing import Any
from urllib.parse import urlsplit
from zlib import crc32

import pytest
from playwright.sync_api import Page, expect

from mailpixel.folder.key_file import load_keyring
from mailpixel.links.minter import Minter
from mailpixel.pages.choice_words import built_in
from tests.browser.views import Check
from tests.support.api import PERSON
from tests.support.builders import BROWSER, a_click, an_open
from tests.support.service import Service
from tests.support.stores import open_settled

LANGUAGES = sorted(built_in())


@pytest.fixture
def choice(service: Service, request: pytest.FixtureRequest) -> str:
    """The path of the page of a person of this test alone, of whom something is stored."""
    recipient = f"r-{crc32(request.node.name.encode())}"
    store, registry = open_settled(service.data / "mailpixel.db")
    seen: Any = {"recipient": recipient, "agent": BROWSER, "facts": PERSON}
    store.append([an_open(60, **seen), a_click(90, **seen)])
    store.close()
    registry.close()
    minter = Minter(load_keyring(service.data / "keys.json"), service.url, "spring")
    return urlsplit(minter.choice(recipient)).path


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_is_sound_before_and_after_saving_by_keyboard(
    page: Page, choice: str, check: Check, language: str
) -> None:
    texts = built_in()[language].texts
    page.goto(f"{choice}?lang={language}")
    check.in_every_view(page, "asked")
    opens = page.get_by_role("group", name=texts["opens"], exact=True)
    opens.get_by_label(texts["yes"], exact=True).focus()
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    clicks = page.get_by_role("group", name=texts["clicks"], exact=True)
    expect(clicks.get_by_label(texts["yes"], exact=True)).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name=texts["save"])).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_have_text(texts["saved"])
    expect(page.locator("html")).to_have_attribute("lang", language)
    expect(opens.get_by_label(texts["yes"], exact=True)).to_be_checked()
    expect(page.get_by_text(texts["unset_individual"])).to_have_count(1)
    check.in_every_view(page, "saved")
    page.get_by_role("button", name=texts["hold"]).click()
    expect(page.get_by_role("heading", name=texts["held"])).to_be_visible()
    check.in_every_view(page, "held")
    page.get_by_role("button", name=texts["refuse"]).click()
    expect(clicks.get_by_label(texts["no"], exact=True)).to_be_checked()
    page.get_by_role("button", name=texts["erase"]).click()
    check.in_every_view(page, "sure")
    page.get_by_role("button", name=texts["keep"]).click()
    page.get_by_role("button", name=texts["erase"]).click()
    page.get_by_role("button", name=texts["sure"]).click()
    expect(page.get_by_role("status")).to_have_text(texts["erased"])
    check.in_every_view(page, "erased")


def test_both_buttons_are_drawn_alike_and_are_large_enough_for_a_finger(page: Page, choice: str) -> None:
    page.goto(choice)
    texts = built_in()["en"].texts
    drawn = "element => { const s = getComputedStyle(element); return [s.backgroundColor, s.color, s.font, s.border] }"
    save, refuse = (page.get_by_role("button", name=texts[name]) for name in ("save", "refuse"))
    assert save.evaluate(drawn) == refuse.evaluate(drawn)
    for element in (save, refuse, *page.locator("label").all()):
        box = element.bounding_box()
        assert box is not None
        assert box["height"] >= 44


def test_a_language_is_changed_by_a_link(page: Page, choice: str) -> None:
    page.goto(f"{choice}?lang=en")
    page.get_by_role("link", name="Italiano").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(built_in()["it"].texts["title"])


def test_the_page_of_a_broken_link_is_sound(page: Page, check: Check) -> None:
    page.goto("/u/nothing")
    check.watch.said.clear()  # the browser notes the 404
    check.in_every_view(page, "wrong")
