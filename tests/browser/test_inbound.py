"""The page of delivery reports: add a source, see its URL once, remove it."""

from playwright.sync_api import Page, expect

from tests.browser.views import Check


def test_the_page_of_sources_is_sound_with_a_source_just_added(signed_in: Page, check: Check) -> None:
    name = "mail"
    signed_in.goto("/settings/inbound")
    signed_in.get_by_label("Name").fill(name)
    signed_in.get_by_label("ESP", exact=True).select_option("mailgun")
    signed_in.get_by_role("button", name="Add the source").click()
    expect(signed_in.get_by_text("is missing; enter the HTTP webhook signing key")).to_be_visible()
    check.in_every_view(signed_in)
    signed_in.get_by_label("ESP", exact=True).select_option("postmark")
    signed_in.get_by_role("button", name="Add the source").click()
    expect(signed_in.get_by_text(f"/in/{name}")).to_be_visible()
    expect(signed_in.locator("li code", has_text="mailpixel")).to_be_visible()
    expect(signed_in.get_by_role("listitem").filter(has_text="`")).to_have_count(0)
    check.in_every_view(signed_in)
    signed_in.locator("summary", has_text=f"Remove {name}").click()
    signed_in.get_by_role("button", name=f"Remove {name}").click()
    expect(signed_in.get_by_text(f"The source {name} is removed")).to_be_visible()
    check.in_every_view(signed_in)
