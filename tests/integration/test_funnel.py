"""The funnel as programs and people ask for it: the API and the command line give the same."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from mailpixel.cli import cli
from mailpixel.folder.opening import begin
from mailpixel.settings import Settings
from tests.support.api import Api
from tests.support.builders import a_campaign
from tests.support.shop import A_SITE, fold_sites
from tests.support.site_cases import HOST, a_step, bought

EVENTS = [
    *(
        a_step(10 * place, name, "v-1")
        for place, name in enumerate(("page_view", "view_item", "add_to_cart"))
    ),
    *bought(100, "A-1", "v-1"),
    a_step(5, "page_view", "v-2", url=f"{HOST}/?utm_campaign=c-1"),
    a_step(6, "view_item", "v-2"),
]
STEPS = "view_item,add_to_cart,purchase"
VISITORS = [("view_item", 2), ("add_to_cart", 1), ("purchase", 1)]


def steps_of(found: dict[str, Any]) -> list[tuple[str, int]]:
    return [(step["name"], step["visitors"]) for step in found["steps"]]


@pytest.fixture
def shop(api: Api) -> Api:
    api.registry.add_site(A_SITE)
    api.registry.add_campaign(a_campaign("c-1"))
    api.store.append(EVENTS)
    fold_sites(api.store)
    return api


def test_the_api_counts_along_steps(shop: Api) -> None:
    found = shop.get("/api/sites/shop/funnel", params={"steps": STEPS}).json()
    assert steps_of(found) == VISITORS
    of_campaign = shop.get("/api/sites/shop/funnel", params={"steps": "view_item", "campaign": "c-1"}).json()
    assert (of_campaign["campaign"], steps_of(of_campaign)) == ("c-1", [("view_item", 1)])


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ({}, (422, "invalid_input", "steps")),
        ({"steps": "nothing"}, (422, "invalid_input", "steps")),
        ({"steps": STEPS, "window": "1w"}, (422, "invalid_input", "window")),
        ({"steps": STEPS, "to": "2026-01-01"}, (422, "invalid_input", "to")),
        ({"steps": STEPS, "campaign": "none"}, (404, "not_found", None)),
    ],
)
def test_the_api_refuses_with_the_name_of_the_field(
    shop: Api, query: dict[str, str], error: tuple[int, str, str | None]
) -> None:
    assert shop.error("GET", "/api/sites/shop/funnel", params=query) == error


def run(data: Path, *words: str) -> tuple[int, str, str]:
    done = CliRunner().invoke(cli, ["--data", str(data), *words])
    return done.exit_code, done.stdout, done.stderr


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "cli"
    store, registry, _ = begin(Settings(data=folder))
    registry.add_site(A_SITE)
    registry.add_campaign(a_campaign("c-1"))
    store.append(EVENTS)
    return folder


def test_the_command_counts_what_waits_and_prints_what_the_api_answers(data: Path, shop: Api) -> None:
    code, out, _ = run(data, "funnel", "shop", "--steps", STEPS, "--json")
    assert (code, json.loads(out)) == (0, shop.get("/api/sites/shop/funnel", params={"steps": STEPS}).json())
    code, out, said = run(data, "funnel", "shop", "--steps", f"{STEPS},sign_up", "--campaign", "c-1")
    assert code == 0
    assert all(
        text in out for text in ("that c-1 led to", "100.0%", "visitors: people 1,", "blind spot", "midnight")
    )
    assert "warning: sign_up: no visit of this period has such an event" in said


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--steps", ","), "--steps"),
        (("--steps", "nothing"), "--steps"),
        (("--steps", STEPS, "--window", "1w"), "--window"),
        (("--steps", STEPS, "--to", "2026-01-01"), "--to"),
    ],
)
def test_the_command_refuses_with_the_name_of_the_option(
    data: Path, words: tuple[str, ...], said: str
) -> None:
    code, out, error = run(data, "funnel", "shop", *words)
    assert (code, out, error.startswith(f"error: {said}") or said in error) == (2, "", True)
