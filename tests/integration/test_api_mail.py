"""The mail of a campaign over HTTP: kept, given back as a file, dropped."""

import hashlib
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from mailpixel.model import Campaign
from mailpixel.store.mails import MAIL_BYTES
from tests.support.api import Api, an_api
from tests.support.builders import a_link

PATH = "/api/campaigns/spring/mail"
HTML = (
    '<p>Grüße <a href="https://shop.example/p/1">One</a> <a href="https://shop.example/new">New</a>'
    '<a href="https://shop.example/p/1">Again</a> <a href="mailto:x@shop.example">Mail</a>'
)
AS_HTML = {"content-type": "text/html; charset=windows-1252"}


@pytest.fixture
def spring(api: Api) -> Api:
    links = (a_link(1, "https://shop.example/p/1"), a_link(2, "https://shop.example/p/1"))
    api.registry.add_campaign(Campaign("spring", "Spring", links=links))
    return api


def test_a_mail_comes_back_as_it_came_and_as_a_file(spring: Api) -> None:
    raw = HTML.encode("cp1252")
    row = spring.ask("PUT", PATH, content=raw, headers=AS_HTML).json()
    assert row.pop("registered_at").endswith("Z")
    assert row == {
        "campaign": "spring",
        "size_bytes": len(raw),
        "sha256": hashlib.sha256(raw).hexdigest(),
        "by_place": False,
        "registered_by": "write",
        "links": [
            {"number": 1, "url": "https://shop.example/p/1"},
            {"number": None, "url": "https://shop.example/new"},
            {"number": 1, "url": "https://shop.example/p/1"},
        ],
        "skipped": [{"href": "mailto:x@shop.example", "reason": "scheme"}],
    }
    given = spring.get(PATH)
    assert given.content == raw
    assert given.headers["content-type"] == "application/octet-stream"
    assert given.headers["content-disposition"] == 'attachment; filename="spring.html"'
    assert given.headers["content-security-policy"] == "sandbox; default-src 'none'"
    assert len(spring.registry.campaign("spring").links) == 2, "nothing is registered"


def test_places_have_their_own_numbers_when_the_mail_was_rewritten_so(spring: Api) -> None:
    row = spring.ask("PUT", f"{PATH}?by_place=true", content=HTML.encode("cp1252"), headers=AS_HTML).json()
    assert [link["number"] for link in row["links"]] == [1, None, 2]


def test_of_a_message_its_html_part_is_kept_decoded(spring: Api) -> None:
    message = EmailMessage()
    message["Subject"] = "Spring"
    message.set_content("Hello")
    message.add_alternative(HTML, subtype="html", cte="base64")
    kept = spring.ask("PUT", PATH, content=bytes(message), headers={"content-type": "message/rfc822"})
    assert (kept.status_code, kept.json()["size_bytes"]) == (200, len(HTML.encode()) + 1)
    assert spring.get(PATH).content == HTML.encode() + b"\n"


def test_a_dropped_mail_is_not_found_and_a_campaign_has_none_at_first(spring: Api) -> None:
    assert spring.error("GET", PATH) == (404, "not_found", None)
    spring.ask("PUT", PATH, content=b"<p>x", headers={"content-type": "text/html"})
    assert [spring.ask("DELETE", PATH).status_code for _ in range(2)] == [204, 204]
    assert spring.error("GET", PATH) == (404, "not_found", None)


@pytest.mark.parametrize(
    ("content", "kind", "error"),
    [
        (b"", "text/html", (422, "invalid_input", "mail")),
        (b"PK\x03\x04\0\0", "text/html", (422, "invalid_input", "mail")),
        (b"Subject: x\n\nHello", "message/rfc822", (422, "invalid_input", "mail")),
        (b"<p>x", "application/json", (415, "unsupported_media_type", None)),
        (b"x" * (MAIL_BYTES + 1), "text/html", (413, "too_large", None)),
    ],
)
def test_what_is_no_mail_is_refused_by_name(
    spring: Api, content: bytes, kind: str, error: tuple[int, str, str | None]
) -> None:
    assert spring.error("PUT", PATH, content=content, headers={"content-type": kind}) == error


def test_reading_needs_a_key_and_keeping_one_that_may_write(spring: Api) -> None:
    headers = {"content-type": "text/html"}
    assert spring.error("PUT", PATH, "read", content=b"<p>x", headers=headers)[0] == 403
    assert spring.error("GET", PATH, None)[0] == 401
    assert spring.error("DELETE", PATH, "read")[0] == 403


def put(api: Api, html: str) -> Any:
    return api.ask("PUT", PATH, content=html.encode(), headers={"content-type": "text/html"})


@pytest.mark.parametrize("query", ["", "?utm_source=esp&amp;utm_medium=email"])
@pytest.mark.parametrize("token", ["*|MP|*", "AAAA"])
def test_a_mail_that_is_tracked_already_is_refused_with_the_remedy(
    spring: Api, token: str, query: str
) -> None:
    link = f'<a href="https://t.example/c/{token}/1{query}">One</a>'
    answer = put(spring, f'<p>{link} {link} <a href="mailto:x@shop.example">Mail</a>')
    assert answer.status_code == 422
    assert answer.json()["error"]["field"] == "mail"
    assert answer.json()["error"]["message"] == (
        "mail: is tracked already (2 links lead to this service); keep the mail as it was before tracking"
    )
    assert spring.registry.kept_mail("spring") is None


def test_a_mail_with_links_left_to_track_is_kept_and_the_tracked_ones_are_named(spring: Api) -> None:
    ours = "https://t.example/c/*|MP|*/1"
    row = put(spring, f'<a href="{ours}">A</a><a href="https://shop.example/p/1">B</a>').json()
    assert ([link["number"] for link in row["links"]], row["skipped"]) == (
        [1],
        [{"href": ours, "reason": "tracked"}],
    )


def test_utm_parameters_that_an_esp_added_do_not_matter(spring: Api) -> None:
    spring.registry.register_links("spring", ["https://shop.example/q?a=1&utm_campaign=x#top"])
    html = (
        '<a href="https://shop.example/p/1?utm_source=esp&amp;UTM_medium=email">One</a>'
        '<a href="https://shop.example/q?utm_source=esp&a=1#top">Q</a><a href="https://shop.example/q?a=2">No</a>'
    )
    assert [link["number"] for link in put(spring, html).json()["links"]] == [1, 3, None]


def test_a_mail_that_the_parser_needs_minutes_for_is_refused(tmp_path: Path) -> None:
    with an_api(tmp_path, body_bytes=100_000) as api:
        api.registry.add_campaign(Campaign("spring", "Spring"))
        answer = put(api, "".join(f"<body a{each}=b>" for each in range(4_000)))
    assert (answer.status_code, answer.json()["error"]["field"]) == (422, "mail")
