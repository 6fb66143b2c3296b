"""The API as a program meets it: the whole app on a store in a file, asked over HTTP."""

import csv
import hashlib
import io
import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import httpx2
import pytest
from starlette.testclient import TestClient

from mailpixel.classify import Rules, judge
from mailpixel.links.keyring import load_keyring
from mailpixel.links.token import TokenSigner
from mailpixel.model import Facts, TokenKind
from mailpixel.projections.fold import Fold
from mailpixel.server.app import create_app
from mailpixel.settings import Settings
from mailpixel.store.protocol import ApiKey, Registry, Store
from mailpixel.store.sqlite import open_sqlite
from tests.builders import SENT_AT, a_campaign, a_click, a_delivery, an_open, at_ms

NDJSON = {"content-type": "application/x-ndjson"}
PERSON = (
    Facts.ACCEPT
    | Facts.ACCEPT_HTML
    | Facts.ACCEPT_LANGUAGE
    | Facts.ACCEPT_ENCODING
    | Facts.SEC_FETCH
    | Facts.NAVIGATE
    | Facts.USER_ACTIVATED
    | Facts.CLIENT_HINTS
    | Facts.UPGRADE_INSECURE
)
"""What a browser shows when a person follows a link."""


class Api:
    """The running app, the store beneath it, and keys for it."""

    def __init__(self, client: TestClient, store: Store, registry: Registry, settings: Settings) -> None:
        self.client = client
        self.store = store
        self.registry = registry
        self.settings = settings

    def ask(self, method: str, path: str, key: str | None = "write", **more: Any) -> httpx2.Response:
        headers = more.pop("headers", {}) | ({"authorization": f"Bearer mp_{key}"} if key else {})
        return self.client.request(method, path, headers=headers, **more)

    def get(self, path: str, **more: Any) -> httpx2.Response:
        return self.ask("GET", path, "read", **more)

    def error(
        self, method: str, path: str, key: str | None = "write", **more: Any
    ) -> tuple[int, str, str | None]:
        """Status, code and field of an answer that must have the one shape of errors."""
        answer = self.ask(method, path, key, **more)
        (error,) = answer.json().values()
        assert list(answer.json()) == ["error"]
        assert sorted(error) == ["code", "field", "message"]
        assert error["message"]
        return answer.status_code, error["code"], error["field"]

    def fold(self) -> None:
        fold = Fold(self.store, self.registry, partial(judge, rules=Rules()), "test")
        while fold.catch_up(lambda: at_ms(3600), 1_000):
            pass
        fold.leave()


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Api]:
    settings = Settings(data=tmp_path / "data", base_url="https://t.example", body_bytes=20_000)
    store, registry = open_sqlite(settings.database)
    for scope in ("read", "write"):
        registry.add_key(ApiKey(scope, scope, hashlib.sha256(f"mp_{scope}".encode()).digest(), SENT_AT))
    with TestClient(create_app(settings), raise_server_exceptions=False) as client:
        yield Api(client, store, registry, settings)


@pytest.fixture
def history(api: Api) -> Api:
    """A campaign with two messages: an open, a click and a repeat on one, a delivery on the other."""
    api.registry.add_campaign(a_campaign(links=2, sent=10))
    hits = [an_open(60, facts=PERSON), a_click(90, facts=PERSON), a_click(91, facts=PERSON)]
    api.store.append([*hits, a_delivery(1, recipient="r-2")])
    api.fold()
    return api


def lines(answer: httpx2.Response) -> list[Any]:
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/x-ndjson"
    return [json.loads(line) for line in answer.text.splitlines()]


def as_lines(*values: object) -> bytes:
    return b"".join(json.dumps(value).encode() + b"\n" for value in values)


# Keys and errors


@pytest.mark.parametrize(
    "header", [None, "", "Bearer", "Bearer ", "Basic bXBfcmVhZA==", "Bearer mp_other", "x" * 2000]
)
def test_without_a_good_key_nothing_is_told(api: Api, header: str | None) -> None:
    headers = {} if header is None else {"authorization": header}
    answer = api.client.get("/api/campaigns", headers=headers)
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "unauthorized")
    assert answer.headers["www-authenticate"] == 'Bearer realm="mailpixel"'


def test_a_key_may_do_what_its_scope_says(api: Api) -> None:
    assert api.error("POST", "/api/campaigns", "read", json={"id": "c"}) == (403, "forbidden", None)
    assert api.ask("GET", "/api/campaigns", "write").status_code == 200


def test_a_key_made_a_moment_ago_works_and_a_revoked_one_does_not(api: Api) -> None:
    api.registry.add_key(ApiKey("new", "read", hashlib.sha256(b"mp_new").digest(), SENT_AT))
    assert api.ask("GET", "/api/campaigns", "new").status_code == 200
    api.registry.add_key(ApiKey("old", "read", hashlib.sha256(b"mp_old").digest(), SENT_AT))
    api.registry.revoke_key("old", SENT_AT)
    assert api.error("GET", "/api/campaigns", "old") == (401, "unauthorized", None)


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("GET", "/api/nothing", (404, "not_found", None)),
        ("GET", "/api/campaigns/none", (404, "not_found", None)),
        ("GET", "/api/campaigns/none/summary", (404, "not_found", None)),
        ("GET", "/api/campaigns/none/timeline", (404, "not_found", None)),
        ("GET", "/api/campaigns/none/links", (404, "not_found", None)),
        ("GET", "/api/campaigns/none/recipients", (404, "not_found", None)),
        ("GET", "/api/campaigns/none/events", (404, "not_found", None)),
        ("GET", "/api/campaigns/none/messages/r-1", (404, "not_found", None)),
        ("POST", "/api/campaigns/none/mint", (404, "not_found", None)),
        ("POST", "/api/campaigns/none/deliveries", (404, "not_found", None)),
        ("DELETE", "/api/campaigns", (405, "method_not_allowed", None)),
        ("GET", "/api/campaigns?limit=0", (422, "invalid_input", "limit")),
        ("GET", "/api/campaigns?limit=1001", (422, "invalid_input", "limit")),
        ("GET", "/api/campaigns?limit=" + "9" * 5000, (422, "invalid_input", "limit")),
        ("GET", "/api/campaigns?limit=%C2%B2", (422, "invalid_input", "limit")),
        ("GET", "/api/campaigns?limit=1&limit=2", (422, "invalid_input", "limit")),
        ("GET", "/api/campaigns?cursor=%21", (422, "invalid_input", "cursor")),
        ("GET", "/api/campaigns?cursor=_w", (422, "invalid_input", "cursor")),
        ("GET", "/api/campaigns?cursor=" + "A" * 500, (422, "invalid_input", "cursor")),
        ("GET", "/api/campaigns?page=2", (422, "invalid_input", "page")),
    ],
)
def test_every_error_has_one_shape(
    api: Api, method: str, path: str, expected: tuple[int, str, str | None]
) -> None:
    assert api.error(method, path) == expected


def test_a_wrong_method_is_told_the_right_ones(api: Api) -> None:
    answer = api.ask("PUT", "/api/campaigns")
    assert set(answer.headers["allow"].split(", ")) == {"GET", "POST"}
    assert api.ask("HEAD", "/api/campaigns").status_code == 405


@pytest.mark.parametrize(
    ("body", "kind", "expected"),
    [
        (b"", "application/json", (400, "bad_request", None)),
        (b"{", "application/json", (400, "bad_request", None)),
        (b"\xff", "application/json", (400, "bad_request", None)),
        (b'{"sent": NaN}', "application/json", (400, "bad_request", None)),
        (b'{"sent": ' + b"9" * 5000 + b"}", "application/json", (400, "bad_request", None)),
        (b'{"id": "a", "id": "b"}', "application/json", (400, "bad_request", None)),
        (b'{"\\ud800": 1}', "application/json", (400, "bad_request", None)),
        (b"[" * 10_000, "application/json", (400, "bad_request", None)),
        (b"[]", "application/json", (422, "invalid_input", "body")),
        (b"null", "application/json", (422, "invalid_input", "body")),
        (b"{}", "multipart/form-data", (415, "unsupported_media_type", None)),
        (b"{}", "text/xml", (415, "unsupported_media_type", None)),
        (b" " * 20_001, "application/json", (413, "too_large", None)),
    ],
)
def test_a_body_that_cannot_be_read_is_refused(
    api: Api, body: bytes, kind: str, expected: tuple[int, str, str | None]
) -> None:
    found = api.error("POST", "/api/campaigns", content=body, headers={"content-type": kind})
    assert found == expected


def test_a_body_without_an_announced_length_is_bounded_too(api: Api) -> None:
    body = iter([b" " * 15_000, b" " * 15_000])
    assert api.error("POST", "/api/campaigns", content=body) == (413, "too_large", None)


def test_a_store_that_does_not_answer_is_a_503_to_be_tried_again(api: Api) -> None:
    for file in api.settings.data.glob("mailpixel.db*"):
        file.unlink()
    (api.settings.data / "mailpixel.db").mkdir()
    answer = api.ask("GET", "/api/campaigns", "other")
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "unavailable")
    assert answer.headers["retry-after"] == "1"


# Campaigns


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
        },
    )
    expected = {
        "id": "spring",
        "name": "Spring sale",
        "sent": 1000,
        "sent_at": "2026-09-21T14:13:20.500Z",
        "base_url": "https://mail.example/t",
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
        ({"id": "a", "sent_at": 10**15}, "sent_at"),
        ({"id": "a", "base_url": "t.example"}, "base_url"),
        ({"id": "a", "links": "https://a.example/"}, "links"),
        ({"id": "a", "links": ["javascript:alert(1)"]}, "links[0]"),
        ({"id": "a", "links": ["https://a.example/", "https://me@a.example/"]}, "links[1]"),
        ({"id": "a", "links": [{"trap": True}]}, "links[0].url"),
        ({"id": "a", "links": [{"url": "https://a.example/", "trap": 1}]}, "links[0].trap"),
        ({"id": "a", "links": [{"url": "https://a.example/", "number": 1}]}, "links[0].number"),
        ({"id": "a", "links": [7]}, "links[0]"),
        ({"id": "a", "colour": "red"}, "colour"),
    ],
)
def test_a_field_that_does_not_fit_is_named(api: Api, body: dict[str, Any], field: str) -> None:
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
        "links": [
            {"number": 1, "url": "https://shop.example/p/1", "trap": True},
            {"number": 2, "url": "https://shop.example/right", "trap": False},
            {"number": 3, "url": "https://shop.example/new", "trap": False},
            {"number": 9, "url": "https://shop.example/nine", "trap": False},
        ],
    }
    former = api.get("/api/campaigns/spring/links").json()["items"][1]["former"]
    assert [(row["url"], row["replaced_by"]) for row in former] == [("https://shop.example/p/2", "write")]


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
def test_a_correction_that_does_not_fit_changes_nothing(api: Api, links: list[Any], field: str) -> None:
    campaign = a_campaign(links=2)
    api.registry.add_campaign(campaign)
    found = api.error("PATCH", "/api/campaigns/spring", json={"name": "New", "links": links})
    assert found == (422, "invalid_input", field)
    assert api.registry.campaign("spring") == campaign


def test_an_id_cannot_be_changed(api: Api) -> None:
    api.registry.add_campaign(a_campaign())
    found = api.error("PATCH", "/api/campaigns/spring", json={"id": "other"})
    assert found == (422, "invalid_input", "id")


# Reports


def test_a_summary_counts_what_was_folded(history: Api) -> None:
    summary = history.get("/api/campaigns/spring/summary").json()
    assert summary["recipients"] == {"sent": 10, "delivered": 1, "tracked": 1, "untracked": 0}
    assert (summary["opens"]["human"], summary["clicks"]["events"], summary["clicks"]["human"]) == (1, 2, 1)
    assert summary["links"][0]["unique_human"] == 1
    assert summary["rules_version"] == Rules().version


def test_a_timeline_is_in_the_zone_asked_for(history: Api) -> None:
    timeline = history.get("/api/campaigns/spring/timeline?bucket=day&tz=Asia/Kolkata").json()
    assert (timeline["bucket"], timeline["tz"]) == ("day", "Asia/Kolkata")
    assert [
        (row["start"], row["opens"]["first_human"], row["clicks"]["events"]) for row in timeline["items"]
    ] == [("2026-09-21T00:00:00+05:30", 1, 2)]


@pytest.mark.parametrize("query", ["bucket=week", "tz=Mars", "tz=", "zone=UTC"])
def test_a_timeline_needs_a_bucket_and_a_zone_there_are(history: Api, query: str) -> None:
    status, code, field = history.error("GET", f"/api/campaigns/spring/timeline?{query}")
    assert (status, code, field) == (422, "invalid_input", query.partition("=")[0])


def test_links_page_by_number(history: Api) -> None:
    first = history.get("/api/campaigns/spring/links?limit=1").json()
    assert first["items"] == [
        {
            "number": 1,
            "url": "https://shop.example/p/1",
            "events": 2,
            "human": 1,
            "unique_human": 1,
            "trap": False,
            "former": [],
        }
    ]
    second = history.get(f"/api/campaigns/spring/links?limit=1&cursor={first['next']}").json()
    assert [row["number"] for row in second["items"]] == [2]
    assert second["next"] is None
    assert history.error("GET", "/api/campaigns/spring/links?cursor=eA")[2] == "cursor"


def test_recipients_page_by_recipient(history: Api) -> None:
    first = history.get("/api/campaigns/spring/recipients?limit=1").json()
    (row,) = first["items"]
    assert (row["recipient"], row["opens"]["human"], row["clicks"]["human"]) == ("r-1", 1, 1)
    assert row["first_human_open_at"] == "2026-09-21T14:14:20Z"
    second = history.get(f"/api/campaigns/spring/recipients?cursor={first['next']}").json()
    assert [(row["recipient"], row["delivered_at"]) for row in second["items"]] == [
        ("r-2", "2026-09-21T14:13:21Z")
    ]
    assert second["next"] is None


def test_events_stream_with_verdicts_and_without_addresses(history: Api) -> None:
    answer = history.get("/api/campaigns/spring/events")
    assert answer.headers["content-disposition"] == 'attachment; filename="spring-events.ndjson"'
    rows = lines(answer)
    assert [(row["kind"], row["verdict"], row["dup"]) for row in rows] == [
        ("open", "human", False),
        ("click", "human", False),
        ("click", "human", True),
        ("delivery", None, None),
    ]
    assert not any("address" in row for row in rows)
    shown = lines(history.get("/api/campaigns/spring/events?addresses=1"))
    assert [row["address"] for row in shown] == ["192.0.2.10"] * 3 + [""]


def test_events_come_as_csv(history: Api) -> None:
    answer = history.get("/api/campaigns/spring/events?format=csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(answer.text, newline="")))
    assert [(row["recipient"], row["kind"], row["link"]) for row in rows] == [
        ("r-1", "open", ""),
        ("r-1", "click", "1"),
        ("r-1", "click", "1"),
        ("r-2", "delivery", ""),
    ]


def test_events_of_more_messages_than_a_page_all_come_once(api: Api) -> None:
    api.registry.add_campaign(a_campaign())
    api.store.append([an_open(recipient=f"r-{n}") for n in range(450)])
    rows = lines(api.get("/api/campaigns/spring/events"))
    assert sorted(row["recipient"] for row in rows) == sorted(f"r-{n}" for n in range(450))


def test_events_of_nobody_are_an_empty_stream(api: Api) -> None:
    api.registry.add_campaign(a_campaign())
    assert lines(api.get("/api/campaigns/spring/events")) == []
    assert api.get("/api/campaigns/spring/events?format=csv").text.count("\n") == 1


def test_a_message_is_explained(history: Api) -> None:
    told = history.get("/api/campaigns/spring/messages/r-1").json()
    assert (told["campaign"], told["recipient"], told["rules_version"]) == ("spring", "r-1", Rules().version)
    assert [(hit["kind"], hit["verdict"], hit["rule"]) for hit in told["hits"]] == [
        ("open", "human", "default"),
        ("click", "human", "default"),
        ("click", "human", "default"),
    ]
    assert all(hit["reasons"] for hit in told["hits"])


def test_a_recipient_with_a_slash_is_found_and_an_unknown_one_is_not(api: Api) -> None:
    api.registry.add_campaign(a_campaign())
    api.store.append([an_open(recipient="eu/7")])
    assert api.get("/api/campaigns/spring/messages/eu%2F7").json()["recipient"] == "eu/7"
    assert api.error("GET", "/api/campaigns/spring/messages/eu") == (404, "not_found", None)


# Streams


def mint(api: Api, query: str, *recipients: object) -> list[Any]:
    body = as_lines(*({"recipient": recipient} for recipient in recipients))
    return lines(api.ask("POST", f"/api/campaigns/spring/mint{query}", content=body, headers=NDJSON))


def test_links_are_minted_line_by_line_and_faults_are_told_in_their_place(api: Api) -> None:
    api.registry.add_campaign(a_campaign(links=2))
    first, fault, last = mint(api, "", "r-1", "me@example.org", "r-2")
    assert list(first) == ["recipient", "pixel_url", "link_1", "link_2"]
    assert (fault["row"], fault["error"]["code"], fault["error"]["field"]) == (
        2,
        "invalid_input",
        "recipient",
    )
    assert "example.org" not in fault["error"]["message"]
    assert last["recipient"] == "r-2"
    signer = TokenSigner(load_keyring(api.settings.key_file))
    token = first["pixel_url"].removeprefix("https://t.example/o/").removesuffix(".gif")
    assert signer.verify(token, {TokenKind.OPEN}).problem is None
    assert (
        api.client.get(first["link_2"].removeprefix("https://t.example"), follow_redirects=False).headers[
            "location"
        ]
        == "https://shop.example/p/2"
    )


def test_a_campaigns_own_address_is_in_its_links(api: Api) -> None:
    api.registry.add_campaign(a_campaign(base_url="https://mail.example"))
    assert mint(api, "", "r-1")[0]["pixel_url"].startswith("https://mail.example/o/")


def test_merge_tokens_and_pseudonyms_are_minted_when_asked(api: Api) -> None:
    api.registry.add_campaign(a_campaign())
    (row,) = mint(api, "?merge=1&hash_recipients=true", "me@example.org")
    assert list(row) == ["recipient", "token", "pseudonym"]
    assert row["pseudonym"].startswith("p.")


def test_a_strict_mint_ends_at_the_first_fault(api: Api) -> None:
    api.registry.add_campaign(a_campaign())
    assert ["error" in row for row in mint(api, "?strict=1", "r-1", "", "r-2")] == [False, True]


def test_nothing_in_is_nothing_out(api: Api) -> None:
    api.registry.add_campaign(a_campaign())
    assert mint(api, "") == []


def deliver(api: Api, body: bytes) -> list[Any]:
    return lines(api.ask("POST", "/api/campaigns/spring/deliveries", content=body, headers=NDJSON))


def test_deliveries_are_logged_and_faulty_lines_do_not_lose_the_others(api: Api) -> None:
    api.registry.add_campaign(a_campaign())
    body = (
        as_lines({"recipient": "r-1", "delivered_at": "2026-09-21T14:13:21Z"})
        + b"\n{broken\n"
        + as_lines({"recipient": "me@example.org", "delivered_at": 0}, {"recipient": "r-2"})
        + as_lines({"recipient": "r-3", "delivered_at": 1, "to": "x"}, [], "x" * 70_000)
        + as_lines({"recipient": "r-4", "delivered_at": 4_000_000_000_000})
        + as_lines({"recipient": "r-5", "delivered_at": 1_790_000_002_001}).strip()
    )
    *faults, tally = deliver(api, body)
    assert [(line["row"], line["error"]["field"]) for line in faults] == [
        (3, "line"),
        (4, "recipient"),
        (5, "delivered_at"),
        (6, "to"),
        (7, "body"),
        (8, "line"),
        (9, "delivered_at"),
    ]
    assert tally == {"accepted": 2, "opted_out": 0, "failed": 7}
    assert [
        (message.recipient, [e.received_at_ms for e in message.events])
        for message in api.store.messages("spring")
    ] == [
        ("r-1", [at_ms(1)]),
        ("r-5", [1_790_000_002_001]),
    ]


def test_a_delivery_told_twice_counts_once(api: Api) -> None:
    api.registry.add_campaign(a_campaign())
    body = as_lines({"recipient": "r-1", "delivered_at": at_ms(1)})
    assert deliver(api, body + body) == [{"accepted": 2, "opted_out": 0, "failed": 0}]
    assert deliver(api, body) == [{"accepted": 1, "opted_out": 0, "failed": 0}]
    api.fold()
    assert api.get("/api/campaigns/spring/summary").json()["recipients"]["delivered"] == 1


def test_nothing_is_logged_of_a_person_who_opted_out(api: Api) -> None:
    api.registry.add_campaign(a_campaign())
    api.registry.opt_out("r-1", SENT_AT)
    body = as_lines({"recipient": "r-1", "delivered_at": at_ms(1)})
    with TestClient(create_app(api.settings)) as fresh:
        later = Api(fresh, api.store, api.registry, api.settings)
        assert deliver(later, body) == [{"accepted": 0, "opted_out": 1, "failed": 0}]
    assert list(api.store.messages("spring")) == []


def test_many_deliveries_in_one_stream_are_all_logged(api: Api) -> None:
    api.registry.add_campaign(a_campaign())
    body = as_lines(*({"recipient": f"r-{n}", "delivered_at": at_ms(n / 100)} for n in range(5_000)))
    assert deliver(api, body) == [{"accepted": 5_000, "opted_out": 0, "failed": 0}]
    assert sum(1 for _ in api.store.messages("spring")) == 5_000


def test_a_stream_of_another_kind_is_refused(api: Api) -> None:
    api.registry.add_campaign(a_campaign())
    for noun in ("mint", "deliveries"):
        found = api.error(
            "POST", f"/api/campaigns/spring/{noun}", content=b"", headers={"content-type": "text/csv"}
        )
        assert found == (415, "unsupported_media_type", None)


def test_an_announced_stream_past_the_bound_is_refused(api: Api) -> None:
    api.registry.add_campaign(a_campaign())
    headers = NDJSON | {"content-length": "9" * 12}
    assert api.error("POST", "/api/campaigns/spring/mint", content=b"", headers=headers) == (
        413,
        "too_large",
        None,
    )


def test_the_document_needs_no_key(api: Api) -> None:
    assert api.ask("GET", "/api/openapi.json", None).json()["openapi"] == "3.1.0"
