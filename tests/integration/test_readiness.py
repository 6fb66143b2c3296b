"""What speaks against sending a campaign: each reason alone, and each overridden by name."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from mailpixel.cli import cli
from mailpixel.errors import InvalidInput
from mailpixel.measure.ready import known_before
from mailpixel.model import Campaign, Facts, Link
from mailpixel.report.destinations import Asked
from mailpixel.report.readiness import (
    CHECKS,
    NAMES,
    KnownBefore,
    facts_before_sending,
    new_override,
    readiness,
)
from mailpixel.store.memory import MemoryRegistry, MemoryStore
from tests.support.api import Api
from tests.support.builders import a_campaign, a_click, an_open, at_ms
from tests.support.folding import catch_up
from tests.support.shop import A_SITE, fold_sites
from tests.support.web import Person
from tests.unit.test_site_joins import landed

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
SHOP = "https://shop.example/a?utm_source=mail&utm_medium=email&utm_campaign=spring"
LINKS = (Link(1, SHOP), Link(2, "https://elsewhere.example/"), Link(3, "https://shop.example/x", trap=True))
READY = KnownBefore(
    Campaign("spring", "Spring", sent=10, links=LINKS, carry=True), [SHOP], True, True, True, True
)


def of(**changed: Any) -> Campaign:
    return replace(READY.campaign, **changed)


FAULTS = {
    "links": replace(READY, campaign=of(links=LINKS[2:]), shop_links=[]),
    "trap": replace(READY, campaign=of(links=LINKS[:2])),
    "tested": replace(READY, tested=False),
    "carry": replace(READY, campaign=of(carry=False)),
    "exchanged": replace(READY, exchanged=False),
    "destinations": replace(READY, asked=[Asked(1, SHOP).answered(404, 0, SHOP)]),
    "site_faults": replace(READY, site_faults={"shop": ["two-scripts"]}),
    "utm": replace(READY, shop_links=[SHOP, "https://shop.example/?utm_source=mail"]),
    "utm_case": replace(READY, shop_links=[SHOP.replace("=mail", "=Mail")]),
    "wording": replace(READY, has_wording=False),
    "delivered": replace(READY, campaign=of(sent=None), reports=False),
}


def test_every_reason_has_a_case() -> None:
    assert set(FAULTS) == set(NAMES)
    assert tuple(check.name for check in CHECKS) == NAMES


@pytest.mark.parametrize("name", FAULTS)
def test_each_reason_alone_holds_a_campaign_back_until_it_is_overridden(name: str) -> None:
    found = readiness(FAULTS[name])
    assert ([each.name for each in found.reasons], found.ready) == ([name], False)
    override = new_override(name, "agreed with the shop", "cli", NOW)
    overridden = readiness(FAULTS[name], [override])
    assert ([each.because for each in overridden.reasons], overridden.ready) == (
        ["agreed with the shop"],
        True,
    )
    assert readiness(READY, [override]).to_json() == {
        "campaign": "spring",
        "ready": True,
        "reasons": [],
        "overrides": [
            {"name": name, "because": "agreed with the shop", "by": "cli", "at": "2026-11-28T12:00:00Z"}
        ],
        "destinations": None,
    }


def test_a_reason_says_what_it_is_about() -> None:
    assert readiness(FAULTS["destinations"]).reasons[0].details == [f"link 1 ({SHOP}): status 404"]
    assert readiness(FAULTS["site_faults"]).reasons[0].details == ["shop: two-scripts"]


def test_without_a_reason_it_is_ready_and_links_elsewhere_need_nothing_of_a_shop() -> None:
    assert readiness(READY).ready
    elsewhere = replace(READY, campaign=of(carry=False), shop_links=[], exchanged=False, has_wording=False)
    assert readiness(elsewhere).reasons == []


@pytest.mark.parametrize(
    ("name", "why"), [("nothing", "x"), ("trap", " "), ("trap", "x" * 501), ("trap", "\x1b")]
)
def test_only_a_reason_can_be_overridden_and_only_with_a_why(name: str, why: str) -> None:
    with pytest.raises(InvalidInput):
        new_override(name, why, "cli", NOW)


def test_the_faults_of_a_site_count_where_links_lead_to_it() -> None:
    store, registry = MemoryStore(), MemoryRegistry()
    registry.add_site(replace(A_SITE, names=("purchases",)))
    elsewhere, shop = Campaign("a", "A", links=LINKS[1:2]), Campaign("b", "B", links=LINKS)
    faults = [
        known_before(store, registry, each, frozenset(), at_ms(0)).site_faults for each in (elsewhere, shop)
    ]
    assert faults == [{}, {"shop": ["similar-name"]}]


def test_what_is_known_is_read_from_the_store_and_the_registry() -> None:
    store, registry = MemoryStore(), MemoryRegistry()
    campaign = replace(a_campaign(), links=LINKS)
    registry.add_campaign(campaign)
    assert facts_before_sending(store, registry, campaign, frozenset(), at_ms(0)).shop_links == []
    registry.add_site(A_SITE)
    click = a_click(100, facts=Facts.ACCEPT | Facts.CARRIED)
    store.append([an_open(90, recipient="seed"), click, landed(click, 102)])
    catch_up(store)
    known = facts_before_sending(store, registry, campaign, frozenset({"seed"}), at_ms(1_000))
    assert known == KnownBefore(campaign, [SHOP], True, False, False, False)
    fold_sites(store)
    later = facts_before_sending(store, registry, campaign, frozenset({"seed"}), at_ms(100 + 86_400))
    assert (later.tested, later.exchanged) == (False, True)


def test_the_command_ends_with_1_and_every_reason(tmp_path: Path) -> None:
    def run(*arguments: str) -> tuple[int, str, str]:
        done = CliRunner().invoke(cli, ["--data", str(tmp_path), "campaign", *arguments])
        return done.exit_code, done.stdout, done.stderr

    def told(*arguments: str) -> str:
        done = CliRunner().invoke(cli, ["--data", str(tmp_path), *arguments])
        return done.stdout + done.stderr

    run("add", "spring", "--name", "Spring")
    code, out, err = run("ready", "spring", "--json")
    found = json.loads(out)
    assert (code, found["ready"]) == (1, False)
    names = [each["name"] for each in found["reasons"]]
    assert names == ["links", "trap", "tested", "delivered"]
    assert "not ready: links, trap, tested, delivered" in err
    overridden = [text for name in names for text in ("--override", name, "a draft")]
    assert run("ready", "spring", *overridden)[0] == 0
    assert run("ready", "spring")[0] == 0  # it is kept
    assert "decided before sending: trap does not count: a draft (cli)" in told("report", "spring")
    assert run("ready", "spring", "--override", "moon", "x")[0] == 2
    assert run("ready", "spring", "--no-override", "trap")[0] == 1
    (tmp_path / "list.csv").write_text("recipient\nr-1\n")
    assert "not ready to be sent: trap; `mailpixel campaign ready spring`" in told(
        "links", "spring", "--recipients", str(tmp_path / "list.csv")
    )


def test_the_api_and_the_page_say_the_same(api: Api) -> None:
    api.registry.add_campaign(Campaign("spring", "Spring"))
    found = api.get("/api/campaigns/spring/ready").json()
    assert (found["campaign"], found["ready"]) == ("spring", False)
    assert [each["name"] for each in found["reasons"]] == ["links", "trap", "tested", "delivered"]
    assert api.error("GET", "/api/campaigns/none/ready", "read")[0] == 404


def test_the_api_keeps_an_override_with_its_why_and_takes_it_back(api: Api) -> None:
    api.registry.add_campaign(Campaign("spring", "Spring"))
    url = "/api/campaigns/spring/ready"
    found = api.ask("POST", url, json={"reason": "trap", "because": "plain  mail"}).json()
    (trap,) = [each for each in found["reasons"] if each["name"] == "trap"]
    assert (trap["because"], trap["by"], found["ready"]) == ("plain mail", "write", False)
    assert api.get(url).json()["overrides"] == found["overrides"]
    assert api.ask("POST", url, json={"reason": "trap", "because": None}).json()["overrides"] == []
    assert api.get(f"{url}?destinations=true").json()["destinations"] == []


def test_the_page_shows_each_reason_and_takes_overrides(api: Api) -> None:
    api.registry.add_campaign(Campaign("spring", "Spring"))
    person = Person(api, "write")
    page = person.see("/campaigns/spring/ready").text
    assert "Not ready to be sent" in page
    assert "There is no trap link" in page
    assert "Not ready to be sent" in person.see("/campaigns/spring").text
    assert "Not ready to be sent" in person.see("/campaigns/spring/tokens").text
    person.send("/campaigns/spring/ready", {"reason": "trap", "because": "plain mail"})
    assert [each.because for each in api.registry.overrides("spring")] == ["plain mail"]
    assert "plain mail" in person.see("/campaigns/spring/ready").text
    assert "plain mail" in person.see("/campaigns/spring").text
    assert (
        "needs a reason in words"
        in person.send("/campaigns/spring/ready", {"reason": "tested", "because": ""}).text
    )
    person.send("/campaigns/spring/ready", {"reason": "trap", "again": "yes"})
    assert api.registry.overrides("spring") == []
