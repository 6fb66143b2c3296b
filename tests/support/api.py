"""The whole app on a store in a file, as a program meets it over HTTP."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import httpx2
from starlette.testclient import TestClient

from mailpixel.classify import Rules, judge
from mailpixel.model import Facts
from mailpixel.projections.fold import Fold
from mailpixel.server.app import create_app
from mailpixel.settings import Settings
from mailpixel.store.keys import ApiKey
from mailpixel.store.registry import Registry
from mailpixel.store.sqlite import open_sqlite
from mailpixel.store.store import Store
from tests.support.builders import SENT_AT, at_ms
from tests.support.stores import migrated, settle

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
        self._store = store
        self.registry = registry
        self.settings = settings

    @property
    def store(self) -> Store:
        """The store, with every answered hit in its log."""
        settle(self._store, self.settings.data)
        return self._store

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


@contextmanager
def an_api(folder: Path, **more: Any) -> Iterator[Api]:
    """The running app on a new data folder, with a key for each scope."""
    more = {"body_bytes": 20_000, **more}
    settings = Settings(data=folder / "data", base_url="https://t.example", **more)
    store, registry = open_sqlite(migrated(settings.database))
    for scope in ("read", "write", "privacy"):
        registry.add_key(ApiKey(scope, scope, hashlib.sha256(f"mp_{scope}".encode()).digest(), SENT_AT))
    with TestClient(create_app(settings), raise_server_exceptions=False) as client:
        yield Api(client, store, registry, settings)


def lines(answer: httpx2.Response) -> list[Any]:
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/x-ndjson"
    return [json.loads(line) for line in answer.text.splitlines()]


def as_lines(*values: object) -> bytes:
    return b"".join(json.dumps(value).encode() + b"\n" for value in values)


HERE = ("127.0.0.1", 50_000)
"""A program of this machine."""


@contextmanager
def an_app(data: Path, peer: tuple[str, int] = HERE, **settings: Any) -> Iterator[TestClient]:
    """The app with these settings, asked from an address."""
    app = create_app(Settings(data=data, **settings))
    here = "http://localhost:8025"
    with TestClient(app, here, raise_server_exceptions=False, client=peer) as client:
        yield client
