"""Web sites over the API: list, add, show, change."""

import re
from typing import Any

import pytest

from tests.support.api import Api
from tests.support.builders import SITE

FRESH = {
    "ask": True,
    "names": [],
    "keep": [],
    "plan": {},
    "cookie_domain": "",
    "archived": False,
}
WHOLE = {
    "hosts": ["www.shop.example"],
    "ask": False,
    "names": ["wish"],
    "keep": ["page"],
    "plan": {"wish": ["title"], "book_read": []},
    "cookie_domain": "shop.example",
}


def test_a_site_is_added_with_a_key_and_shown(api: Api) -> None:
    added = api.ask("POST", "/api/sites", json={"id": "shop", "hosts": ["SHOP.example", "localhost"]})
    assert (added.status_code, added.headers["location"]) == (201, "/api/sites/shop")
    site = added.json()
    assert re.fullmatch("[0-9a-f]{16}", site["key"])
    assert site == {"id": "shop", "key": site["key"], "hosts": ["shop.example", "localhost"], **FRESH}
    assert api.get("/api/sites/shop").json() == site
    assert api.get("/api/sites").json() == {"items": [site], "next": None}
    assert api.error("POST", "/api/sites", json={"id": "shop", "hosts": ["other.example"]})[0] == 409


def test_a_site_is_added_and_changed_with_all_that_it_may_have(api: Api) -> None:
    site = api.ask("POST", "/api/sites", json={"id": "shop", **WHOLE}).json()
    assert site == {"id": "shop", "key": site["key"], **WHOLE, "archived": False}
    plain = api.ask("PATCH", "/api/sites/shop", json={**FRESH, "hosts": ["shop.example"]}).json()
    assert plain == {"id": "shop", "key": site["key"], "hosts": ["shop.example"], **FRESH}
    again = api.ask("PATCH", "/api/sites/shop", json=WHOLE).json()
    assert again == site
    assert api.ask("PATCH", "/api/sites/shop", json={}).json() == site


def test_sites_are_listed_by_page_and_archived_ones_on_request(api: Api) -> None:
    for id in ("c", "a", "b"):
        api.ask("POST", "/api/sites", json={"id": id, "hosts": ["shop.example"]})
    assert api.ask("PATCH", "/api/sites/b", json={"archived": True}).json()["archived"] is True
    listed = {
        choice: [row["id"] for row in api.get(f"/api/sites?archived={choice}").json()["items"]]
        for choice in ("false", "true", "all")
    }
    assert listed == {"false": ["a", "c"], "true": ["b"], "all": ["a", "b", "c"]}
    first = api.get("/api/sites?limit=1").json()
    second = api.get(f"/api/sites?limit=1&cursor={first['next']}").json()
    assert ([first["items"][0]["id"], second["items"][0]["id"]], second["next"]) == (["a", "c"], None)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"hosts": ["shop.example"]}, "id"),
        ({"id": "new", "hosts": ["shop.example"]}, "id"),
        ({"id": "a:b", "hosts": ["shop.example"]}, "id"),
        ({"id": "shop"}, "hosts"),
        ({"id": "shop", "hosts": []}, "hosts"),
        ({"id": "shop", "hosts": "shop.example"}, "hosts"),
        ({"id": "shop", "hosts": [7]}, "hosts[0]"),
        ({"id": "shop", "hosts": ["https://shop.example"]}, "hosts"),
        ({"id": "shop", "hosts": ["shop.example"], "ask": "no"}, "ask"),
        ({"id": "shop", "hosts": ["shop.example"], "names": ["Wish"]}, "names"),
        ({"id": "shop", "hosts": ["shop.example"], "keep": ["a b"]}, "keep"),
        ({"id": "shop", "hosts": ["shop.example"], "plan": []}, "plan"),
        ({"id": "shop", "hosts": ["shop.example"], "plan": {"wish": "title"}}, "plan"),
        ({"id": "shop", "hosts": ["shop.example"], "plan": {"refund": []}}, "plan"),
        ({"id": "shop", "hosts": ["shop.example"], "cookie_domain": "other.example"}, "cookie_domain"),
        ({"id": "shop", "hosts": ["shop.example"], "colour": "red"}, "colour"),
    ],
)
def test_what_cannot_be_a_site_is_refused_by_field(api: Api, body: Any, field: str) -> None:
    assert api.error("POST", "/api/sites", json=body) == (422, "invalid_input", field)
    assert api.registry.sites() == []


def test_an_id_that_no_site_can_have_is_refused_with_what_it_may_be(api: Api) -> None:
    refused = api.ask("POST", "/api/sites", json={"id": "a/b", "hosts": ["shop.example"]}).json()["error"]
    assert refused["message"] == (
        "id: must be 1 to 64 letters, digits, `.`, `_` or `-`, and begin with a letter or digit"
    )


def test_an_unknown_site_is_not_found_and_reading_keys_change_nothing(api: Api) -> None:
    api.registry.add_site(SITE)
    assert api.error("GET", "/api/sites/nobody")[0] == 404
    assert api.error("PATCH", "/api/sites/nobody", json={"ask": False})[0] == 404
    assert api.error("PATCH", "/api/sites/shop", key="read", json={"ask": False})[0] == 403
    assert api.error("POST", "/api/sites", key="read", json={"id": "b", "hosts": ["b.example"]})[0] == 403
    assert api.error("GET", "/api/sites", key=None)[0] == 401
    assert api.registry.sites() == [SITE]
