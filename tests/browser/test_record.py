"""The record of processing in a real browser, in both of its languages."""

from playwright.sync_api import Page, expect

from tests.browser.views import Check


def test_the_record_is_sound_in_both_languages(signed_in: Page, check: Check) -> None:
    signed_in.goto("/settings/privacy")
    expect(signed_in.get_by_role("heading", name="Still to decide")).to_be_visible()
    check.in_every_view(signed_in)
    signed_in.get_by_role("link", name="Deutsch").click()
    expect(signed_in.get_by_role("heading", name="Noch zu entscheiden")).to_be_visible()
    check.in_every_view(signed_in)
