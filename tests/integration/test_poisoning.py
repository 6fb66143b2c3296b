"""What a request says of its own address is never believed: no answer repeats it, and no cache may keep what could.

And bodies that grow when they are read: compressed ones are not unpacked, deep and wide JSON ends at bounds.
"""

import gzip
import json
import re
import zlib
from collections.abc import Iterator

import pytest

from mailpixel.server.api.endpoint import Endpoint
from mailpixel.server.api.routes import ENDPOINTS
from mailpixel.server.web.page import WebPage
from mailpixel.server.web.routes import PAGES
from tests.support.api import Api, an_api
from tests.support.builders import a_campaign
from tests.support.pages import Person, a_person
from tests.support.service import rows

EVIL = "evil.example"
POISON = {
    "x-forwarded-host": EVIL,
    "x-forwarded-proto": "nothttps",
    "x-forwarded-port": "8443",
    "x-forwarded-prefix": f"//{EVIL}",
    "x-forwarded-server": EVIL,
    "x-host": EVIL,
    "x-original-url": f"https://{EVIL}/",
    "x-rewrite-url": f"//{EVIL}/",
    "x-original-host": EVIL,
    "x-http-host-override": EVIL,
    "x-http-method-override": "DELETE",
    "x-method-override": "DELETE",
    "x-forwarded-scheme": "nothttps",
    "x-url-scheme": "nothttps",
    "forwarded": f"for=1.2.3.4;host={EVIL};proto=nothttps",
    "front-end-https": "on",
    "true-client-ip": "127.0.0.1",
    "referer": f"https://{EVIL}/",
    "origin": f"https://{EVIL}",
}
HOSTS = (
    EVIL,
    f"{EVIL}:80",
    f"t.example@{EVIL}",
    f"t.example:80@{EVIL}",
    f'"><script src=//{EVIL}>',
    f"t.example, {EVIL}",
)
SIGNS = re.compile(f"{EVIL}|nothttps|:8443".encode())
KEPT = ("/assets/", "/static/")


@pytest.fixture(scope="module")
def person(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Person]:
    data = tmp_path_factory.mktemp("poisoned") / "data"
    rows(data, "campaign", "add", "none", "--name", "None", "--link", "https://shop.example/")
    rows(data, "site", "add", "none", "--host", "shop.example")
    with a_person(data, "write", base_url="https://t.example") as person:
        yield person


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    with an_api(tmp_path_factory.mktemp("bombs")) as api:
        api.registry.add_campaign(a_campaign("c1"))
        yield api


def paths() -> list[str]:
    pages: list[Endpoint | WebPage] = [*PAGES, *ENDPOINTS]
    every = [
        row.path for row in pages if row.method == "GET" and not row.path.endswith(("stream", "console"))
    ]
    return ["/o/x.gif", "/c/x", "/u/x", "/p/x", "/healthz", "/nothing", "//nothing/", "/campaigns/", *every]


@pytest.mark.parametrize("host", [None, *HOSTS])
def test_no_answer_repeats_what_a_request_says_of_its_own_address(person: Person, host: str | None) -> None:
    headers = POISON if host is None else {"host": host}
    for path in paths():
        answer = person.client.get(
            re.sub(r"\{\w+(:path)?\}", "none", path), headers=headers, follow_redirects=False
        )
        said = b"\n".join([*(b"%b: %b" % each for each in answer.headers.raw), answer.content])
        assert not SIGNS.search(said), (path, said[:500])


def test_whatever_differs_by_its_reader_is_kept_by_no_cache(person: Person) -> None:
    for path in paths():
        answer = person.client.get(re.sub(r"\{\w+(:path)?\}", "none", path), follow_redirects=False)
        kept = answer.headers.get("cache-control", "")
        if not path.startswith(KEPT) and answer.status_code != 405:
            assert "no-store" in kept or "no-cache" in kept, (path, answer.status_code, kept)
            assert "public" not in kept, path


def bombs() -> dict[str, bytes]:
    return {
        "deep lists": b"[" * 19_000,
        "deep objects": b'{"a":' * 3_000,
        "deep and closed": b"[" * 9_000 + b"]" * 9_000,
        "a long number": b'{"id":' + b"9" * 19_000 + b"}",
        "a large power": b'{"id": 1e999999999}',
        "a small power": b'{"id": 1e-999999999}',
        "one name many times": b"{" + b'"id":1,' * 2_000 + b'"id":1}',
        "many names": json.dumps({f"{n:05x}": 1 for n in range(1_500)}).encode(),
        "escapes": b'{"id": "' + b"\\u0041" * 3_000 + b'"}',
        "not a number": b'{"id": NaN}',
        "bytes": bytes(range(256)) * 70,
        "a mark first": b"\xef\xbb\xbf{}",
        "sixteen bits": '{"id": "c2"}'.encode("utf-16"),
    }


def takers() -> list[Endpoint]:
    return [row for row in ENDPOINTS if row.body is not None]


@pytest.mark.parametrize("endpoint", takers(), ids=lambda row: f"{row.method} {row.path}")
def test_a_body_that_grows_when_it_is_read_is_refused(api: Api, endpoint: Endpoint) -> None:
    path = re.sub(r"\{(\w+)(:path)?\}", "c1", endpoint.path)
    key = "privacy" if endpoint.scope == "privacy" else "write"
    for name, bomb in bombs().items():
        answer = api.ask(
            endpoint.method, path, key, content=bomb, headers={"content-type": "application/json"}
        )
        assert 400 <= answer.status_code < 500, name
    packed = gzip.compress(b" " * 10_000_000)
    for coding, body in (("gzip", packed), ("deflate", zlib.compress(b" " * 10_000_000)), ("br", packed)):
        headers = {"content-type": "application/json", "content-encoding": coding}
        answer = api.ask(endpoint.method, path, key, content=body[:15_000], headers=headers)
        assert 400 <= answer.status_code < 500, coding  # it is no JSON, and nobody unpacks it
