"""What is served beside tracking and the API: metrics for who may read them, pages for readers, files for apps."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx2
import pytest
from starlette.requests import Request

from mailpixel.errors import StoreUnavailable
from mailpixel.server.errors import answer_error
from tests.support.api import Api, an_app


def scrape(data: Path, peer: str, headers: Mapping[str, str], **settings: Any) -> httpx2.Response:
    with an_app(data, (peer, 50_000), **settings) as client:
        return client.get("/metrics", headers=headers)


@pytest.mark.parametrize(
    ("peer", "headers", "status"),
    [
        ("127.0.0.1", {}, 200),
        ("::1", {}, 200),
        ("::ffff:127.0.0.1", {}, 200),
        ("127.0.0.1", {"x-forwarded-for": "127.0.0.1"}, 401),
        ("127.0.0.1", {"x-forwarded-proto": "https"}, 401),
        ("127.0.0.1", {"forwarded": "for=127.0.0.1"}, 401),
        ("127.0.0.1", {"x-real-ip": "127.0.0.1"}, 401),
        ("127.0.0.1", {"via": "1.1 varnish"}, 401),
        ("127.0.0.1", {"host": "t.example"}, 401),
        ("127.0.0.1", {"host": "T.Example.:443"}, 401),
        ("127.0.0.1", {"host": "other.example"}, 401),
        ("127.0.0.1", {"host": "["}, 401),
        ("127.0.0.1", {"host": ""}, 401),
        ("127.0.0.1", {"host": "127.0.0.1:8025"}, 200),
        ("127.0.0.1", {"host": "[::1]:8025"}, 200),
        ("127.0.0.1", {"host": "[::1]"}, 200),
        ("10.0.0.7", {}, 401),
        ("198.51.100.7", {}, 401),
    ],
)
def test_metrics_are_for_this_machine_past_any_proxy(
    tmp_path: Path, peer: str, headers: dict[str, str], status: int
) -> None:
    answer = scrape(tmp_path / "data", peer, headers, base_url="https://t.example")
    assert answer.status_code == status
    assert ("mailpixel_hits_total" in answer.text) == (status == 200)


@pytest.mark.parametrize(
    ("allowed", "here", "elsewhere"),
    [
        (("local",), 200, 403),
        (("key",), 401, 401),
        (("local", "key"), 200, 401),
        (("open",), 200, 200),
    ],
)
def test_a_setting_says_who_may_read_the_metrics(
    tmp_path: Path, allowed: tuple[str, ...], here: int, elsewhere: int
) -> None:
    data = tmp_path / "data"
    assert scrape(data, "127.0.0.1", {}, metrics=allowed).status_code == here
    assert scrape(data, "198.51.100.7", {}, metrics=allowed).status_code == elsewhere


def test_a_key_of_the_scope_read_opens_the_metrics_and_a_wrong_one_is_counted(api: Api) -> None:
    assert api.client.get("/metrics").status_code == 401
    assert api.get("/metrics").status_code == 200
    for _ in range(2):
        assert api.error("GET", "/metrics", "none")[0] == 401
    assert api.error("POST", "/api/campaigns", "read", json={})[0] == 403
    shown = api.get("/metrics").text
    assert 'mailpixel_api_keys_refused_total{reason="unknown"} 2.0' in shown
    assert 'mailpixel_api_keys_refused_total{reason="scope"} 1.0' in shown


def test_a_refused_scrape_says_what_to_do(tmp_path: Path) -> None:
    said = scrape(tmp_path / "data", "198.51.100.7", {}).json()["error"]["message"]
    for remedy in ("from this machine", "Authorization: Bearer KEY", "MAILPIXEL_METRICS"):
        assert remedy in said


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nothing", 404),
        ("GET", "/api-docs", 404),
        ("GET", "/apple-app-site-association", 404),
        ("GET", "/c/nonsense", 404),
        ("GET", "/u/nonsense", 404),
        ("POST", "/", 405),
        ("DELETE", "/u/nonsense", 405),
    ],
)
def test_readers_get_a_page_and_never_the_json_of_the_api(
    api: Api, method: str, path: str, status: int
) -> None:
    answer = api.client.request(method, path)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "text/html; charset=utf-8")
    assert "<main>" in answer.text


@pytest.mark.parametrize("error", [RuntimeError(), StoreUnavailable("the log is full")])
def test_whatever_breaks_shows_readers_a_page_and_programs_json(error: Exception) -> None:
    kinds = {
        path: asyncio.run(answer_error(Request({"type": "http", "path": path}), error)).media_type
        for path in ("/u/x", "/api/campaigns", "/readyz")
    }
    assert kinds == {
        "/u/x": "text/html",
        "/api/campaigns": "application/json",
        "/readyz": "application/json",
    }


def test_robots_are_sent_away_but_not_from_the_files_of_apps_and_there_is_no_icon(api: Api) -> None:
    robots, icon = api.client.get("/robots.txt"), api.client.get("/favicon.ico")
    assert (robots.status_code, robots.headers["content-type"]) == (200, "text/plain; charset=utf-8")
    assert robots.text.splitlines()[1:] == ["User-agent: *", "Allow: /.well-known/", "Disallow: /"]
    assert (icon.status_code, icon.content) == (204, b"")


APPLE, GOOGLE = b'{"applinks": {"details": []}}', b"[]\n"


@pytest.fixture
def well_known(tmp_path: Path) -> Path:
    folder = tmp_path / "well-known"
    folder.mkdir()
    (folder / "apple-app-site-association").write_bytes(APPLE)
    (folder / "assetlinks.json").write_bytes(GOOGLE)
    (folder / "other.json").write_bytes(b"{}")
    return folder


def test_the_files_of_app_links_are_served_as_they_are_at_the_moment(
    tmp_path: Path, well_known: Path
) -> None:
    with an_app(tmp_path / "data", well_known=well_known) as client:
        for path, content in (
            ("/.well-known/apple-app-site-association", APPLE),
            ("/apple-app-site-association", APPLE),
            ("/.well-known/assetlinks.json", GOOGLE),
        ):
            answer = client.get(path)
            assert (answer.status_code, answer.content) == (200, content)
            assert answer.headers["content-type"] == "application/json"
        (well_known / "assetlinks.json").write_bytes(b"[1]")
        assert client.get("/.well-known/assetlinks.json").content == b"[1]"
        (well_known / "assetlinks.json").unlink()
        assert client.get("/.well-known/assetlinks.json").status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "/.well-known/other.json",
        "/.well-known/",
        "/.well-known/../mailpixel.db",
        "/.well-known/..%2fdata%2fkeys.json",
        "/assetlinks.json",
    ],
)
def test_nothing_else_of_that_folder_is_served(tmp_path: Path, well_known: Path, path: str) -> None:
    with an_app(tmp_path / "data", well_known=well_known) as client:
        assert client.get(path).status_code == 404


def test_a_file_too_large_for_an_app_link_is_not_served_and_named_once_in_the_log(
    tmp_path: Path, well_known: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (well_known / "assetlinks.json").write_bytes(b" " * 131_073)
    with an_app(tmp_path / "data", well_known=well_known) as client:
        for _ in range(3):
            assert client.get("/.well-known/assetlinks.json").status_code == 404
    assert caplog.text.count("is not served") == 1
