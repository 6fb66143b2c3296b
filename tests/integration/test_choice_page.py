"""The page on which a person decides about measurement: GET shows, POST acts, and what it records."""

import json
import re
import threading
import time
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from starlette.testclient import TestClient

from mailpixel.cli import cli
from mailpixel.erasing import erasing_in
from mailpixel.folder.key_file import load_keyring
from mailpixel.kinds import EventKind
from mailpixel.links.minter import Minter
from mailpixel.modes import Consent, Statement
from mailpixel.pages.choice_words import built_in
from mailpixel.privacy.erasure import finish_all
from mailpixel.server.app import create_app
from mailpixel.server.choice import BODY_BYTES, MOST_WAITING
from mailpixel.server.threads import OPT_OUTS_AT_ONCE
from mailpixel.settings import Settings
from mailpixel.store.consents import EVERY_PURPOSE, OPENS, PURPOSES, Said
from tests.support.api import PERSON, Api, an_api
from tests.support.builders import BROWSER, CAMPAIGN, a_campaign, a_click, an_open

GRANTED, DENIED, UNKNOWN = Statement.GRANTED, Statement.DENIED, Statement.UNKNOWN
ENGLISH = built_in()["en"].texts
GERMAN = built_in()["de"].texts


@pytest.fixture
def mint(api: Api) -> Minter:
    api.registry.add_campaign(a_campaign(links=1))
    return Minter(load_keyring(api.settings.key_file), "https://t.example", CAMPAIGN)


def path_of(url: str) -> str:
    return url.removeprefix("https://t.example")


def shown(api: Api, url: str, query: str = "", **headers: str) -> tuple[int, str]:
    answer = api.client.get(path_of(url) + query, headers=headers)
    return answer.status_code, unescape(answer.text)


def sent(api: Api, url: str, query: str = "", **fields: str) -> str:
    answer = api.client.post(path_of(url) + query, data=fields)
    assert answer.status_code == 200
    return unescape(answer.text)


def checked(html: str) -> list[tuple[str, str]]:
    return re.findall(r'name="(\w+)" value="(\w+)" checked', html)


def test_opening_the_page_changes_nothing_whatever_is_asked(api: Api, mint: Minter) -> None:
    for query in ("", "?do=refuse", "?opens=denied&clicks=denied&do=save", "?do=erase&sure=yes"):
        code, html = shown(api, mint.choice("r-1"), query)
        assert (code, checked(html)) == (200, [])
        assert ENGLISH["unset_individual"] in html
    assert api.client.head(path_of(mint.choice("r-1"))).status_code == 200
    assert list(api.registry.consents()) == []
    assert "r-1" not in shown(api, mint.choice("r-1"))[1]


@pytest.mark.parametrize(
    ("fields", "consent", "left"),
    [
        ({"opens": "granted", "clicks": "denied"}, Consent(GRANTED, DENIED), 0),
        ({"opens": "denied"}, Consent(DENIED, UNKNOWN), 1),
        ({"clicks": "granted"}, Consent(UNKNOWN, GRANTED), 1),
    ],
)
def test_each_purpose_is_saved_apart_and_what_is_left_out_stays(
    api: Api, mint: Minter, fields: dict[str, str], consent: Consent, left: int
) -> None:
    html = sent(api, mint.choice("r-1"), do="save", **fields)
    assert api.registry.consent_of("r-1") == consent
    assert ENGLISH["saved"] in html
    assert html.count(ENGLISH["unset_individual"]) == left
    assert checked(html) == checked(shown(api, mint.choice("r-1"))[1])
    assert len(checked(html)) == 2 - left


@pytest.mark.parametrize("fields", [{}, {"opens": "maybe"}])
def test_nothing_is_said_to_be_saved_where_nothing_was_chosen(
    api: Api, mint: Minter, fields: dict[str, str]
) -> None:
    html = sent(api, mint.choice("r-1"), do="save", **fields)
    assert html == shown(api, mint.choice("r-1"))[1]
    assert ENGLISH["saved"] not in html
    assert list(api.registry.consents()) == []


@pytest.mark.parametrize("language", sorted(built_in()))
def test_what_was_said_is_shown_in_the_words_of_the_language(api: Api, mint: Minter, language: str) -> None:
    texts = built_in()[language].texts
    api.registry.record_consents(
        [
            Said("r-1", EVERY_PURPOSE, Statement.GRANTED, 1_000_000_000_000, "form", "v1"),
            Said("r-1", OPENS, Statement.UNKNOWN, 1_000_000_060_000, "form"),
        ],
        1_000_000_060_000,
    )
    html = sent(api, mint.choice("r-1"), f"?lang={language}", do="hold")
    lines = [" ".join(line.split()) for line in re.findall(r"<li><time>[^<]*</time> (.*?)</li>", html)]
    everything = ", ".join(texts[purpose] for purpose in PURPOSES)
    assert lines == [f"{texts['opens']}: {texts['unknown']}", f"{everything}: {texts['yes']}"]
    assert re.findall(r"<h2[^>]*>(.*?)</h2>", html) == [texts["said"]]


def test_a_choice_is_kept_with_the_wording_that_was_shown(api: Api, mint: Minter) -> None:
    sent(api, mint.choice("r-1"), "?lang=de", do="save", opens="granted", clicks="granted")
    [kept] = api.registry.history("r-1")
    german = built_in()["de"]
    assert (kept.method, kept.source, kept.wording, kept.recipient) == ("page", "page", german.version, "r-1")
    [proof] = api.registry.wordings()
    assert (proof.version, proof.language, proof.body, proof.chosen_ms) == (
        german.version,
        "de",
        german.body,
        None,
    )


def test_a_refusal_holds_at_once_for_mail_already_sent(api: Api, mint: Minter) -> None:
    api.store.append([an_open(1)])
    sent(api, mint.choice("r-1"), do="refuse")
    assert api.client.get(path_of(mint.pixel("r-1"))).status_code == 200
    assert [event.kind for event in api.store.message(CAMPAIGN, "r-1").events] == [
        EventKind.OPEN,
        EventKind.OPTOUT,
    ]
    sent(api, mint.choice("r-1"), do="save", opens="granted")
    api.client.get(path_of(mint.pixel("r-1")))
    assert len(api.store.message(CAMPAIGN, "r-1").events) == 3


ONE_CLICK = b'--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--x--\r\n'


@pytest.mark.parametrize(
    "body",
    [
        {"data": {"List-Unsubscribe": "One-Click"}},
        {"content": ONE_CLICK, "headers": {"content-type": "multipart/form-data; boundary=x"}},
        {},
    ],
    ids=["form", "multipart", "empty"],
)
def test_one_click_refuses_both_as_does_the_form_of_older_pages(api: Api, mint: Minter, body: Any) -> None:
    answer = api.client.post(path_of(mint.optout("r-1")), **body)
    assert answer.status_code == 200
    assert api.registry.consent_of("r-1") == Consent(DENIED, DENIED)


def test_a_message_token_refuses_and_accepts_but_shows_and_erases_nothing(api: Api, mint: Minter) -> None:
    api.store.append([an_open(1, agent="Secret program")])
    url = mint.optout("r-1")
    assert sent(api, url, do="save", opens="granted")
    for fields in ({"do": "hold"}, {"do": "erase"}, {"do": "erase", "sure": "yes"}, {"do": "nonsense"}):
        html = sent(api, url, **fields)
        assert "Secret program" not in html
        assert ENGLISH["hold"] not in html
        assert ENGLISH["sure"] not in html
    assert len(api.store.message(CAMPAIGN, "r-1").events) == 1
    assert api.registry.consent_of("r-1") == Consent(GRANTED, UNKNOWN)


def test_what_is_stored_is_shown_to_the_person(api: Api, mint: Minter) -> None:
    hits = (
        an_open(60, agent=BROWSER, facts=PERSON),
        a_click(70, agent="<b>curl</b>"),
        an_open(5, recipient="r-2"),
    )
    api.store.append(hits)
    assert ENGLISH["held_nothing"] in sent(api, mint.choice("r-3"), do="hold")
    sent(api, mint.choice("r-1"), do="save", clicks="denied")
    raw = api.client.post(path_of(mint.choice("r-1")), data={"do": "hold"}).text
    html = unescape(raw)
    assert "&lt;b&gt;curl" in raw
    assert "<b>" not in raw
    times = re.findall(r"<time>(.*?)</time> (.*?): ", html)
    assert times[:2] == [
        ("2026-09-21 14:14 UTC", f"{ENGLISH['clicked']} ({ENGLISH['machine']})"),
        ("2026-09-21 14:14 UTC", ENGLISH["opened"]),
    ]
    assert "https://shop.example/" in html
    assert "Links: No" in html
    assert ENGLISH["held_more"] not in html


def test_erasing_takes_a_second_button_and_a_later_yes_brings_the_person_back(api: Api, mint: Minter) -> None:
    api.store.append([an_open(1)])
    url = mint.choice("r-1")
    sent(api, url, do="save", opens="granted", clicks="granted")
    first = sent(api, url, do="erase")
    assert ENGLISH["erase_help"] in first
    assert len(api.store.message(CAMPAIGN, "r-1").events) == 1
    assert ENGLISH["erased"] in sent(api, url, do="erase", sure="yes")
    assert ENGLISH["erased"] in sent(api, url, do="erase", sure="yes")
    [noted] = api.registry.unfinished_erasures()
    assert (noted.people, noted.events, api.registry.erasing(noted.id)) == (1, 1, ["r-1"])
    [outcome] = finish_all(erasing_in(api.settings, api.store, api.registry))
    assert (outcome.record.events, outcome.record.bytes_found, outcome.problem) == (1, 0, "")
    assert api.store.message(CAMPAIGN, "r-1").events == ()
    assert api.registry.consent_of("r-1").erased
    api.client.get(path_of(mint.pixel("r-1")))
    assert api.store.message(CAMPAIGN, "r-1").events == ()
    _, html = shown(api, url)
    assert ENGLISH["erased"] in html
    assert ENGLISH["unset_individual"] not in html
    assert checked(html) == []
    sent(api, url, do="save", opens="granted")
    assert api.registry.consent_of("r-1") == Consent(GRANTED, DENIED), "the former yes to clicks is void"
    api.client.get(path_of(mint.pixel("r-1")))
    assert len(api.store.message(CAMPAIGN, "r-1").events) == 1


@pytest.mark.parametrize(("withdrawal", "left"), [("keep", 2), ("erase", 0)])
def test_a_refusal_of_both_keeps_or_erases_what_was_recorded(
    tmp_path: Path, withdrawal: str, left: int
) -> None:
    with an_api(tmp_path) as api:
        api.registry.add_campaign(a_campaign(links=1))
        api.store.append([an_open(1)])
        settings = Settings(data=api.settings.data, withdrawal=withdrawal)
        mint = Minter(load_keyring(api.settings.key_file), "https://t.example", CAMPAIGN)
        with TestClient(create_app(settings)) as client:
            client.post(path_of(mint.choice("r-1")), data={"do": "save", "opens": "denied"})
            assert len(api.store.message(CAMPAIGN, "r-1").events) == 1
            client.post(path_of(mint.choice("r-1")), data={"do": "refuse"})
        assert len(api.store.message(CAMPAIGN, "r-1").events) == left


@pytest.mark.parametrize(
    "fields", [{"do": "refuse"}, {"do": "save", "opens": "denied", "clicks": "denied"}, {}]
)
def test_by_a_url_of_tracked_mail_a_refusal_never_erases(tmp_path: Path, fields: dict[str, str]) -> None:
    with an_api(tmp_path) as api:
        api.registry.add_campaign(a_campaign(links=1))
        api.store.append([an_open(1)])
        settings = Settings(data=api.settings.data, withdrawal="erase")
        mint = Minter(load_keyring(api.settings.key_file), "https://t.example", CAMPAIGN)
        with TestClient(create_app(settings)) as client:
            assert client.post(path_of(mint.optout("r-1")), data=fields).status_code == 200
            assert api.registry.consent_of("r-1") == Consent(DENIED, DENIED)
            kinds = [event.kind for event in api.store.message(CAMPAIGN, "r-1").events]
            assert kinds == [EventKind.OPEN, EventKind.OPTOUT]
            client.post(path_of(mint.choice("r-1")), data={"do": "refuse"})
        assert api.store.message(CAMPAIGN, "r-1").events == ()


@pytest.mark.parametrize(
    ("query", "accepted", "language"),
    [
        ("", "de-CH,fr;q=0.9", "de"),
        ("", "pl,it;q=0.5,es;q=0.7", "es"),
        ("", "de;q=0,en;q=0.1", "en"),
        ("", "xx", "en"),
        ("", "", "en"),
        ("?lang=fr", "de", "fr"),
        ("?lang=xx", "de", "de"),
    ],
)
def test_the_language_is_the_one_asked_for_else_what_the_browser_prefers(
    api: Api, mint: Minter, query: str, accepted: str, language: str
) -> None:
    answer = api.client.get(path_of(mint.choice("r-1")) + query, headers={"accept-language": accepted})
    assert answer.headers["content-language"] == language
    assert f'<html lang="{language}">' in answer.text
    assert f'action="?lang={language}"' in answer.text
    assert built_in()[language].texts["title"] in unescape(answer.text)


def test_a_token_that_is_no_good_gets_a_page_without_choices(api: Api, mint: Minter) -> None:
    for url in (
        "/u/nonsense",
        path_of(mint.pixel("r-1")).replace("/o/", "/u/"),
        path_of(mint.choice("r-1")) + "x'",
    ):
        code, html = shown(api, url, "?lang=de")
        assert (code, GERMAN["wrong"] in html, "<form" in html) == (404, True, False)
        assert api.client.post(url, data={"do": "refuse"}).status_code == 404
    assert list(api.registry.consents()) == []


def test_a_choice_token_is_no_pixel_and_no_link(api: Api, mint: Minter) -> None:
    token = mint.choice("r-1").rpartition("/")[2]
    assert api.client.get(f"/o/{token}").status_code == 200
    assert api.client.get(f"/c/{token}/1").status_code == 404
    assert api.store.message(CAMPAIGN, "r-1").events == ()


def test_the_page_loads_nothing_is_not_kept_and_is_not_framed(api: Api, mint: Minter) -> None:
    answer = api.client.get(path_of(mint.choice("r-1")))
    policy = answer.headers["content-security-policy"]
    assert re.fullmatch(
        r"default-src 'none'; style-src 'sha256-[\w+/=]+'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
        policy,
    )
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["x-frame-options"] == "DENY"
    assert "set-cookie" not in answer.headers
    assert not re.search(r"<script|src=|<link|url\(|@import", answer.text)


def test_a_body_is_bounded_and_a_broken_form_is_refused(api: Api, mint: Minter) -> None:
    path = path_of(mint.choice("r-1"))
    form = {"content-type": "application/x-www-form-urlencoded"}
    for body, status in (
        (b"do=refuse&x=" + b"y" * BODY_BYTES, 413),
        (b"do=refuse\xff", 400),
        (b"a&" * 50, 400),
    ):
        assert api.client.post(path, content=body, headers=form).status_code == status
    assert list(api.registry.consents()) == []


def test_the_name_of_the_sender_is_text(api: Api, mint: Minter) -> None:
    settings = Settings(data=api.settings.data, sender_name="Ann & <Sons>")
    with TestClient(create_app(settings)) as client:
        html = client.get(path_of(mint.choice("r-1"))).text
    assert "Ann &amp; &lt;Sons&gt; would like to see" in html
    assert ENGLISH["anonymous"] in shown(api, mint.choice("r-1"))[1]


@pytest.mark.parametrize(
    ("unknown", "mode", "text"),
    [
        ("off", "", "unset_off"),
        ("aggregate", "", "unset_aggregate"),
        ("individual", "", "unset_individual"),
    ],
)
def test_the_page_says_what_holds_without_an_answer(
    api: Api, mint: Minter, unknown: str, mode: str, text: str
) -> None:
    settings = Settings(data=api.settings.data, unknown_consent=unknown, mode=mode or "individual")
    with TestClient(create_app(settings)) as client:
        html = unescape(client.get(path_of(mint.choice("r-1"))).text)
    assert html.count(ENGLISH[text]) == 2


def test_the_page_says_that_the_day_of_the_last_open_is_noted(api: Api, mint: Minter) -> None:
    settings = Settings(data=api.settings.data, unknown_consent="deliverability", mode="individual")
    with TestClient(create_app(settings)) as client:
        html = unescape(client.get(path_of(mint.choice("r-1"))).text)
    assert [html.count(ENGLISH[name]) for name in ("unset_deliverability", "unset_aggregate")] == [1, 1]


def test_when_too_many_wait_the_next_one_is_asked_to_come_back(api: Api, mint: Minter) -> None:
    lane = api.client.app_state["services"].threads.opt_outs
    done = threading.Event()
    portal = api.client.portal
    assert portal is not None
    busy = [portal.start_task_soon(lane.run, done.wait) for _ in range(OPT_OUTS_AT_ONCE + MOST_WAITING)]
    while lane.waiting < MOST_WAITING:
        time.sleep(0.01)
    answer = api.client.post(
        path_of(mint.choice("r-1")), data={"do": "refuse"}, headers={"accept-language": "de"}
    )
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "60")
    assert GERMAN["busy"] in unescape(answer.text)
    done.set()
    for task in busy:
        task.result()
    assert list(api.registry.consents()) == []
    sent(api, mint.choice("r-1"), do="refuse")


def test_the_texts_can_be_replaced_and_the_new_version_is_kept_with_the_choice(
    api: Api, mint: Minter
) -> None:
    def run(*words: str, input: str = "") -> tuple[int, str, str]:
        done = CliRunner().invoke(
            cli, ["--data", str(api.settings.data), "consent", "wording", *words], input=input
        )
        return done.exit_code, done.stdout, done.stderr

    code, text, _ = run("show", "de")
    changed = json.loads(text) | {"title": "Was dürfen wir sehen?"}
    assert (code, run("add", "-", input=json.dumps(changed))[0]) == (0, 0)
    polish = json.dumps(changed | {"language": "pl", "title": "Wybór", "name": "Polski"})
    assert run("add", "-", input=polish)[0] == 0
    _, html = shown(api, mint.choice("r-1"), **{"accept-language": "pl"})
    assert "Wybór" in html
    assert 'hreflang="de" lang="de">Deutsch<' in html
    assert "Was dürfen wir sehen?" in sent(api, mint.choice("r-1"), "?lang=de", do="refuse")
    [kept] = api.registry.history("r-1")
    listed = run("list")[1]
    assert re.search(rf"de +{kept.wording}  in force since", listed)
    assert re.search(rf"de +{built_in()['de'].version}  replaced", listed)
    assert run("add", "-", input="{}")[0] == 2
    assert run("show", "xx")[0] == 1
