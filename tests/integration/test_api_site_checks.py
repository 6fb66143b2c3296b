"""What a shop tells and asks over the API: would this envelope be taken, and these are our orders."""

import json
import re
from typing import Any

import pytest

from mailpixel.kinds import EventKind
from mailpixel.site_model import read_claim
from mailpixel.times import now_ms
from tests.support.api import NDJSON, Api
from tests.support.builders import SITE
from tests.support.envelopes import PURCHASE_DATA, an_envelope, an_event

CHECK, ORDERS = f"/api/sites/{SITE.id}/check", f"/api/sites/{SITE.id}/orders"
PAGE = f"https://{SITE.hosts[0]}/cart"
AT_MS = now_ms() - 60_000
KEPT = {
    "name", "id", "at_ms", "url", "referrer", "view", "nav", "data", "problems", "consent", "source", "version",
    "click", "visitor", "automated",
}  # fmt: skip


@pytest.fixture
def shop(api: Api) -> Api:
    api.registry.add_site(SITE)
    return api


def logged(api: Api) -> int:
    return sum(len(m.events) for campaign in (SITE.visits, SITE.orders) for m in api.store.messages(campaign))


def checked(api: Api, **asked: Any) -> dict[str, Any]:
    answer = api.ask("POST", CHECK, "read", json=asked)
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    assert set(found) == {"outcome", "problems", "events"}
    return found


def text(*events: object, **fields: Any) -> str:
    return an_envelope(*events, **fields).decode()


def test_a_check_says_what_would_be_kept_and_logs_nothing(shop: Api) -> None:
    body = text(an_event(url=PAGE), an_event("purchase", url=PAGE, data=PURCHASE_DATA), an_event("buy"))
    found = checked(shop, body=body)
    view, purchase, unknown = found["events"]
    assert (found["outcome"], found["problems"]) == ("logged", [])
    assert [(each["name"], each["logged"], each["problems"]) for each in found["events"]] == [
        ("page_view", True, []),
        ("purchase", True, []),
        ("buy", False, ["refused:unknown_name"]),
    ]
    assert (set(view["event"]), set(purchase["event"]), unknown["event"]) == (KEPT, KEPT, {})
    assert (view["event"]["url"], view["event"]["data"]) == (PAGE, {})
    assert purchase["event"]["id"] == "purchase:o-1"
    assert purchase["event"]["data"]["currency"] == "EUR"
    assert logged(shop) == 0


@pytest.mark.parametrize(
    ("asked", "outcome"),
    [
        ({"body": ""}, "malformed"),
        ({"body": text(v=3)}, "unknown_version"),
        ({"body": text(*[an_event()] * 21)}, "too_many"),
        ({"body": text(consent=[], withdrawn=1)}, "withdrawn"),
        ({"body": text(an_event(url=PAGE), consent=None, proof=None)}, "no_consent"),
        ({"body": text(an_event(url=PAGE)), "headers": {"Origin": "https://evil.example"}}, "nothing"),
        ({"body": text(an_event(url=PAGE)), "headers": {"origin": "null", "Sec-GPC": "1"}}, "logged"),
        ({"gif": "n=page_view&id=1&c=measure&u=" + PAGE}, "logged"),
        ({"gif": ""}, "no_consent"),
    ],
)
def test_a_check_has_a_word_for_every_envelope(shop: Api, asked: dict[str, Any], outcome: str) -> None:
    assert checked(shop, **asked)["outcome"] == outcome


def test_a_signal_of_privacy_takes_consent_to_identify_away(shop: Api) -> None:
    body = text(an_event(url=PAGE), consent=["measure", "identify"], visitor="v" * 22)
    plain, with_gpc = checked(shop, body=body), checked(shop, body=body, headers={"sec-gpc": "1"})
    assert (plain["problems"], plain["events"][0]["event"]["visitor"]) == ([], "v" * 22)
    assert with_gpc["problems"] == ["no_consent:visitor"]
    assert with_gpc["events"][0]["event"]["visitor"] == ""


def test_a_check_of_an_archived_site_says_that_no_site_takes_it(shop: Api) -> None:
    shop.ask("PATCH", f"/api/sites/{SITE.id}", json={"archived": True})
    assert checked(shop, body=text(an_event(url=PAGE)))["outcome"] == "unknown_site"


def test_what_is_wrong_with_a_check_is_named(shop: Api) -> None:
    for asked, field in (
        ({}, "body"),
        ({"body": "{}", "gif": ""}, "body"),
        ({"body": 7}, "body"),
        ({"body": "{}", "headers": {"sec-gpc": 1}}, "headers"),
        ({"body": "{}", "headers": []}, "headers"),
        ({"body": "{}", "cookies": {}}, "cookies"),
    ):
        assert shop.error("POST", CHECK, json=asked) == (422, "invalid_input", field)
    assert shop.error("POST", "/api/sites/other/check", json={"gif": ""})[0] == 404
    assert shop.error("POST", CHECK, None, json={"gif": ""})[0] == 401


NOBODY_NAMED = {"named": 0, "not_named": 0}


def an_order(order: str | int = "1001", name: str = "purchase", **fields: Any) -> dict[str, Any]:
    return {"order": order, "name": name, "value": "20.00", "currency": "EUR", "at": AT_MS, **fields}


def send(api: Api, *lines: object) -> list[dict[str, Any]]:
    body = "\n".join(each if isinstance(each, str) else json.dumps(each) for each in lines)
    answer = api.ask("POST", ORDERS, content=body, headers=NDJSON)
    assert answer.status_code == 200
    return [json.loads(line) for line in answer.text.splitlines()]


def test_orders_are_logged_in_the_case_of_their_order(shop: Api) -> None:
    refund = an_order(name="refund", refund_id="f-1", value=5)
    assert send(shop, an_order(), refund, an_order("1002", "cancel")) == [
        {"accepted": 3, "failed": 0} | NOBODY_NAMED
    ]
    [first, second] = shop.store.messages(SITE.orders)
    kinds = {event.kind: read_claim(event.body) for event in first.events}
    assert (first.recipient, second.recipient) == ("1001", "1002")
    assert {kind: claim.value for kind, claim in kinds.items()} == {
        EventKind.PURCHASE: 2_000,
        EventKind.REFUND: 500,
    }
    assert [event.kind for event in second.events] == [EventKind.CANCEL]


def test_an_order_that_is_sent_again_is_logged_once(shop: Api) -> None:
    order = an_order()
    assert (
        send(shop, order, order) == send(shop, order, order) == [{"accepted": 2, "failed": 0} | NOBODY_NAMED]
    )
    assert logged(shop) == 1
    changed = order | {"value": "21.00"}
    assert send(shop, changed)[-1] == {"accepted": 1, "failed": 0} | NOBODY_NAMED
    assert logged(shop) == 2


def test_what_is_wrong_with_an_order_is_told_line_by_line_and_the_others_are_logged(shop: Api) -> None:
    long = '{"order": "' + "x" * 70_000
    answer = send(
        shop, an_order(), "{", "", an_order(currency="EURO"), long, an_order("1002"), an_order("a@b.c")
    )
    told = [(line["row"], line["error"]["code"], line["error"]["field"]) for line in answer[:-1]]
    assert told == [
        (2, "invalid_input", "line"),
        (4, "invalid_input", "currency"),
        (5, "invalid_input", "line"),
        (7, "invalid_input", "order"),
    ]
    assert answer[-1] == {"accepted": 2, "failed": 4} | NOBODY_NAMED
    assert "a@b.c" not in str(answer)


def test_the_answer_says_of_how_many_the_customer_is_known_and_of_how_many_the_id_was_not_kept(
    shop: Api,
) -> None:
    agreed = an_order(recipient="r-1", consent=["measure", "identify"])
    lines = [agreed, an_order("1002", recipient="r-2"), an_order("1003", recipient="r-3"), an_order("1004")]
    assert send(shop, *lines) == [{"accepted": 4, "failed": 0, "named": 1, "not_named": 2}]
    one = shop.ask("POST", ORDERS, json=an_order("1005", recipient="r-4")).json()
    assert one == {"accepted": 1, "failed": 0, "named": 0, "not_named": 1}


def test_one_order_can_be_sent_as_json(shop: Api) -> None:
    order = an_order(order=1001, value=19.99, items=[{"item_id": "a", "price": 19.99}], new_customer=True)
    assert shop.ask("POST", ORDERS, json=order).json() == {"accepted": 1, "failed": 0} | NOBODY_NAMED
    assert send(shop, order) == [{"accepted": 1, "failed": 0} | NOBODY_NAMED]
    [case] = shop.store.messages(SITE.orders)
    assert [read_claim(event.body).value for event in case.events] == [1_999]
    assert shop.error("POST", ORDERS, json=an_order(currency="EURO")) == (422, "invalid_input", "currency")
    assert shop.error("POST", ORDERS, json=an_order(name="sale")) == (422, "invalid_input", "name")
    assert shop.error("POST", ORDERS, json={}) == (422, "invalid_input", "order")


def test_orders_need_a_key_that_may_write_and_a_site(shop: Api) -> None:
    assert shop.error("POST", ORDERS, "read", json=an_order())[0] == 403
    assert shop.error("POST", "/api/sites/other/orders", json=an_order())[0] == 404


def test_an_archived_site_takes_no_orders_until_it_is_restored(shop: Api) -> None:
    order = {"order": "1", "name": "purchase", "value": "1", "currency": "EUR"}
    shop.ask("PATCH", f"/api/sites/{SITE.id}", json={"archived": True})
    for sent in ({"json": order}, {"content": json.dumps(order), "headers": NDJSON}):
        assert shop.error("POST", ORDERS, **sent) == (409, "conflict", None)
    assert logged(shop) == 0
    shop.ask("PATCH", f"/api/sites/{SITE.id}", json={"archived": False})
    assert shop.ask("POST", ORDERS, json=order).json() == {"accepted": 1, "failed": 0} | NOBODY_NAMED


def test_a_page_is_served_by_the_app_and_its_script_comes_from_here(shop: Api) -> None:
    shop.client.post(f"/p/{SITE.key}", content=an_envelope(an_event(url=PAGE)))
    assert shop.client.get(f"/p/{SITE.key}.gif").headers["content-type"] == "image/gif"
    script = shop.client.get(f"/p/{SITE.key}.js")
    again = shop.client.get(f"/p/{SITE.key}.js", headers={"if-none-match": script.headers["etag"]})
    assert (script.status_code, again.status_code, again.content) == (200, 304, b"")
    assert re.search(rb"/p/[0-9a-f]{16}", script.content)
    assert logged(shop) == 2
    assert shop.client.get("/.well-known/gpc.json").json() == {"gpc": True, "lastUpdate": "2026-11-28"}
