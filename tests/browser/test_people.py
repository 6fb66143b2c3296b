"""The page for privacy officers: find a person, see what is stored, erase them in two steps."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import signed_in_state
from tests.browser.views import PLAIN, Check, Watch
from tests.support.builders import an_open
from tests.support.service import Service
from tests.support.stores import open_settled

HOSTILE = "'\"><i id=broke></title><script>alert(1)</script><img src=//evil.test/x onerror=alert(2)>"


@pytest.fixture(scope="module")
def officer(browser: Browser, service: Service) -> Iterator[Page]:
    """A page of a person who signed in with the scope privacy."""
    store, registry = open_settled(service.data / "mailpixel.db")
    store.append([an_open(1, recipient="r-1001"), an_open(90, recipient="r-1001")])
    store.close()
    registry.close()
    state = signed_in_state(browser, service, "privacy")
    context = browser.new_context(base_url=service.url, storage_state=state, **PLAIN.options())  # type: ignore[arg-type]
    yield context.new_page()
    context.close()


def test_a_person_is_found_and_erased_in_two_steps(officer: Page, check: Check, watch: Watch) -> None:
    watch.over(officer)
    officer.goto("/people")
    officer.get_by_label("Recipient id or e-mail address").fill("r-1001")
    officer.get_by_role("button", name="Show what is stored").click()
    expect(officer.get_by_role("heading", name="r-1001")).to_be_visible()
    check.in_every_view(officer, "found")
    erase = officer.get_by_role("button", name="Erase r-1001")
    expect(erase).to_be_hidden()
    officer.locator("summary", has_text="Erase r-1001").click()
    erase.click()
    expect(officer.get_by_role("heading", name="Erased")).to_be_visible()
    check.in_every_view(officer)


def test_hostile_text_is_text(officer: Page, check: Check, watch: Watch) -> None:
    watch.over(officer)
    officer.goto("/people")
    officer.get_by_label("Recipient id or e-mail address").fill(HOSTILE)
    officer.get_by_role("button", name="Show what is stored").click()
    expect(officer.get_by_label("Recipient id or e-mail address")).to_have_value(HOSTILE)
    expect(officer.locator("#broke, [onerror], main script")).to_have_count(0)
    check.in_every_view(officer)
