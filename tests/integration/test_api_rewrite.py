"""`POST /api/campaigns/{id}/rewrite` as a program meets it: the whole app on a store in a file, asked over HTTP."""

import hashlib
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import httpx2
import pytest
from starlette.testclient import TestClient

from mailpixel.model import Link
from mailpixel.server.api.routes import document
from mailpixel.server.app import create_app
from mailpixel.settings import Settings
from mailpixel.store.keys import ApiKey
from mailpixel.store.registry import Registry
from mailpixel.store.sqlite import open_sqlite
from tests.support.api import an_api
from tests.support.builders import SENT_AT, a_campaign

PATH = "/api/campaigns/spring/rewrite"
HTML = '<body>\r\n<a href="https://shop.example/a">A</a><a href="mailto:x@shop.example">M</a></body>'


SHORT = (
    "the HTML is shorter than 3,200 bytes and has no other image: SpamAssassin adds 0.6 to 2.2 points for the pixel;"
    " pixel=none leaves it out"
)


class Api:
    """The running app and the registry beneath it."""

    def __init__(self, client: TestClient, registry: Registry) -> None:
        self.client = client
        self.registry = registry

    def rewrite(self, path: str = PATH, key: str = "write", **body: Any) -> httpx2.Response:
        headers = {"authorization": f"Bearer mp_{key}"}
        return self.client.post(path, headers=headers, json={"recipient": "r-1", "html": HTML} | body)

    def error(self, path: str = PATH, key: str = "write", **body: Any) -> tuple[int, str, str | None]:
        answer = self.rewrite(path, key, **body)
        error = answer.json()["error"]
        return answer.status_code, error["code"], error["field"]


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Api]:
    settings = Settings(data=tmp_path / "data", base_url="https://t.example", body_bytes=20_000)
    _, registry = open_sqlite(settings.database)
    for scope in ("read", "write"):
        registry.add_key(ApiKey(scope, scope, hashlib.sha256(f"mp_{scope}".encode()).digest(), SENT_AT))
    registry.add_campaign(a_campaign("spring", links=0))
    with TestClient(create_app(settings), raise_server_exceptions=False) as client:
        yield Api(client, registry)


def test_html_comes_back_tracked_with_its_links_and_what_was_left_alone(api: Api) -> None:
    first = api.rewrite(recipient="r-0").json()
    assert first["links"] == [{"number": None, "url": "https://shop.example/a"}]
    answer = api.rewrite()
    rewritten = answer.json()
    html = rewritten.pop("html")
    assert answer.status_code == 200
    assert rewritten.pop("choice_url").startswith("https://t.example/u/")
    assert rewritten == {
        "links": [{"number": 1, "url": "https://shop.example/a"}],
        "skipped": [{"href": "mailto:x@shop.example", "reason": "scheme"}],
        "notes": [SHORT],
    }
    assert html.startswith('<body>\r\n<a href="https://t.example/c/')
    assert html.count("https://t.example/o/") == 1
    assert api.registry.campaign("spring").links == (Link(1, "https://shop.example/a"),)


def test_a_value_that_the_campaign_hands_on_moves_behind_the_tracked_url(api: Api) -> None:
    html = '<a href="https://shop.example/?u={{ id }}&size=7">A</a>'
    assert api.rewrite(html=html).json()["skipped"][0]["reason"] == "template"
    api.registry.change_campaign(
        "spring", lambda campaign: replace(campaign, passthrough=("u",)), "cli", SENT_AT
    )
    api.rewrite(recipient="r-0", html=html)
    rewritten = api.rewrite(html=html).json()
    assert (rewritten["links"], rewritten["skipped"]) == (
        [{"number": 1, "url": "https://shop.example/?size=7"}],
        [],
    )
    url = rewritten["html"].partition('href="https://t.example')[2].partition('"')[0]
    assert url.endswith("?u={{ id }}")
    answer = api.client.get(url.replace("{{ id }}", "r%2B1"), follow_redirects=False)
    assert answer.headers["location"] == "https://shop.example/?size=7&u=r%2B1"


def test_a_link_that_came_back_leads_to_its_destination_at_once(api: Api) -> None:
    html = api.rewrite().json()["html"]
    path = html.partition("https://t.example")[2].partition('"')[0]
    answer = api.client.get(path, follow_redirects=False)
    assert (answer.status_code, answer.headers.get("location")) == (302, "https://shop.example/a")


def test_html_that_came_back_is_left_as_it_is_the_second_time(api: Api) -> None:
    html = api.rewrite().json()["html"]
    rewritten = api.rewrite(html=html).json()
    assert (rewritten["html"], rewritten["links"]) == (html, [])
    assert [skip["reason"] for skip in rewritten["skipped"]] == ["tracked", "scheme"]


def test_the_query_says_where_the_pixel_goes(api: Api) -> None:
    html = api.rewrite(PATH + "?pixel=top&mso=true").json()["html"]
    assert html.startswith('<body><img src="https://t.example/o/')
    assert "<img" not in api.rewrite(PATH + "?pixel=none").json()["html"]


def test_what_a_sender_should_know_of_a_mail_comes_as_notes(api: Api) -> None:
    html = (
        '<a href="https://shop.example/{id}/a">A</a>'
        '<a href="https://shop.example/b">www.shop.example</a><a href="https://shop.example/c">C</a>'
    )
    rewritten = api.rewrite(html=html).json()
    assert rewritten["notes"] == [
        "1 tracked link(s) hold what looks like a template field; mark it with data-no-track if it is one:"
        " https://shop.example/{id}/a",
        "1 tracked link(s) show another domain in their text, and mail programs warn of that; use a tracking host under"
        " your own domain, or ask for shown=leave: https://shop.example/b",
        SHORT,
    ]
    assert api.rewrite(html='<a href="https://shop.example/c">C</a>', pixel="none").json()["notes"] == []
    many = "".join(f'<a href="https://shop.example/{n}">www.shop.example</a>' for n in range(13))
    assert api.rewrite(html=many, pixel="none").json()["notes"][0].endswith("/9, 3 more")


def test_links_that_show_another_domain_are_left_alone_on_request(api: Api) -> None:
    html = '<a href="https://shop.example/b">www.shop.example</a>'
    left = [{"href": "https://shop.example/b", "reason": "shown"}]
    rewritten = api.rewrite(PATH + "?shown=leave", html=html).json()
    assert (rewritten["links"], rewritten["skipped"], rewritten["notes"]) == ([], left, [SHORT])
    assert api.rewrite(html=html, shown="leave").json()["skipped"] == left
    assert api.rewrite(PATH + "?shown=leave", html=html, shown="track").json()["skipped"] == []
    assert api.error(PATH + "?shown=no") == (422, "invalid_input", "shown")
    assert api.error(shown="no") == (422, "invalid_input", "shown")


@pytest.mark.parametrize(
    ("path", "key", "body", "error"),
    [
        (PATH, "read", {}, (403, "forbidden", None)),
        (PATH, "none", {}, (401, "unauthorized", None)),
        ("/api/campaigns/autumn/rewrite", "write", {}, (404, "not_found", None)),
        (PATH, "write", {"recipient": "ann@shop.example"}, (422, "invalid_input", "recipient")),
        (PATH, "write", {"recipient": 7}, (422, "invalid_input", "recipient")),
        (PATH, "write", {"html": ["<p>"]}, (422, "invalid_input", "html")),
        (PATH, "write", {"text": "x"}, (422, "invalid_input", "text")),
        (PATH + "?pixel=left", "write", {}, (422, "invalid_input", "pixel")),
        (PATH + "?mso=yes", "write", {}, (422, "invalid_input", "mso")),
        (PATH, "write", {"html": "x" * 20_001}, (413, "too_large", None)),
    ],
)
def test_what_is_invalid_is_an_error_and_registers_nothing(
    api: Api, path: str, key: str, body: dict[str, Any], error: tuple[int, str, str | None]
) -> None:
    assert api.error(path, key, **body) == error
    assert api.registry.campaign("spring").links == ()


def test_a_campaign_that_is_full_says_so(api: Api) -> None:
    api.registry.add_campaign(a_campaign("full", links=0))
    api.registry.register_links("full", [f"https://shop.example/{n}" for n in range(65_535)])
    assert api.rewrite("/api/campaigns/full/rewrite", recipient="r-0").status_code == 200
    assert api.error("/api/campaigns/full/rewrite") == (422, "invalid_input", "links")


def test_many_senders_at_once_share_one_numbering(api: Api) -> None:
    pages = [f'<a href="https://shop.example/{n % 5}"><a href="https://shop.example/{n}">' for n in range(30)]
    with ThreadPoolExecutor(8) as pool:
        for recipient in ("r-1", "r-2", "r-3"):
            rewrite = partial(linked, api, recipient)
            rewritten = list(pool.map(rewrite, pages))
    registered = {link.url: link.number for link in api.registry.campaign("spring").links}
    assert sorted(registered.values()) == list(range(1, 31))
    assert all(registered[link["url"]] == link["number"] for links in rewritten for link in links)


def linked(api: Api, recipient: str, html: str) -> list[dict[str, Any]]:
    links: list[dict[str, Any]] = api.rewrite(recipient=recipient, html=html).json()["links"]
    return links


def as_lines(*values: object) -> bytes:
    return b"".join(json.dumps(value).encode() + b"\n" for value in values)


def stream(api: Api, body: bytes, path: str = PATH) -> list[dict[str, Any]]:
    headers = {"authorization": "Bearer mp_write", "content-type": "application/x-ndjson"}
    answer = api.client.post(path, headers=headers, content=body)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/x-ndjson")
    return [json.loads(line) for line in answer.text.splitlines()]


def test_a_stream_of_mails_comes_back_line_by_line(api: Api) -> None:
    mails = [{"recipient": f"r-{n}", "html": HTML} for n in range(50)]
    rewritten = stream(api, as_lines(*mails)[:-1], PATH + "?pixel=none")
    assert [line["recipient"] for line in rewritten] == [mail["recipient"] for mail in mails]
    assert len({line["html"] for line in rewritten}) == 50
    assert [line["links"][0]["number"] for line in rewritten] == [None, *[1] * 49]
    assert {line["links"][0]["url"] for line in rewritten} == {"https://shop.example/a"}
    assert not any("<img" in line["html"] for line in rewritten)


def test_a_faulty_line_of_a_stream_loses_no_other(api: Api) -> None:
    good = {"recipient": "r-1", "html": HTML}
    lines = [
        as_lines(good),
        b"no json\n",
        b"\n",
        as_lines(good | {"recipient": "ann@shop.example"}),
        as_lines(good | {"html": "x" * 20_001}),
        as_lines([good]),
        as_lines({"recipient": "r-1"}),
        as_lines(good),
    ]
    rewritten = stream(api, b"".join(lines))
    assert [line.get("recipient") for line in rewritten] == ["r-1", None, None, None, None, None, "r-1"]
    assert [(line["row"], line["error"]["field"]) for line in rewritten[1:-1]] == [
        (2, "line"),
        (4, "recipient"),
        (5, "line"),
        (6, "body"),
        (7, "html"),
    ]


def test_a_stream_for_a_campaign_that_is_not_there_is_refused(api: Api) -> None:
    headers = {"authorization": "Bearer mp_write", "content-type": "application/x-ndjson"}
    answer = api.client.post("/api/campaigns/autumn/rewrite", headers=headers, content=b"")
    assert answer.status_code == 404
    assert stream(api, b"") == []


def test_the_document_lists_it() -> None:
    published = document("https://t.example")
    operation = published["paths"]["/api/campaigns/{id}/rewrite"]["post"]
    content = operation["requestBody"]["content"]
    named = content["application/json"]["schema"]
    assert content["application/x-ndjson"]["x-line"] == named == {"$ref": "#/components/schemas/Mail"}
    schema = published["components"]["schemas"]["Mail"]
    assert (sorted(schema["properties"]), schema["required"]) == (
        ["by_place", "html", "pixel", "recipient", "shown"],
        ["recipient", "html"],
    )
    assert [parameter["name"] for parameter in operation["parameters"]] == [
        "id",
        "pixel",
        "shown",
        "mso",
        "by_place",
    ]
    assert sorted(operation["responses"]) == [
        "200",
        "400",
        "401",
        "403",
        "404",
        "413",
        "415",
        "422",
        "429",
        "503",
    ]


@pytest.mark.parametrize(
    ("query", "body", "images"),
    [("", {}, 1), ("", {"pixel": "none"}, 0), ("?pixel=none", {}, 0), ("?pixel=none", {"pixel": "top"}, 1)],
)
def test_a_mail_says_where_its_own_pixel_goes_and_else_the_query(
    api: Api, query: str, body: dict[str, str], images: int
) -> None:
    html = api.rewrite(PATH + query, **body).json()["html"]
    assert html.count("https://t.example/o/") == images
    assert html.count("https://t.example/c/") == 1


def test_an_invalid_place_is_an_error_of_its_field(api: Api) -> None:
    assert api.error(pixel="left")[::2] == (422, "pixel")


def test_html_that_the_parser_needs_minutes_for_is_refused_by_name(tmp_path: Path) -> None:
    mail = {"recipient": "r-1", "html": "".join(f"<body a{each}=b>" for each in range(4_000))}
    with an_api(tmp_path, body_bytes=100_000) as api:
        api.registry.add_campaign(a_campaign("spring"))
        assert api.error("POST", PATH, json=mail) == (422, "invalid_input", "html")
