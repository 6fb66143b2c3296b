"""Signing in and out, the settings and the errors, as a person meets them."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import sign_in_link
from tests.browser.views import Check, View, every_view
from tests.support.service import Service, rows


@every_view
def test_the_sign_in_page_is_sound(page: Page, check: Check) -> None:
    page.goto("/")
    check(page)


@every_view
def test_the_page_of_a_link_is_sound(page: Page, service: Service, check: Check) -> None:
    page.goto(sign_in_link(service))
    check(page)


@every_view
def test_the_page_of_a_used_link_is_sound(page: Page, check: Check) -> None:
    page.goto("/sign-in/nothing")
    expect(page.get_by_role("heading", name="This link does not work")).to_be_visible()
    check(page)


@every_view
def test_the_page_of_keys_is_sound(signed_in: Page, service: Service, view: View, check: Check) -> None:
    rows(
        service.data,
        "apikey",
        "add",
        f"hostile <img src=x onerror=alert(1)> {view}",
        "--scope",
        "read",
    )
    signed_in.goto("/settings")
    expect(signed_in).to_have_url(re.compile("/settings/"))
    signed_in.goto("/settings/keys")
    check(signed_in)


@every_view
def test_an_error_is_a_page_in_the_same_frame(signed_in: Page, view: object) -> None:
    answer = signed_in.goto("/settings/nothing")
    assert answer is not None
    assert answer.status == 404
    expect(signed_in.get_by_role("button", name="Sign out")).to_be_visible()


def test_a_link_signs_in_once(page: Page, service: Service, check: Check) -> None:
    link = sign_in_link(service)
    page.goto(link)
    page.get_by_role("button", name="Sign in").click()
    page.goto("/settings/keys")
    expect(page.get_by_text("tester (write)")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    page.goto(link)
    expect(page.get_by_role("heading", name="This link does not work")).to_be_visible()
    check(page)


def test_a_wrong_key_says_so_and_a_right_one_leads_back(page: Page, service: Service, check: Check) -> None:
    key = rows(service.data, "apikey", "add", "leader", "--scope", "write").strip()
    page.goto("/settings/keys")
    page.get_by_label("API key").fill("mp_wrong")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("status")).to_have_text("This key is unknown or revoked.")
    check(page)
    page.get_by_label("API key").fill(key)
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(re.compile("/settings/keys$"))
    check(page)


def test_a_key_is_added_shown_once_and_revoked(signed_in: Page, check: Check) -> None:
    signed_in.goto("/settings/keys")
    signed_in.get_by_label("Name").fill("reporting")
    signed_in.get_by_role("button", name="Add the key").click()
    expect(signed_in.locator(".secret")).to_contain_text("mp_")
    check(signed_in)
    signed_in.goto("/settings/keys")
    expect(signed_in.locator(".secret")).to_have_count(0)
    button = signed_in.get_by_role("button", name="Revoke reporting")
    expect(button).to_be_hidden()
    signed_in.locator("summary", has_text="Revoke reporting").click()
    check(signed_in, "doubt")
    button.click()
    expect(signed_in.get_by_role("status")).to_contain_text("The key reporting is revoked.")
    check(signed_in)


@pytest.mark.parametrize("name", ["", " "])
def test_a_key_without_a_name_is_refused_beside_its_field(signed_in: Page, name: str, check: Check) -> None:
    signed_in.goto("/settings/keys")
    signed_in.get_by_label("Name").evaluate("field => field.required = false")
    signed_in.get_by_label("Name").fill(name)
    signed_in.get_by_role("button", name="Add the key").click()
    expect(signed_in.locator("#problem-name")).to_be_visible()
    check(signed_in)
