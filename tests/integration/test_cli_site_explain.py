"""`mailpixel site explain` as a person runs it: one visit or one order, and which mail led to it."""

import json
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from mailpixel.cli import cli
from mailpixel.model import Facts
from mailpixel.store.sqlite import SqliteStore
from tests.support.builders import ROBOT, a_click
from tests.support.shop import Shop
from tests.support.site_cases import AGREED, SITE, a_purchase, a_refund, a_step, bought

MAIL = a_click(100, recipient="r-1", facts=Facts.ACCEPT | Facts.CARRIED)
SCAN = a_click(101, recipient="r-2", facts=Facts.ACCEPT | Facts.CARRIED, agent=ROBOT)
UNKNOWN = "00" * 16
Explain = Callable[..., Result]


@pytest.fixture
def explain(tmp_path: Path) -> Explain:
    def run(*words: str) -> Result:
        return CliRunner().invoke(cli, ["--data", str(tmp_path), "site", "explain", SITE, *words])

    CliRunner().invoke(cli, ["--data", str(tmp_path), "site", "add", SITE, "--host", "shop.example"])
    with closing(SqliteStore(tmp_path / "mailpixel.db")) as store:
        Shop(store).receive(
            [
                MAIL,
                SCAN,
                a_step(102, consent=AGREED, click=MAIL.id.hex()),
                a_step(103, consent=AGREED, click=SCAN.id.hex()),
                a_step(104, consent=AGREED, click=UNKNOWN),
                *bought(110, "A-1", consent=AGREED),
                a_refund(120, "A-1"),
                a_purchase(125, "D-1", recipient="r-1", consent=AGREED),
                a_purchase(130, "B-1", click=MAIL.id.hex(), recipient="r-1", consent=AGREED),
            ]
        )
    return run


def test_an_order_shows_its_money_its_visit_and_the_mails_that_the_visit_used(explain: Explain) -> None:
    shown = explain("--order", "A-1").output
    for words in (
        "order A-1, 20.00 EUR, reported by a page",
        "refunded 5.00 EUR",
        "known as recipient r-1",
        "used link 1 of campaign spring\n",
        "used link 1 of campaign spring, clicked by a machine",
        f"used click {UNKNOWN}, of which nothing is known",
    ):
        assert words in shown
    found = json.loads(explain("--order", "A-1", "--json").stdout)
    assert found["visit"]["visitor"] == found["order"]["visitor"]
    assert [(each["campaign"], each["link"], each["human"]) for each in found["visit"]["clicks"]] == [
        ("spring", 1, True),
        ("spring", 1, False),
        (None, None, None),
    ]


def test_an_order_of_the_server_alone_shows_whom_and_which_click_it_named(explain: Explain) -> None:
    shown = explain("--order", "B-1").output
    assert "reported by the server" in shown
    assert "the server named recipient r-1 as its customer" in shown
    assert "the server handed over a click of link 1 of campaign spring" in shown
    assert "no page reported this order" in shown
    assert json.loads(explain("--order", "B-1", "--json").stdout)["visit"] is None


def test_an_order_whose_customer_alone_is_known_shows_the_campaign_of_their_last_click(
    explain: Explain,
) -> None:
    assert "it belongs to campaign spring: its customer's last click" in explain("--order", "D-1").output
    found = [
        json.loads(explain("--order", id, "--json").stdout)["customer_click"] for id in ("D-1", "B-1", "A-1")
    ]
    assert found == [{"campaign": "spring", "link": 1}, None, None]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ((), 2, "give either VISITOR or --order"),
        (("v", "--order", "A-1"), 2, "give either VISITOR or --order"),
        (("--order", "C-1"), 1, "no purchase is known under 'C-1'"),
    ],
)
def test_what_cannot_be_shown_is_said(explain: Explain, words: tuple[str, ...], code: int, said: str) -> None:
    asked = explain(*words)
    assert (asked.exit_code, said in asked.output) == (code, True)
