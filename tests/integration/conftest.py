"""The running app for the tests of the API, and every store for the suites that run on each."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from mailpixel.server.app import create_app
from mailpixel.settings import Settings
from mailpixel.store.keys import ApiKey
from mailpixel.store.sqlite import open_sqlite
from mailpixel.store.store import Store
from tests.support.api import PERSON, Api
from tests.support.builders import SENT_AT, a_campaign, a_click, a_delivery, an_open
from tests.support.stores import STORES, a_store
from tests.support.tallying import assert_figures_are_the_tally


@pytest.fixture(params=sorted(STORES))
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """Each store, empty. Whatever a test did to it, its figures are the tally of its states in the end."""
    with a_store(request.param, tmp_path) as made:
        yield made
        assert_figures_are_the_tally(made, "autumn", "spring", *made.campaigns())


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
