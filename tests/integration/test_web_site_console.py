"""The console of a site, its visits, and the list of sites by page."""

import json
from dataclasses import replace

from tests.integration.test_web_site_reports import a_shop
from tests.support.api import Api
from tests.support.shop import A_SITE
from tests.support.web import Person

PAGE = "https://shop.example/a"


def sent(api: Api, *events: object, **fields: object) -> None:
    body = {"v": 1, "consent": ["measure"], "proof": {"source": "api"}, "events": events, **fields}
    api.client.post(f"/p/{A_SITE.key}", content=json.dumps(body), headers={"user-agent": "Firefox"})


def test_the_console_lists_filters_and_shows_a_request_in_words(api: Api) -> None:
    person = a_shop(api)
    assert "No request was seen since the service started" in person.see("/sites/shop/console").text
    sent(api, {"name": "page_view", "id": "a", "url": PAGE}, sent_ms=1)
    sent(api, {"name": "wish<b>", "id": "b", "url": PAGE}, {"name": "view_item", "id": "c", "url": PAGE})
    page = person.see("/sites/shop/console").text
    assert "2 of 2 that are remembered" in page
    assert "missing:items" in page
    assert 'data-live="/api/sites/shop/console?"' in page
    filtered = person.see("/sites/shop/console?problem=missing:items").text
    assert "1 of 2 that are remembered" in filtered
    assert "None of the 2 requests" in person.see("/sites/shop/console?outcome=too_large").text
    (line,) = [part for part in filtered.split('href="') if "seen=" in part.split('"')[0]]
    chosen = person.see(line.split('"')[0].replace("&amp;", "&")).text
    assert "Send <code>items</code>, each with <code>item_id</code> or <code>item_name</code>." in chosen
    assert "the page did not say when it sent this" in chosen
    assert "<b>" not in chosen
    assert "not remembered any more" in person.see("/sites/shop/console?seen=gone").text


def test_a_paused_console_is_not_live_and_keeps_its_filter(api: Api) -> None:
    page = a_shop(api).see("/sites/shop/console?paused=true&name=page_view").text
    assert "data-live" not in page
    assert 'href="/sites/shop/console?name=page_view">Go on' in page


def test_visits_are_shown_by_day_and_page_and_one_is_explained(api: Api) -> None:
    person = a_shop(api)
    page = person.see("/sites/shop/visits?from=2026-09-21&to=2026-09-22").text
    assert "Pages of 2026-09-21" in page
    assert "v-1" in person.see("/sites/shop/visits?q=v-1").text
    assert "add_to_cart" in person.see("/sites/shop/visits/v-1").text
    assert "nothing is logged of this visitor" in person.see("/sites/shop/visits?q=nobody").text
    assert "at most 92 days" in person.see("/sites/shop/visits?from=2020-01-01").text


def test_the_list_of_sites_has_pages(api: Api) -> None:
    for number in range(60):
        api.registry.add_site(replace(A_SITE, id=f"s-{number:02}", key=f"{number:016x}"))
    person = Person(api, "read")
    first = person.see("/sites").text
    assert ("s-49" in first, "s-50" in first) == (True, False)
    (link,) = [part.split('"')[0] for part in first.split('href="') if part.startswith("/sites?after=")]
    second = person.see(link).text
    assert ("s-49" in second, "s-59" in second, "First page" in second) == (False, True, True)
