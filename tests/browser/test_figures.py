"""The pages with figures, for campaigns without hits, with three recipients, with thousands, and with hostile text."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from mailpixel.model import Campaign, Link
from mailpixel.times import moment_of
from tests.browser.views import Check, every_view, isolated
from tests.support.builders import (
    APPLE,
    BROWSER,
    GMAIL,
    ROBOT,
    SENT_AT_MS,
    a_campaign,
    a_click,
    a_delivery,
    a_link,
    an_open,
    an_optout,
)
from tests.support.service import Service, rows
from tests.support.stores import open_settled

HOSTILE = "\"><script>alert(1)</script><img src=x onerror='alert(1)'>"
ODD_ID = "team/a+b=c~/../x"


def fill(folder: Path) -> None:
    """A campaign without hits, one of three recipients, and one with markup in every text."""
    store, registry = open_settled(folder / "mailpixel.db")
    registry.add_campaign(a_campaign("silent", sent=None, sent_at=None))
    registry.add_campaign(a_campaign("tiny", sent=3))
    links = (
        a_link(1, "https://shop.example/<script>alert(1)</script>" + "long" * 100),
        Link(2, "https://shop.example/2", True),
    )
    registry.add_campaign(replace(a_campaign("hostile", name=HOSTILE, sent=4), links=links))
    registry.change_campaign("hostile", _corrected, "<b>key</b>", moment_of(SENT_AT_MS))
    tiny = {"campaign": "tiny"}
    store.append([a_delivery(0, recipient=name, **tiny) for name in ("r-1", "r-2", "r-3")])
    store.append([an_open(600, agent=GMAIL, **tiny), an_open(5, recipient="r-2", agent=APPLE, **tiny)])
    store.append([a_click(660, agent=BROWSER, campaign="tiny")])
    odd = {"campaign": "hostile", "recipient": ODD_ID}
    store.append([a_delivery(0, **odd), an_open(600, agent=HOSTILE, **odd), an_open(602, agent=ROBOT, **odd)])
    store.append(
        [
            a_click(
                700,
                link=None,
                destination="https://shop.example/?<img src=x>",
                campaign="hostile",
                recipient=ODD_ID,
            )
        ]
    )
    store.append([an_open(800, campaign="hostile", recipient="..", agent=BROWSER), an_optout(900, **odd)])
    store.close()
    registry.close()


def _corrected(campaign: Campaign) -> Campaign:
    """The campaign with another destination of its first link."""
    first = replace(campaign.links[0], url="https://shop.example/now")
    return replace(campaign, links=(first, *campaign.links[1:]))


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service with those campaigns, and with the demonstration as the one with thousands."""
    data = tmp_path_factory.mktemp("figures") / "data"
    rows(data, "demo")
    fill(data)
    with Service(data) as running:
        for campaign in ("silent", "tiny", "hostile"):
            rows(data, "report", campaign)
        yield running


@pytest.fixture(scope="module")
def demo(service: Service) -> str:
    """The id of the demonstration that has thousands of recipients."""
    assert "demo-spring" in _ids(service)
    return "demo-spring"


def _ids(service: Service) -> list[str]:
    store, registry = open_settled(service.data / "mailpixel.db")
    try:
        return [each.id for each in registry.outlines()]
    finally:
        store.close()
        registry.close()


@every_view
def test_the_list_is_sound(signed_in: Page, check: Check) -> None:
    signed_in.goto("/campaigns")
    expect(signed_in.get_by_role("link", name=HOSTILE)).to_be_visible()
    check(signed_in)


@every_view
@pytest.mark.parametrize(
    "path",
    ["demo", "demo?bucket=day&tz=Europe/Berlin", "silent", "hostile", "hostile/recipients", "hostile/links"],
)
def test_the_pages_of_a_campaign_are_sound(signed_in: Page, check: Check, demo: str, path: str) -> None:
    signed_in.goto(f"/campaigns/{path.replace('demo', demo)}")
    check(signed_in)


@pytest.mark.parametrize("path", ["", "/recipients", "/recipients?standing=hidden", "/links"])
def test_three_recipients_make_sound_pages(signed_in: Page, check: Check, path: str) -> None:
    signed_in.goto(f"/campaigns/tiny{path}")
    check(signed_in)


@every_view
def test_a_comparison_is_sound(signed_in: Page, check: Check, demo: str) -> None:
    signed_in.goto(f"/compare?a=hostile&b={demo}")
    expect(signed_in.get_by_role("heading", name="By hours since sending")).to_be_visible()
    for table in signed_in.get_by_text("The numbers as a table").all():
        table.click()
    check(signed_in)


@pytest.mark.parametrize("query", ["", "?a=tiny&b=tiny", "?a=nothing&b=tiny", "?a=tiny&b=silent"])
def test_a_comparison_that_is_not_possible_says_why(signed_in: Page, check: Check, query: str) -> None:
    signed_in.goto(f"/compare{query}")
    check(signed_in)


@every_view
def test_a_recipient_with_an_odd_id_has_a_sound_page(signed_in: Page, check: Check) -> None:
    signed_in.goto("/campaigns/hostile/recipients")
    signed_in.get_by_role("link", name=ODD_ID).click()
    expect(signed_in.get_by_role("heading", name=ODD_ID)).to_be_visible()
    signed_in.get_by_text("Why was this").first.click()
    check(signed_in)


def test_an_id_that_browsers_take_for_a_folder_has_a_page(signed_in: Page, check: Check) -> None:
    signed_in.goto("/campaigns/hostile/recipients")
    signed_in.get_by_role("link", name="..", exact=True).click()
    expect(signed_in.get_by_role("heading", name="..", exact=True)).to_be_visible()
    check(signed_in)


def test_a_search_finds_a_recipient_or_says_that_there_is_none(signed_in: Page, check: Check) -> None:
    signed_in.goto("/campaigns/tiny/recipients")
    signed_in.get_by_label("Recipient id").fill("r-2")
    signed_in.get_by_role("button", name="Find").click()
    expect(signed_in.get_by_role("heading", name="r-2")).to_be_visible()
    signed_in.goto("/campaigns/tiny/recipients?q=nobody")
    expect(signed_in.get_by_text("nothing is logged for this id")).to_be_visible()
    check(signed_in)


def test_a_zone_that_does_not_exist_is_said_beside_its_field(signed_in: Page, check: Check) -> None:
    signed_in.goto("/campaigns/tiny?tz=Nowhere/Land")
    expect(signed_in.get_by_text("unknown time zone")).to_be_visible()
    check(signed_in)


def test_a_search_in_the_list_finds_by_name_and_says_when_there_is_none(
    signed_in: Page, check: Check
) -> None:
    signed_in.goto("/campaigns?q=TIN")
    expect(signed_in.get_by_role("link", name="Tiny")).to_be_visible()
    signed_in.goto("/campaigns?q=nothing-of-this-kind")
    expect(signed_in.get_by_text("No campaign has")).to_be_visible()
    check(signed_in)


def test_in_forced_colours_only_the_place_where_one_is_has_a_line(
    browser: Browser, service: Service, state: Any
) -> None:
    """A transparent border becomes visible there."""
    context = browser.new_context(base_url=service.url, storage_state=state, forced_colors="active")
    page = context.new_page()
    page.goto("/campaigns/tiny")
    lines = isolated(
        page,
        "[...document.querySelectorAll('.brand, nav li a')].filter(each => getComputedStyle(each).borderBottomColor"
        " !== getComputedStyle(document.body).backgroundColor).map(each => each.textContent.trim())",
    )
    context.close()
    assert lines == ["Campaigns", "Overview"]


def test_a_printed_chart_may_be_followed_by_a_table_longer_than_the_page(signed_in: Page, demo: str) -> None:
    """Else most of the page before it stays white."""
    signed_in.goto(f"/campaigns/{demo}/report")
    signed_in.emulate_media(media="print")
    broken = "[...document.querySelectorAll('figure, .plot')].map(each => getComputedStyle(each).breakInside)"
    assert isolated(signed_in, broken) == ["auto", "avoid", "auto", "avoid"]
    signed_in.goto("/campaigns")
    expect(signed_in.get_by_role("link", name="New campaign")).to_be_hidden()
