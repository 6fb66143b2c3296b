"""Webhooks over the API: add, show, change, test, rotate, replay, letters, remove."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks import Webhook as Oracle

from mailpixel.store.webhooks import Letter, Posting, PostOutcome
from tests.support.api import Api, an_api
from tests.support.builders import a_campaign, an_open
from tests.support.receiver import DIE, Receiver, a_receiver
from tests.support.webhooks import LOCAL

FRESH = {
    "verdicts": "human",
    "campaigns": [],
    "batch": 1,
    "insecure": True,
    "state": "running",
    "stopped_because": "",
    "old_secret_until": None,
    "waiting": 0,
    "waiting_since": None,
    "letters": 0,
    "dead_letters": 0,
    "failing_since": None,
    "retry_at": None,
    "last_outcome": None,
    "last_status": None,
    "last_took_ms": None,
    "last_at": None,
    "posts": dict.fromkeys(("accepted", "refused", "unavailable", "unreachable", "forbidden", "gone"), 0),
}


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with a_receiver() as made:
        yield made


@pytest.fixture
def local(tmp_path: Path) -> Iterator[Api]:
    """The API of a service that may post to this machine."""
    with an_api(tmp_path, webhook_networks=LOCAL) as made:
        yield made


def add(api: Api, url: str, **more: Any) -> Any:
    body = {"name": "crm", "url": url, "insecure": True, **more}
    added = api.ask("POST", "/api/webhooks", json=body)
    assert (added.status_code, added.headers["location"]) == (201, "/api/webhooks/crm")
    return added.json()


def test_a_webhook_is_added_with_a_secret_shown_once_listed_and_removed(local: Api) -> None:
    added = add(local, "http://127.0.0.1:9/in", events=["clicked", "opened"])
    secret, created_at = added.pop("secret"), added.pop("created_at")
    whole = {"name": "crm", "url": "http://127.0.0.1:9/in", "events": ["opened", "clicked"], **FRESH}
    assert added == whole
    assert secret.startswith("whsec_")
    shown = local.ask("GET", "/api/webhooks/crm").json()
    assert shown == whole | {"created_at": created_at}
    assert local.ask("GET", "/api/webhooks").json() == {"items": [shown]}
    assert local.error("POST", "/api/webhooks", json={"name": "crm", "url": "https://crm.example/"})[0] == 409
    assert local.ask("DELETE", "/api/webhooks/crm").status_code == 204
    assert local.ask("GET", "/api/webhooks").json() == {"items": []}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"url": "https://crm.example/"}, "name"),
        ({"name": "crm"}, "url"),
        ({"name": "c r m", "url": "https://crm.example/"}, "name"),
        ({"name": "crm", "url": "http://crm.example/"}, "url"),
        ({"name": "crm", "url": "https://[::ffff:10.0.0.1]/"}, "url"),
        ({"name": "crm", "url": "https://crm.example/#x"}, "url"),
        ({"name": "crm", "url": "https://crm.example/", "events": ["read"]}, "events[0]"),
        ({"name": "crm", "url": "https://crm.example/", "campaigns": ["a b"]}, "campaigns[0]"),
        ({"name": "crm", "url": "https://crm.example/", "batch": 101}, "batch"),
        ({"name": "crm", "url": "https://crm.example/", "since": "yesterday"}, "since"),
    ],
)
def test_what_cannot_be_a_webhook_is_refused_by_field(api: Api, body: Any, field: str) -> None:
    assert api.error("POST", "/api/webhooks", json=body) == (422, "invalid_input", field)
    assert api.registry.webhooks() == []


def test_a_webhook_is_changed_stopped_and_started_and_keeps_the_rest(local: Api) -> None:
    before = add(local, "http://127.0.0.1:9/in")
    del before["secret"]
    changes = {"events": ["clicked"], "campaigns": ["spring"], "verdicts": "all", "batch": 50}
    path = "/api/webhooks/crm"
    assert local.ask("PATCH", path, json=changes).json() == before | changes
    stopped = {"state": "stopped", "stopped_because": "stopped by hand"}
    assert local.ask("PATCH", path, json={"state": "stopped"}).json() == before | changes | stopped
    assert local.ask("PATCH", path, json={"state": "running"}).json() == before | changes
    all_of_it = {"events": [], "campaigns": [], "verdicts": "human", "batch": 1}
    assert local.ask("PATCH", path, json=all_of_it).json() == before
    assert local.error("PATCH", path, json={"insecure": False}) == (422, "invalid_input", "url")
    moved = {"url": "https://crm.example/", "insecure": False}
    assert local.ask("PATCH", path, json=moved).json() == before | moved
    assert local.error("PATCH", path, json={"url": "https://10.0.0.1/"}) == (422, "invalid_input", "url")
    assert local.error("PATCH", path, json={"name": "other"}) == (422, "invalid_input", "name")


def test_a_test_is_signed_and_shows_what_the_receiver_answers(local: Api, receiver: Receiver) -> None:
    secret = add(local, receiver.url)["secret"]
    receiver.answer = lambda post: (200, {}, b"<b>thank you</b>\n")
    tried = local.ask("POST", "/api/webhooks/crm/test").json()
    assert tried | {"took_ms": 0} == {
        "outcome": "accepted",
        "status": 200,
        "took_ms": 0,
        "problem": "",
        "answer": "<b>thank you</b>",
    }
    (post,) = receiver.posts
    assert Oracle(secret).verify(post.body, dict(post.headers)) == post.json
    assert (post.json["type"], post.json["data"]) == ("test", {"webhook": "crm"})
    receiver.answer = lambda post: DIE
    lost = local.ask("POST", "/api/webhooks/crm/test").json()
    assert (lost["outcome"], lost["status"], lost["problem"]) == (
        "unreachable",
        None,
        "the connection ended before an answer",
    )


def test_after_a_rotation_both_secrets_are_known_for_the_hours_asked_for(local: Api) -> None:
    old = add(local, "http://127.0.0.1:9/in")["secret"]
    new = local.ask("POST", "/api/webhooks/crm/rotate", json={"hours": 2}).json()
    assert new["secret"] not in ("", old)
    assert local.ask("GET", "/api/webhooks/crm").json()["old_secret_until"] == new["old_secret_until"]
    assert local.error("POST", "/api/webhooks/crm/rotate", json={"hours": -1})[2] == "hours"


def test_a_replay_begins_again_at_a_moment(local: Api) -> None:
    local.registry.add_campaign(a_campaign())
    local.store.append([an_open(10), an_open(20)])
    add(local, "http://127.0.0.1:9/in")
    end = local.registry.webhook("crm").start_at
    assert local.ask("POST", "/api/webhooks/crm/replay", json={"since": 0}).status_code == 422
    local.ask("POST", "/api/webhooks/crm/replay", json={"since": "2026-09-21T00:00:00Z"}).raise_for_status()
    assert local.registry.webhook("crm").start_at == "" != end


def test_letters_are_listed_by_page_and_tried_again(local: Api) -> None:
    add(local, "http://127.0.0.1:9/in")
    ids = [bytes([number] * 16) for number in (1, 2, 3)]
    local.registry.put_letters(
        [Letter("crm", id, "spring", "r-1", 6, 1_000, 400, dead=id == ids[2]) for id in ids]
    )
    first = local.ask("GET", "/api/webhooks/crm/letters?limit=2").json()
    after = local.ask("GET", f"/api/webhooks/crm/letters?cursor={first['next']}").json()
    shown = {"campaign": "spring", "recipient": "r-1", "attempts": 6, "last_status": 400}
    assert first["items"][0] == shown | {"event": ids[0].hex(), "next_try": "1970-01-01T00:00:01Z"}
    assert after == {"items": [shown | {"event": ids[2].hex(), "next_try": None}], "next": None}
    path = "/api/webhooks/crm/retry"
    assert local.ask("POST", path, json={"event": ids[2].hex()}).json() == {"letters": 1}
    assert local.ask("GET", "/api/webhooks/crm").json()["dead_letters"] == 0
    assert local.ask("POST", path, json={}).json() == {"letters": 3}
    assert local.error("POST", path, json={"event": "00" * 16})[0] == 404
    assert local.error("POST", path, json={"event": "none"}) == (422, "invalid_input", "event")
    assert local.error("GET", "/api/webhooks/crm/letters?cursor=YQ") == (422, "invalid_input", "cursor")


def test_webhooks_take_the_scope_write_and_unknown_ones_are_not_found(api: Api) -> None:
    assert api.error("GET", "/api/webhooks", "read")[0] == 403
    bodies = {"rotate": {}, "replay": {"since": "2026-09-21"}, "retry": {}, "test": None}
    for verb, body in bodies.items():
        assert api.error("POST", f"/api/webhooks/none/{verb}", json=body)[0] == 404
    assert api.error("GET", "/api/webhooks/none/letters")[0] == 404
    for method, body in (("GET", None), ("DELETE", None), ("PATCH", {})):
        assert api.error(method, "/api/webhooks/none", json=body)[0] == 404


def test_metrics_are_read_from_the_store_and_know_no_names(local: Api) -> None:
    add(local, "http://127.0.0.1:9/in")
    local.registry.note_posting("crm", Posting(posts={PostOutcome.ACCEPTED: 3, PostOutcome.GONE: 1}))
    local.registry.put_letters(
        [Letter("crm", bytes([n] * 16), "spring", "r-1", 6, 1_000, dead=n == 1) for n in (1, 2, 3)]
    )
    lines = [line for line in local.get("/metrics").text.splitlines() if line.startswith("mailpixel_webhook")]
    assert lines == [
        'mailpixel_webhook_posts_total{outcome="accepted"} 3.0',
        'mailpixel_webhook_posts_total{outcome="refused"} 0.0',
        'mailpixel_webhook_posts_total{outcome="unavailable"} 0.0',
        'mailpixel_webhook_posts_total{outcome="unreachable"} 0.0',
        'mailpixel_webhook_posts_total{outcome="forbidden"} 0.0',
        'mailpixel_webhook_posts_total{outcome="gone"} 1.0',
        "mailpixel_webhook_lag_seconds 0.0",
        'mailpixel_webhook_letters{state="waiting"} 2.0',
        'mailpixel_webhook_letters{state="dead"} 1.0',
    ]
    now_ms = round(time.time() * 1000)
    assert local.registry.take_lease("webhook crm", "one", now_ms, 1_000)
    assert "mailpixel_webhook_lag_seconds +Inf" in local.get("/metrics").text, "it never caught up"
    local.ask("PATCH", "/api/webhooks/crm", json={"state": "stopped"})
    assert "mailpixel_webhook_lag_seconds 0.0" in local.get("/metrics").text, "it does not run"
