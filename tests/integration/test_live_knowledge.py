"""A running server takes in what others change, on every surface at once, and says when it cannot."""

import hashlib
import time
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from mailpixel.claims import Claims, TokenKind
from mailpixel.folder.key_file import load_keyring, rotate
from mailpixel.links.minter import Minter
from mailpixel.links.token import TokenSigner
from mailpixel.model import Link
from mailpixel.modes import Mode, both
from mailpixel.privacy.optout import opt_out
from mailpixel.store.keys import ApiKey
from tests.support.api import Api
from tests.support.builders import CAMPAIGN, a_campaign

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)

INDIVIDUAL = both(Mode.INDIVIDUAL)


@pytest.fixture
def mint(api: Api) -> Minter:
    api.registry.add_campaign(a_campaign(links=1))
    return Minter(load_keyring(api.settings.key_file), "https://t.example", CAMPAIGN)


def status(api: Api, url: str, method: str = "GET") -> int:
    path = url.removeprefix("https://t.example")
    code: int = api.client.request(method, path, follow_redirects=False).status_code
    return code


def state_of(api: Api) -> dict[str, Any]:
    answer = api.client.get("/readyz")
    state: dict[str, Any] = answer.json()
    assert answer.status_code == (200 if state["ready"] else 503)
    return state


def wait_for(api: Api, part: str, fresh: bool) -> None:
    until = time.monotonic() + 60
    while state_of(api)["knowledge"][part]["fresh"] is not fresh:
        assert time.monotonic() < until
        time.sleep(0.02)


def test_a_key_added_to_a_running_server_holds_at_once_on_every_surface(api: Api, mint: Minter) -> None:
    before = [mint.pixel("r-1"), mint.link("r-1", 1), mint.merge_link("r-1", 1), mint.optout("r-1")]
    keyring = rotate(api.settings.key_file)
    new = Minter(keyring, "https://t.example", CAMPAIGN)
    assert status(api, new.optout("r-2")) == 200
    assert status(api, new.link("r-2", 1)) == 302
    assert status(api, new.merge_link("r-2", 1)) == 302
    assert status(api, new.pixel("r-2")) == 200
    assert [status(api, url) for url in before] == [200, 302, 302, 200]
    assert status(api, new.optout("r-3"), "POST") == 200
    minted = api.ask("POST", f"/api/campaigns/{CAMPAIGN}/mint?merge=true", content=b'{"recipient": "r-4"}\n')
    token = minted.json()["token"]
    reading = TokenSigner(keyring).verify(token, {TokenKind.MESSAGE})
    assert reading.claims == Claims(TokenKind.MESSAGE, CAMPAIGN, "r-4", modes=INDIVIDUAL)
    assert token == new.token("r-4", INDIVIDUAL)
    rewritten = api.ask(
        "POST",
        f"/api/campaigns/{CAMPAIGN}/rewrite",
        json={"recipient": "r-5", "html": "<p>a</p>"},
    ).json()["html"]
    assert new.pixel("r-5", INDIVIDUAL) in rewritten


def test_a_hit_of_a_key_added_a_moment_ago_is_logged(api: Api, mint: Minter) -> None:
    new = Minter(rotate(api.settings.key_file), "https://t.example", CAMPAIGN)
    assert status(api, new.pixel("r-2")) == 200
    assert len(api.store.message(CAMPAIGN, "r-2").events) == 1


def test_a_link_registered_a_moment_ago_leads_though_another_unknown_one_was_just_asked_for(
    api: Api, mint: Minter
) -> None:
    for number in range(2, 5):
        assert status(api, mint.merge_link("r-1", 99)) == 404
        url = f"https://shop.example/{number}"
        api.registry.change_campaign(
            CAMPAIGN,
            lambda c, n=number, u=url: replace(c, links=(*c.links, Link(n, u))),  # type: ignore[misc]
            "cli",
            NOW,
        )
        assert status(api, mint.merge_link("r-1", number)) == 302


def test_a_broken_key_file_stops_neither_corrections_nor_opt_outs_nor_new_api_keys(
    api: Api, mint: Minter
) -> None:
    whole = api.settings.key_file.read_bytes()
    api.settings.key_file.write_text("{")
    wait_for(api, "keys", fresh=False)
    state = state_of(api)
    assert (state["ready"], state["knowledge"]["registry"]["fresh"]) == (False, True)
    assert set(state["knowledge"]) == {"keys", "registry", "people", "rules", "salts", "database"}
    assert str(api.settings.data) not in str(state)

    api.registry.change_campaign(
        CAMPAIGN, lambda c: replace(c, links=(Link(1, "https://shop.example/corrected"),)), "cli", NOW
    )
    opt_out(api.store, api.registry, "r-7", NOW)
    api.registry.add_key(ApiKey("late", "read", hashlib.sha256(b"mp_late").digest(), NOW))
    assert api.ask("GET", "/api/campaigns", "late").status_code == 200  # the look takes in the rest, too
    answer = api.client.get(mint.link("r-1", 1).removeprefix("https://t.example"), follow_redirects=False)
    assert answer.headers["location"] == "https://shop.example/corrected"
    assert status(api, mint.pixel("r-7")) == 200
    assert [event.kind for event in api.store.message(CAMPAIGN, "r-7").events] == []

    api.settings.key_file.write_bytes(whole)
    wait_for(api, "keys", fresh=True)


def test_a_damaged_file_of_rules_makes_readiness_red_until_it_is_mended(api: Api) -> None:
    lists = api.settings.data / "operator.json"
    lists.write_text("{")
    wait_for(api, "rules", fresh=False)
    lists.unlink()
    wait_for(api, "rules", fresh=True)


def test_the_age_of_what_is_known_is_a_metric(api: Api) -> None:
    api.client.get("/api/campaigns", headers={"authorization": "Bearer mp_other"})
    until = time.monotonic() + 60
    while 'mailpixel_knowledge_age_seconds{part="keys"}' not in api.get("/metrics").text:
        assert time.monotonic() < until
        time.sleep(0.05)


def test_a_token_of_a_removed_key_is_no_forgery(api: Api, mint: Minter) -> None:
    stranger = Minter(
        replace(load_keyring(api.settings.key_file), keys=rotate(api.settings.key_file).keys[1:]),
        "https://t.example",
        CAMPAIGN,
    )
    api.settings.key_file.write_bytes(b"{")  # the new key is not taken in
    for url in (stranger.pixel("r-9"), stranger.pixel("r-9") + "'"):
        assert status(api, url) == 200
    assert api.store.message(CAMPAIGN, "r-9").events == ()
