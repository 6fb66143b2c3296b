"""Campaigns over HTTP: added, listed, corrected."""

import json
from datetime import timedelta
from typing import Any

import pytest

from tests.support.api import NDJSON, Api
from tests.support.builders import SENT_AT, a_campaign


def test_a_campaign_is_added_shown_and_listed(api: Api) -> None:
    answer = api.ask(
        "POST",
        "/api/campaigns",
        json={
            "id": "spring",
            "name": " Spring sale ",
            "links": ["https://shop.example/a", {"url": "http://shop.example/b?x=1&y=ü", "trap": True}],
            "sent": 1000,
            "sent_at": "2026-09-21T16:13:20.5+02:00",
            "base_url": "https://Mail.example/t/",
            "passthrough": ["u", "utm_source", "u"],
        },
    )
    expected = {
        "id": "spring",
        "name": "Spring sale",
        "sent": 1000,
        "sent_at": "2026-09-21T14:13:20.500Z",
        "base_url": "https://mail.example/t",
        "passthrough": ["u", "utm_source"],
        "mode": None,
        "mode_since": None,
        "mode_in_force": "individual",
        "carry": False,
        "archived": False,
        "demonstration": False,
        "links": [
            {"number": 1, "url": "https://shop.example/a", "trap": False},
            {"number": 2, "url": "http://shop.example/b?x=1&y=ü", "trap": True},
        ],
    }
    assert (answer.status_code, answer.json()) == (201, expected)
    assert answer.headers["location"] == "/api/campaigns/spring"
    assert api.get("/api/campaigns/spring").json() == expected
    assert api.get("/api/campaigns").json() == {"items": [expected], "next": None}


def test_an_id_is_all_a_campaign_needs(api: Api) -> None:
    assert api.ask("POST", "/api/campaigns", json={"id": "c"}).json() == {
        "id": "c",
        "name": "c",
        "sent": None,
        "sent_at": None,
        "base_url": None,
        "passthrough": [],
        "mode": None,
        "mode_since": None,
        "mode_in_force": "individual",
        "carry": False,
        "archived": False,
        "demonstration": False,
        "links": [],
    }


def test_an_id_that_is_taken_is_a_conflict(api: Api) -> None:
    api.ask("POST", "/api/campaigns", json={"id": "c"})
    assert api.error("POST", "/api/campaigns", json={"id": "c"}) == (409, "conflict", None)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "id"),
        ({"id": 1}, "id"),
        ({"id": ""}, "id"),
        ({"id": "-a"}, "id"),
        ({"id": "a" * 65}, "id"),
        ({"id": "a", "name": ""}, "name"),
        ({"id": "a", "name": "x" * 201}, "name"),
        ({"id": "a", "name": "line\nline"}, "name"),
        ({"id": "a", "name": "\ud800"}, "name"),
        ({"id": "a", "sent": -1}, "sent"),
        ({"id": "a", "sent": 10**10 + 1}, "sent"),
        ({"id": "a", "sent": 1.5}, "sent"),
        ({"id": "a", "sent": True}, "sent"),
        ({"id": "a", "sent_at": "yesterday"}, "sent_at"),
        ({"id": "a", "sent_at": "0001-01-01T00:00:00+23:59"}, "sent_at"),
        ({"id": "a", "sent_at": -1}, "sent_at"),
        ({"id": "new"}, "id"),
        ({"id": "a", "sent_at": 10**15}, "sent_at"),
        ({"id": "a", "base_url": "t.example"}, "base_url"),
        ({"id": "a", "links": "https://a.example/"}, "links"),
        ({"id": "a", "links": ["javascript:alert(1)"]}, "links[0]"),
        ({"id": "a", "links": ["https://a.example/", "https://me@a.example/"]}, "links[1]"),
        ({"id": "a", "links": [{"trap": True}]}, "links[0].url"),
        ({"id": "a", "links": [{"url": "https://a.example/", "trap": 1}]}, "links[0].trap"),
        ({"id": "a", "links": [{"url": "https://a.example/", "number": 1}]}, "links[0].number"),
        ({"id": "a", "links": [7]}, "links[0]"),
        ({"id": "a", "passthrough": "u"}, "passthrough"),
        ({"id": "a", "passthrough": None}, "passthrough"),
        ({"id": "a", "passthrough": ["u", 7]}, "passthrough[1]"),
        ({"id": "a", "passthrough": ["a b"]}, "passthrough"),
        ({"id": "a", "passthrough": [f"u{n}" for n in range(21)]}, "passthrough"),
        ({"id": "a", "colour": "red"}, "colour"),
    ],
)
def test_a_field_that_is_invalid_is_named(api: Api, body: dict[str, Any], field: str) -> None:
    assert api.error("POST", "/api/campaigns", content=json.dumps(body)) == (422, "invalid_input", field)


def test_lists_page_by_cursor(api: Api) -> None:
    for id in ("a", "b", "c"):
        api.registry.add_campaign(a_campaign(id))
    seen = []
    path = "/api/campaigns?limit=2"
    while path:
        page = api.get(path).json()
        seen.append([campaign["id"] for campaign in page["items"]])
        path = page["next"] and f"/api/campaigns?limit=2&cursor={page['next']}"
    assert seen == [["a", "b"], ["c"]]


def test_a_patch_corrects_adds_and_keeps(api: Api) -> None:
    api.registry.add_campaign(a_campaign(links=2, sent=10))
    answer = api.ask(
        "PATCH",
        "/api/campaigns/spring",
        json={
            "name": "Summer",
            "sent": None,
            "sent_at": 1_790_000_000_001,
            "links": [
                {"number": 2, "url": "https://shop.example/right"},
                {"number": 1, "trap": True},
                {"url": "https://shop.example/new"},
                {"number": 9, "url": "https://shop.example/nine"},
            ],
        },
    )
    assert answer.json() == {
        "id": "spring",
        "name": "Summer",
        "sent": None,
        "sent_at": "2026-09-21T14:13:20.001Z",
        "base_url": None,
        "passthrough": [],
        "mode": None,
        "mode_since": None,
        "mode_in_force": "individual",
        "carry": False,
        "archived": False,
        "demonstration": False,
        "links": [
            {"number": 1, "url": "https://shop.example/p/1", "trap": True},
            {"number": 2, "url": "https://shop.example/right", "trap": False},
            {"number": 3, "url": "https://shop.example/new", "trap": False},
            {"number": 9, "url": "https://shop.example/nine", "trap": False},
        ],
    }
    former = api.get("/api/campaigns/spring/links").json()["items"][1]["former"]
    assert [(row["url"], row["replaced_by"]) for row in former] == [("https://shop.example/p/2", "write")]


def test_a_patch_replaces_the_names_that_are_handed_on(api: Api) -> None:
    api.registry.add_campaign(a_campaign(passthrough=("u", "w")))
    bodies: list[dict[str, object]] = [{"name": "New"}, {"passthrough": ["size"]}, {"passthrough": []}]
    told = [api.ask("PATCH", "/api/campaigns/spring", json=body).json()["passthrough"] for body in bodies]
    assert told == [["u", "w"], ["size"], []]


@pytest.mark.parametrize(
    ("links", "field"),
    [
        ([{"number": 7}], "links[0].url"),
        ([{"number": 1, "trap": True}, {"number": 1, "trap": False}], "links[1].number"),
        ([{"number": 0, "url": "https://a.example/"}], "links[0].number"),
        ([{"number": 65_536, "url": "https://a.example/"}], "links[0].number"),
        ([{"number": 65_535, "url": "https://a.example/"}, {"url": "https://a.example/"}], "links[1].number"),
        (["https://a.example/"], "links[0]"),
    ],
)
def test_a_correction_that_is_invalid_changes_nothing(api: Api, links: list[Any], field: str) -> None:
    campaign = a_campaign(links=2)
    api.registry.add_campaign(campaign)
    found = api.error("PATCH", "/api/campaigns/spring", json={"name": "New", "links": links})
    assert found == (422, "invalid_input", field)
    assert api.registry.campaign("spring") == campaign


def test_an_id_cannot_be_changed(api: Api) -> None:
    api.registry.add_campaign(a_campaign())
    found = api.error("PATCH", "/api/campaigns/spring", json={"id": "other"})
    assert found == (422, "invalid_input", "id")


def test_an_archived_campaign_is_left_out_of_the_list_unless_it_is_asked_for(api: Api) -> None:
    def listed(query: str = "") -> list[str]:
        return [item["id"] for item in api.get(f"/api/campaigns{query}").json()["items"]]

    for id in ("autumn", "spring"):
        api.ask("POST", "/api/campaigns", json={"id": id})
    changed = api.ask("PATCH", "/api/campaigns/spring", json={"archived": True})
    assert (changed.status_code, changed.json()["archived"]) == (200, True)
    assert listed() == ["autumn"]
    assert listed("?archived=true") == ["spring"]
    assert listed("?archived=all") == ["autumn", "spring"]
    assert api.get("/api/campaigns/spring").json()["archived"] is True
    api.ask("PATCH", "/api/campaigns/spring", json={"archived": False})
    assert listed() == ["autumn", "spring"]
    refused = (422, "invalid_input", "archived")
    assert api.error("PATCH", "/api/campaigns/spring", json={"archived": "yes"}) == refused
    assert api.error("GET", "/api/campaigns?archived=no", "read") == refused


def test_a_campaign_that_was_never_sent_is_deleted(api: Api) -> None:
    api.ask("POST", "/api/campaigns", json={"id": "draft", "links": ["https://shop.example/a"]})
    gone = api.ask("DELETE", "/api/campaigns/draft")
    assert (gone.status_code, gone.content) == (204, b"")
    assert api.error("GET", "/api/campaigns/draft", "read") == (404, "not_found", None)
    assert api.error("DELETE", "/api/campaigns/draft") == (404, "not_found", None)


def test_a_campaign_that_may_have_been_sent_is_not_deleted(history: Api) -> None:
    assert history.error("DELETE", "/api/campaigns/spring") == (409, "conflict", None)
    history.ask("POST", "/api/campaigns", json={"id": "minted"})
    history.ask("POST", "/api/campaigns/minted/mint", content=b'{"recipient": "r-1"}', headers=NDJSON)
    history.ask("POST", "/api/campaigns", json={"id": "rewritten"})
    history.ask("POST", "/api/campaigns/rewritten/rewrite", json={"recipient": "r-1", "html": "<p>Hello</p>"})
    for id in ("minted", "rewritten"):
        answer = history.ask("DELETE", f"/api/campaigns/{id}")
        assert answer.status_code == 409
        assert "links were signed for it; archive it instead" in answer.json()["error"]["message"]


def test_a_key_that_may_only_read_deletes_nothing(history: Api) -> None:
    assert history.error("DELETE", "/api/campaigns/spring", "read") == (403, "forbidden", None)


def test_a_list_by_sending_has_the_newest_first_and_is_searched(api: Api) -> None:
    days = {"a": 3, "b": 1, "c": None, "d": 2}
    for id, day in days.items():
        moment = None if day is None else SENT_AT - timedelta(days=day)
        api.registry.add_campaign(a_campaign(id, links=1, sent_at=moment, name=f"Sale {id} {day}"))
    first = api.get("/api/campaigns?order=sent&limit=3").json()
    assert [row["id"] for row in first["items"]] == ["c", "b", "d"]
    assert first["items"][0] == api.get("/api/campaigns/c").json()
    rest = api.get(f"/api/campaigns?order=sent&limit=3&cursor={first['next']}").json()
    assert ([row["id"] for row in rest["items"]], rest["next"]) == (["a"], None)
    found = api.get("/api/campaigns?order=sent&q=sale+D").json()["items"]
    assert [row["id"] for row in found] == ["d"]


@pytest.mark.parametrize(
    "query", ["q=sale", f"order=sent&q={'x' * 201}", "order=name", "order=sent&cursor=c3ByaW5n"]
)
def test_a_list_by_sending_refuses_what_it_cannot_do(api: Api, query: str) -> None:
    status, code, field = api.error("GET", f"/api/campaigns?{query}", "read")
    assert (status, code) == (422, "invalid_input")
    assert field == query.split("&")[-1].partition("=")[0]


def test_a_campaign_says_whether_it_carries_its_clicks(api: Api) -> None:
    assert api.ask("POST", "/api/campaigns", json={"id": "c", "carry": True}).json()["carry"] is True
    assert api.ask("PATCH", "/api/campaigns/c", json={"name": "C"}).json()["carry"] is True
    assert api.ask("PATCH", "/api/campaigns/c", json={"carry": False}).json()["carry"] is False
    assert api.error("PATCH", "/api/campaigns/c", json={"carry": "yes"}) == (422, "invalid_input", "carry")


def test_a_campaign_may_ask_for_more_than_the_service_allows_and_shows_both(api: Api) -> None:
    asked = {"id": "c", "mode": "clicks=full, opens=aggregate", "sent": 3}
    added = api.ask("POST", "/api/campaigns", json=asked).json()
    assert (added["mode"], added["mode_in_force"]) == (
        "opens=aggregate,clicks=full",
        "opens=off,clicks=individual",
    )
    kept = api.ask("PATCH", "/api/campaigns/c", json={"name": "C"}).json()
    assert added["mode_since"] == kept["mode_since"] is not None
    for mode, shown in (("off", ("off", "off")), (None, (None, "individual"))):
        changed = api.ask("PATCH", "/api/campaigns/c", json={"mode": mode}).json()
        assert (changed["mode"], changed["mode_in_force"]) == shown
    assert api.error("PATCH", "/api/campaigns/c", json={"mode": "some"}) == (422, "invalid_input", "mode")
