"""What a shop's server reports about orders, line by line."""

import json
from typing import Any

import pytest

from mailpixel.errors import InvalidInput
from mailpixel.site.orders import ServerOrder, read_order
from mailpixel.site_model import OrderClaim, OrderSource

NOW_MS = 1_790_000_000_000
DAY_MS = 86_400_000
ORDER: dict[str, Any] = {"order": "1001", "name": "purchase", "value": 20, "currency": "EUR"}


def read(sent: dict[str, Any]) -> ServerOrder:
    return read_order(json.dumps(sent).encode(), NOW_MS, {"g" * 43: bytes(16)}.get)


def test_a_whole_purchase_is_read() -> None:
    told = ORDER | {
        "at": "2026-09-21T13:00:00Z", "value": "59.985", "currency": "eur", "tax": 9.58, "shipping": 0,
        "items": [{"item_id": "A", "price": 29.99, "quantity": 2}], "new_customer": True, "recipient": "r-1",
        "click": "g" * 43, "event_id": "purchase:1001", "consent": ["measure", "identify", "other"],
    }  # fmt: skip
    assert read(told) == ServerOrder("1001", "purchase", OrderClaim(
        OrderSource.SERVER, 1_789_995_600_000, "EUR", 5999, 958, 0,
        items=({"item_id": "A", "price": "29.99", "quantity": 2},), new_customer=True, recipient="r-1",
        click="00" * 16, consent=("measure", "identify"), event_id="purchase:1001",
    ))  # fmt: skip


def test_the_least_is_an_order_a_name_and_money() -> None:
    claim = OrderClaim(OrderSource.SERVER, NOW_MS, "EUR", 2000, event_id="purchase:1001")
    assert read(ORDER) == ServerOrder("1001", "purchase", claim)


def test_a_refund_has_an_id_and_a_cancellation_needs_no_money() -> None:
    refund = ORDER | {"name": "refund", "refund_id": "r-7", "value": 5}
    assert read(refund).claim == OrderClaim(OrderSource.SERVER, NOW_MS, "EUR", 500, refund_id="r-7")
    assert read({"order": 1001, "name": "cancel"}).claim == OrderClaim(OrderSource.SERVER, NOW_MS)


def test_recipient_and_click_need_consent_to_identify() -> None:
    claim = read(ORDER | {"recipient": "r-1", "click": "g" * 43, "consent": ["measure"]}).claim
    assert (claim.recipient, claim.click, claim.problems) == (
        "",
        "",
        ("no_consent:recipient", "no_consent:click"),
    )


def test_a_forged_click_leaves_the_order_as_it_is() -> None:
    claim = read(ORDER | {"click": "f" * 43, "consent": ["identify"]}).claim
    assert (claim.click, claim.value, claim.problems) == ("", 2000, ("bad:click",))


def test_an_order_may_lie_ninety_days_back_and_a_clock_five_minutes_ahead() -> None:
    assert read(ORDER | {"at": NOW_MS - 90 * DAY_MS}).claim.at_ms == NOW_MS - 90 * DAY_MS
    assert read(ORDER | {"at": NOW_MS + 300_000}).claim.at_ms == NOW_MS


@pytest.mark.parametrize("length", [1, 55, 56, 64])
def test_the_id_that_a_page_gives_a_purchase_is_taken_from_a_server_too(length: int) -> None:
    order = "o" * length
    assert (
        read(ORDER | {"order": order, "event_id": "purchase:" + order}).claim.event_id == "purchase:" + order
    )


WRONG: list[tuple[str, dict[str, Any]]] = [
    ("order", {"order": None}), ("order", {"order": "jane@shop.example"}), ("order", {"order": "x" * 65}),
    ("order", {"order": True}), ("name", {"name": "page_view"}), ("name", {"name": []}), ("name", {"name": None}),
    ("at", {"at": NOW_MS - 90 * DAY_MS - 1}), ("at", {"at": NOW_MS + 300_001}), ("at", {"at": "yesterday"}),
    ("at", {"at": 1.5}), ("at", {"at": []}), ("at", {"at": "0001-01-01T00:00:00+23:59"}), ("at", {"at": 10**30}),
    ("value", {"value": None}), ("value", {"value": "20,00"}), ("value", {"value": -1}), ("value", {"value": True}),
    ("value", {"value": 10**12 + 1}), ("currency", {"currency": None}), ("currency", {"currency": "EURO"}),
    ("currency", {"currency": 978}), ("tax", {"tax": "x"}), ("shipping", {"shipping": -1}),
    ("items", {"items": "A"}), ("items", {"items": [{"item_id": "A"}] * 201}), ("new_customer", {"new_customer": 1}),
    ("recipient", {"recipient": "jane@shop.example"}), ("recipient", {"recipient": 5}), ("click", {"click": "short"}),
    ("event_id", {"event_id": "a b"}), ("event_id", {"event_id": "x" * 65}),
    ("consent", {"consent": "measure"}), ("refund_id", {"refund_id": "r"}),
    ("refund_id", {"name": "refund"}), ("valeu", {"valeu": 1}), ("line", {"Not A Name": 1}),
]  # fmt: skip


@pytest.mark.parametrize(("field", "change"), WRONG)
def test_a_wrong_field_is_named_and_its_value_is_not(field: str, change: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput) as caught:
        read(ORDER | change)
    assert caught.value.field == field
    assert "jane" not in str(caught.value)


@pytest.mark.parametrize("line", [b"", b"[]", b"{", b"\xff", b'{"order":' + b'"x"' * 30_000 + b"}"])
def test_what_is_no_order_is_refused_as_a_line(line: bytes) -> None:
    with pytest.raises(InvalidInput, match="line: "):
        read_order(line, NOW_MS)
