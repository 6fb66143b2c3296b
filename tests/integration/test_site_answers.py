"""What a campaign led to, orders, lint, visits and pages: whole answers, and the API says what the command says."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from mailpixel.cli import cli
from mailpixel.folder.opening import begin
from mailpixel.measure.blind_spot import DEFINITION
from mailpixel.measure.results import DEFINITIONS, NOTES
from mailpixel.settings import Settings
from tests.support.api import Api, an_api
from tests.support.builders import a_campaign
from tests.support.shop import A_SITE, fold_sites
from tests.support.site_cases import HOST, a_purchase, a_step, bought

VISITOR = "v-2"
EVENTS = [
    a_step(0, "page_view", "v-1"),
    *bought(100, "A-1", "v-1"),
    a_purchase(101, "A-1", value=900),
    a_step(5, "page_view", VISITOR, url=f"{HOST}/a?utm_campaign=C-1"),
    a_step(6, "page_view", VISITOR, url=f"{HOST}/b"),
    a_step(7, "page_view", "robot", url=f"{HOST}/b", automated=True),
    *bought(50, "B-1", VISITOR),
    a_purchase(300, "S-1", currency="USD"),
]
NOTHING: dict[str, Any] = {"visits": 0, "orders": 0, "orders_without_money": 0, "revenue": []}


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Api]:
    store, registry, _ = begin(Settings(data=tmp_path / "data"))
    registry.add_site(replace(A_SITE, names=("purchases",)))
    registry.add_campaign(a_campaign("c-1"))
    store.append(EVENTS)
    fold_sites(store)
    with an_api(tmp_path) as api:
        yield api


def command(api: Api, *words: str) -> Any:
    """The JSON of a command on the same folder."""
    done = CliRunner().invoke(cli, ["--data", str(api.settings.data), *words, "--json"])
    assert done.exit_code in (0, 1), done.stderr
    return json.loads(done.stdout)


def test_results_are_whole_and_the_command_prints_the_same(shop: Api) -> None:
    found = shop.get("/api/campaigns/c-1/results").json()
    utm = {
        "visits": 1,
        "orders": 1,
        "orders_without_money": 0,
        "revenue": [{"currency": "EUR", "amount": "20.00"}],
    }
    assert {name: found[name] for name in ("campaign", "known", "estimated", "machine_visits", "notes")} == {
        "campaign": "c-1", "known": NOTHING, "estimated": utm, "machine_visits": 0, "notes": list(NOTES),
    }  # fmt: skip
    assert {row["how"]: (row["led_to"], row["definition"]) for row in found["by"]} == {
        how: (utm if how == "utm" else NOTHING, text) for how, text in DEFINITIONS.items()
    }
    assert found["links"] == [{"link": None, "url": None, "known": NOTHING, "estimated": utm}]
    assert command(shop, "report", "c-1", "--sites") == found


def test_orders_are_whole_and_the_command_prints_the_same(shop: Api) -> None:
    found = shop.get("/api/sites/shop/orders").json()
    assert (found["both"], found["browser_only"], found["server_only"], found["different"]) == (1, 1, 1, 1)
    assert (found["browser_only_orders"], found["server_only_orders"]) == (["B-1"], ["S-1"])
    assert found["different_orders"] == [{"order": "A-1", "browser": "20.00 EUR", "server": "9.00 EUR"}]
    assert command(shop, "site", "orders", "shop") == found
    assert DEFINITION in json.dumps(found)


def test_lint_is_the_same_by_the_api_and_the_command(shop: Api) -> None:
    found, printed = shop.get("/api/sites/shop/lint").json(), command(shop, "site", "lint", "shop")
    for each in (found, printed):
        each.update(since="", until="", read_since="")
    assert found == printed
    rules = {row["rule"]: (row["state"], row["faults"], row["of"], row["examples"]) for row in found["rules"]}
    assert rules["similar-name"] == ("fault", 1, 1, ["purchases is like purchase"])
    assert (found["visits"], found["read"], found["fully_read"]) == (0, 0, 0)


def test_a_refused_name_of_now_is_found_by_lint(shop: Api) -> None:
    sent = {
        "v": 1,
        "consent": ["measure"],
        "proof": {"source": "api"},
        "events": [{"name": "Page_View", "id": "1"}],
    }
    shop.client.post(f"/p/{A_SITE.key}", content=json.dumps(sent))
    rules = {row["rule"]: row for row in shop.get("/api/sites/shop/lint").json()["rules"]}
    assert rules["similar-name"]["examples"] == [
        "purchases is like purchase", "Page_View is like page_view, and refused",
    ]  # fmt: skip
    figures = shop.get("/api/sites/shop/console/figures").json()
    assert (figures["workers"], figures["refused_names"]) == (1, {"Page_View": 1})
    assert command(shop, "site", "tail", "shop", "--figures") == figures


def test_pages_of_a_day_are_whole_and_visits_are_by_day(shop: Api) -> None:
    day = {"from": "2026-09-21", "to": "2026-09-22"}
    found = shop.get("/api/sites/shop/pages", params=day).json()
    assert found == {
        "site": "shop", "from": "2026-09-21T00:00:00Z", "to": "2026-09-22T00:00:00Z",
        "visits": 3, "read": 3, "read_since": "2026-09-21T00:00:00Z",
        "days": [
            {
                "day": "2026-09-21", "visits_human": 2, "visits_machine": 1, "visits_internal": 0,
                "views_human": found["days"][0]["views_human"], "views_machine": 1, "removed": 0,
                "pages": found["days"][0]["pages"], "other_pages": 0,
            }
        ],
    }  # fmt: skip
    pages = {row["page"]: (row["human"], row["machine"], row["visits"]) for row in found["days"][0]["pages"]}
    assert pages["/b"] == (1, 1, 1)
    assert found["days"][0]["views_human"] == sum(human for human, _, _ in pages.values())
    assert command(shop, "site", "pages", "shop", "--from", "2026-09-21", "--to", "2026-09-22") == found
    days = shop.get("/api/sites/shop/visits").json()
    assert days == {"site": "shop", "items": [{"day": "2026-09-21", "human": 2, "machine": 1, "internal": 0}]}
    assert command(shop, "site", "visits", "shop") == days["items"]
    assert shop.error("GET", "/api/sites/shop/pages", params={"from": "2026-01-01", "to": "2026-09-01"}) == (
        422, "invalid_input", "from",
    )  # fmt: skip


def test_one_visit_is_explained_alike(shop: Api) -> None:
    found = shop.get(f"/api/sites/shop/visits/{VISITOR}").json()
    steps = [step["name"] for step in found["steps"]]
    assert (found["visitor"], found["verdict"], steps) == (
        VISITOR, "human", ["page_view", "page_view", "purchase"],
    )  # fmt: skip
    assert command(shop, "site", "explain", "shop", VISITOR) == found
    assert shop.error("GET", "/api/sites/shop/visits/nobody")[0] == 404
