"""The running app for the tests of the API, and every store for the suites that run on each."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from mailpixel.store.store import Store
from tests.support.api import PERSON, Api, an_api
from tests.support.builders import a_campaign, a_click, a_delivery, an_open
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
    with an_api(tmp_path) as made:
        yield made


@pytest.fixture
def history(api: Api) -> Api:
    """A campaign with two messages: an open, a click and a repeat on one, a delivery on the other."""
    api.registry.add_campaign(a_campaign(links=2, sent=10))
    hits = [an_open(60, facts=PERSON), a_click(90, facts=PERSON), a_click(91, facts=PERSON)]
    api.store.append([*hits, a_delivery(1, recipient="r-2")])
    api.fold()
    return api
