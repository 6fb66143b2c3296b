"""Keys, errors and bodies: what every endpoint of the API has in common."""

import hashlib

import pytest

from mailpixel.store.keys import ApiKey
from tests.support.api import Api
from tests.support.builders import SENT_AT


@pytest.mark.parametrize(
    "header", [None, "", "Bearer", "Bearer ", "Basic bXBfcmVhZA==", "Bearer mp_other", "x" * 2000]
)
def test_without_a_good_key_nothing_is_shown(api: Api, header: str | None) -> None:
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


def test_a_wrong_method_is_answered_with_the_right_ones(api: Api) -> None:
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


def test_the_document_needs_no_key(api: Api) -> None:
    assert api.ask("GET", "/api/openapi.json", None).json()["openapi"] == "3.1.0"
