"""Reports of ESPs as they arrive over HTTP: what is logged, what is refused, and what an ESP hears."""

import json
import time
from collections.abc import Iterator, Mapping
from typing import Any

import httpx2
import pytest

from mailpixel.claims import Claims, TokenKind
from mailpixel.doctor import Check, Grade, check_inbound
from mailpixel.folder.key_file import load_keyring
from mailpixel.inbound.esps import ESPS
from mailpixel.inbound.source import CHANCE_BYTES, NewSource, new_source
from mailpixel.links.token import TokenSigner
from mailpixel.server.inbound import InboundOutcome
from tests.support.api import Api
from tests.support.builders import KEYRING, SENT_AT, a_campaign
from tests.support.esp_posts import (
    MAILGUN_KEY,
    TOPIC,
    iso,
    mailgun,
    mailgun_post,
    postmark,
    sendgrid,
    sendgrid_post,
    sendgrid_public,
)
from tests.support.web import Person

CHANCE = b"c" * CHANCE_BYTES
PASSWORD = new_source(NewSource("any", "anymail"), KEYRING, CHANCE, SENT_AT)[1]
NO_TOKEN = "not-a-token"


@pytest.fixture
def esps(api: Api) -> Api:
    """A campaign, and a source of each ESP with its password."""
    api.registry.add_campaign(a_campaign(sent=10))
    keys = {"sendgrid": sendgrid_public(), "mailgun": MAILGUN_KEY, "ses": TOPIC}
    keyring = load_keyring(api.settings.key_file)
    for esp in ("postmark", "sendgrid", "mailgun", "ses", "anymail"):
        source, _ = new_source(NewSource(esp, esp, keys.get(esp, "")), keyring, CHANCE, SENT_AT)
        api.registry.add_inbound(source)
    return api


def token(api: Api, recipient: str = "r-1", campaign: str = "spring") -> str:
    signer = TokenSigner(load_keyring(api.settings.key_file))
    return signer.sign(Claims(TokenKind.MESSAGE, campaign, recipient))


def post(
    api: Api, esp: str, body: object, headers: Mapping[str, str] | None = None, auth: bool = True
) -> httpx2.Response:
    sent = body if isinstance(body, bytes) else json.dumps(body).encode()
    basic = (
        {"auth": ("mailpixel", PASSWORD)}
        if auth and esp in ("postmark", "sendgrid", "mailgun", "ses")
        else {}
    )
    bearer = {"authorization": f"Bearer {PASSWORD}"} if auth and esp == "anymail" else {}
    more: dict[str, Any] = {"headers": {**(headers or {}), **bearer}, **basic}
    return api.client.post(f"/in/{esp}", content=sent, **more)


def counted(api: Api) -> dict[tuple[str, str], int]:
    found = {}
    for line in api.get("/metrics").text.splitlines():
        if line.startswith("mailpixel_inbound_total{"):
            labels, _, number = line.partition("} ")
            esp, outcome = (part.split('"')[1] for part in labels.split(","))
            found[esp, outcome] = int(float(number))
    return found


def recipients(api: Api) -> dict[str, Any]:
    api.fold()
    found: dict[str, Any] = api.get("/api/campaigns/spring/summary").json()["recipients"]
    return {name: found[name] for name in ("delivered", "bounced", "complained")}


def now_ms() -> int:
    return int(time.time() * 1000)


def test_each_esp_reports_and_figures_follow(esps: Api) -> None:
    assert post(esps, "postmark", postmark("Delivery", token(esps))).status_code == 200
    signed = sendgrid_post(
        [sendgrid("bounce", token(esps, "r-2"), type="bounce"), sendgrid("open", "x")], now_ms()
    )
    assert post(esps, "sendgrid", signed.body, signed.headers).status_code == 200
    complaint = mailgun_post(mailgun("complained", token(esps, "r-3")), now_ms())
    assert post(esps, "mailgun", complaint.body).status_code == 200
    line = {"event_type": "delivered", "timestamp": iso(), "campaign": "spring", "recipient": "r-4"}
    assert post(esps, "anymail", line).status_code == 200
    assert recipients(esps) == {"delivered": 2, "bounced": 1, "complained": 1}
    assert counted(esps) == {
        ("postmark", "accepted"): 1,
        ("sendgrid", "accepted"): 1,
        ("sendgrid", "ignored"): 1,
        ("mailgun", "accepted"): 1,
        ("anymail", "accepted"): 1,
    }
    explained = esps.get("/api/campaigns/spring/messages/r-2").json()
    assert [report["text"] for report in explained["reports"]] == ["bounced: refused by the receiving server"]


def test_a_report_sent_again_counts_once(esps: Api) -> None:
    again = postmark("Bounce", token(esps), Type="HardBounce")
    assert [post(esps, "postmark", again).status_code for _ in range(3)] == [200] * 3
    assert len(esps.store.message("spring", "r-1").events) == 1


def test_a_mailgun_token_is_good_for_one_body_and_that_one_may_come_again(esps: Api) -> None:
    first = mailgun_post(mailgun("delivered", token(esps)), now_ms())
    other = json.loads(first.body) | {"event-data": mailgun("complained", token(esps, "r-2"))}
    answers = [post(esps, "mailgun", body).status_code for body in (first.body, first.body, other)]
    assert answers == [200, 200, 406]
    assert recipients(esps) == {"delivered": 1, "bounced": 0, "complained": 0}
    assert counted(esps)["mailgun", "replayed"] == 1


def test_a_mailgun_report_signed_anew_with_its_token_counts_once(esps: Api) -> None:
    event = mailgun("delivered", token(esps))
    for signed_ms in (now_ms() - 60_000, now_ms()):
        assert post(esps, "mailgun", mailgun_post(event, signed_ms).body).status_code == 200
    assert len(esps.store.message("spring", "r-1").events) == 1


@pytest.mark.parametrize("esp", ["postmark", "sendgrid", "mailgun", "ses", "anymail"])
def test_without_the_password_nothing_is_read(esps: Api, esp: str) -> None:
    answer = post(esps, esp, b"{", auth=False)
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, 'Basic realm="mailpixel"')
    assert counted(esps) == {(esp, "no_access"): 1}


def test_forged_stale_and_unreadable_posts_hear_that_it_is_of_no_use(esps: Api) -> None:
    stale = sendgrid_post([sendgrid("delivered", token(esps))], now_ms() - 30 * 86_400_000)
    forged = sendgrid_post([sendgrid("delivered", token(esps))], now_ms(), "other")
    assert post(esps, "sendgrid", stale.body, stale.headers).status_code == 403
    assert post(esps, "sendgrid", forged.body, forged.headers).status_code == 403
    assert post(esps, "mailgun", mailgun_post({}, now_ms(), "other").body).status_code == 406
    assert post(esps, "postmark", b"[]").status_code == 403
    assert post(esps, "ses", b"{}").status_code == 403
    assert list(esps.store.campaigns()) == []
    assert counted(esps) == {
        ("sendgrid", "stale"): 1,
        ("sendgrid", "forged"): 1,
        ("mailgun", "forged"): 1,
        ("postmark", "unreadable"): 1,
        ("ses", "forged"): 1,
    }


def test_reports_without_a_message_of_ours_are_counted_and_not_kept(esps: Api) -> None:
    later = {"event_type": "delivered", "timestamp": now_ms() / 1000 + 2 * 86_400}
    signer = TokenSigner(load_keyring(esps.settings.key_file))
    click = signer.sign(Claims(TokenKind.CLICK, "spring", "r-1", link=1))
    lines = [
        {"event_type": "delivered", "timestamp": iso()},
        {"event_type": "delivered", "timestamp": iso(), "metadata": {"mailpixel": NO_TOKEN}},
        {"event_type": "delivered", "timestamp": iso(), "metadata": {"mailpixel": click}},
        {
            "event_type": "delivered",
            "timestamp": iso(),
            "metadata": {"mailpixel": token(esps, campaign="winter")},
        },
        {"event_type": "delivered", "timestamp": iso(), "campaign": "winter", "recipient": "r-1"},
        {"event_type": "delivered", "timestamp": iso(), "campaign": "spring", "recipient": "me@example.org"},
        {"event_type": "delivered", "timestamp": iso(), "campaign": "spring", "recipient": ""},
        later | {"campaign": "spring", "recipient": "r-1"},
    ]
    body = b"\n".join(json.dumps(line).encode() for line in lines)
    assert post(esps, "anymail", body).status_code == 200
    assert list(esps.store.campaigns()) == []
    assert counted(esps) == {("anymail", "unmatched"): len(lines)}


def test_who_opted_out_is_not_reported_on(esps: Api) -> None:
    esps.registry.opt_out("r-1", SENT_AT)
    esps.client.get("/readyz")
    line = {"event_type": "delivered", "timestamp": iso(), "metadata": {"mailpixel": token(esps)}}
    missing = {"event_type": "delivered", "timestamp": iso(), "campaign": "none", "recipient": "r-2"}
    post(esps, "anymail", missing)  # a fresh look
    post(esps, "anymail", line)
    assert counted(esps) == {("anymail", "unmatched"): 1, ("anymail", "opted_out"): 1}


def test_an_unknown_source_another_method_and_a_large_body_are_refused(esps: Api) -> None:
    assert [
        esps.client.post(f"/in/{name}").status_code for name in ("nobody", "%00", "a%2Fb", "x" * 500)
    ] == [401, 401, 404, 401]
    assert esps.client.get("/in/postmark").status_code == 405
    assert post(esps, "postmark", b" " * 1_048_577).status_code == 413
    assert counted(esps) == {("unknown", "no_access"): 3, ("postmark", "too_large"): 1}


def test_who_proves_nothing_cannot_tell_which_sources_there_are(esps: Api) -> None:
    junk = {"x-twilio-email-event-webhook-signature": "anVuaw==", "authorization": "Basic anVuazpqdW5r"}
    answers = [
        esps.client.post(f"/in/{name}", content=body, headers=headers)
        for name in ("nobody", "postmark", "sendgrid", "mailgun", "ses", "anymail")
        for body, headers in ((b"", {}), (b"[]", junk), (b" " * 1_048_577, junk))
    ]
    assert {
        (answer.status_code, answer.content, str(sorted(answer.headers.items()))) for answer in answers
    } == {(401, answers[0].content, str(sorted(answers[0].headers.items())))}


def test_sources_are_set_up_over_the_api_and_their_secrets_shown_once(api: Api) -> None:
    added = api.ask("POST", "/api/inbound", json={"name": "any", "esp": "anymail"})
    assert (added.status_code, added.headers["location"]) == (201, "/api/inbound/any")
    shown = added.json()
    assert (shown["url"], shown["waits"]) == ("https://t.example/in/any", False)
    key = {"authorization": f"Bearer {shown['key']}"}
    assert api.client.post("/in/any", headers=key).status_code == 200
    (listed,) = api.ask("GET", "/api/inbound").json()["items"]
    assert sorted(listed) == ["created_at", "esp", "name", "waits"]
    assert shown["key"] not in json.dumps(listed)
    assert api.error("POST", "/api/inbound", json={"name": "any", "esp": "anymail"})[0] == 409
    assert api.error("POST", "/api/inbound", json={"name": "B", "esp": "anymail"}) == (
        422,
        "invalid_input",
        "name",
    )
    assert api.error("POST", "/api/inbound", json={"name": "b", "esp": "mailgun"}) == (
        422,
        "invalid_input",
        "secret",
    )
    assert api.error("GET", "/api/inbound", "read")[0] == 403
    assert api.ask("DELETE", "/api/inbound/any").status_code == 204
    assert api.client.post("/in/any", headers=key).status_code == 401


def test_every_refusal_is_an_outcome() -> None:
    from mailpixel.inbound.report import Refusal

    assert {refusal.value for refusal in Refusal} < {outcome.value for outcome in InboundOutcome}


@pytest.mark.parametrize("esp", [*ESPS])
def test_a_stranger_is_answered_before_the_body_is_read(esps: Api, esp: str) -> None:
    def too_large() -> Iterator[bytes]:
        for _ in range(3):
            yield b" " * 600_000

    assert esps.client.post(f"/in/{esp}", content=too_large()).status_code == 401
    assert counted(esps) == {(esp, "no_access"): 1}


def doctor(api: Api) -> dict[str, Check]:
    keyring = load_keyring(api.settings.key_file)
    return {check.name: check for check in check_inbound(api.registry, keyring)}


def test_the_doctor_names_a_source_that_only_ever_refused_posts_until_one_is_taken(esps: Api) -> None:
    before = doctor(esps)["reports mailgun"]
    assert (before.grade, before.found) == (Grade.OK, "its reports can be checked; none has arrived yet")
    assert post(esps, "mailgun", mailgun_post({}, now_ms(), "other").body).status_code == 406
    assert post(esps, "anymail", {}, auth=False).status_code == 401
    found = doctor(esps)
    refused = found["reports mailgun"]
    assert refused.grade is Grade.WARN
    assert refused.found.startswith("every post so far was refused, the last at 20")
    assert refused.found.endswith("UTC (forged)")
    assert "mailpixel inbound remove mailgun" in refused.remedy
    assert found["reports anymail"].found.endswith("(no_access)")
    assert found["reports postmark"].grade is Grade.OK
    assert "every post so far was refused (forged)" in Person(esps).see("/settings/inbound").text
    taken = mailgun_post(mailgun("delivered", token(esps)), now_ms())
    assert post(esps, "mailgun", taken.body).status_code == 200
    assert doctor(esps)["reports mailgun"].grade is Grade.OK


def test_posts_that_prove_nothing_are_noted_once_a_minute(esps: Api) -> None:
    for _ in range(3):
        assert post(esps, "anymail", {}, auth=False).status_code == 401
    first = esps.registry.inbound_posts()["anymail"].refused_at_ms
    assert post(esps, "anymail", {}, auth=False).status_code == 401
    assert esps.registry.inbound_posts()["anymail"].refused_at_ms == first
