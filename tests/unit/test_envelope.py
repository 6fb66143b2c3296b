"""Envelopes of a site: outcomes, problems and what is kept."""

import json
from typing import Any

import pytest

from mailpixel.site.envelope import read_envelope
from mailpixel.site.gif import read_query
from mailpixel.site.outcomes import Outcome, ReadEvent, Reading, Signals
from mailpixel.site_model import OrderClaim, OrderSource, Site, Step

NOW_MS = 1_790_000_000_000
SITE = Site("shop", "0123456789abcdef", ("shop.example",), ask=False)
PLAIN = Signals(NOW_MS)
VIEW = {
    "name": "page_view",
    "id": "v1",
    "url": "https://shop.example/a?utm_source=mail&session=1#top",
    "age_ms": 7,
}


def read(sent: dict[str, Any], signals: Signals = PLAIN) -> Reading:
    return read_envelope(json.dumps(sent).encode(), SITE, signals)


def test_a_page_view_is_kept_with_a_query_cut_to_what_the_site_keeps() -> None:
    step = Step(
        "page_view",
        "v1",
        NOW_MS - 7,
        url="https://shop.example/a?utm_source=mail",
        consent=("measure",),
        source="none_needed",
    )
    assert read({"v": 1, "events": [VIEW]}) == Reading(
        Outcome.LOGGED,
        events=(ReadEvent("page_view", True, step=step),),
        consent=("measure",),
        source="none_needed",
    )


def test_a_purchase_is_a_step_and_a_claim_about_its_order() -> None:
    data = {
        "transaction_id": "A-1",
        "value": 20.005,
        "currency": "eur",
        "items": [{"item_id": 9, "price": 20.01}],
    }
    event = read({"v": 1, "events": [{"name": "purchase", "data": data}]}).events[0]
    items = ({"item_id": "9", "price": "20.01"},)
    kept = {"transaction_id": "A-1", "value": "20.01", "currency": "EUR", "items": [*items]}
    problems = ("fixed:currency",)
    step = Step("purchase", "purchase:A-1", NOW_MS, "", data=kept, problems=problems, consent=("measure",))
    order = OrderClaim(
        OrderSource.BROWSER, NOW_MS, "EUR", 2001, items=items, consent=("measure",), event_id="purchase:A-1",
        problems=problems,
    )  # fmt: skip
    assert event == ReadEvent(
        "purchase", True, problems, Step(**_fields(step) | {"source": "none_needed"}), order, "A-1"
    )


def _fields(step: Step) -> dict[str, Any]:
    return {name: getattr(step, name) for name in step.__struct_fields__}


def test_a_click_is_kept_with_consent_to_identify_once_its_signature_is_good() -> None:
    clicks = {"g" * 43: bytes(16)}
    told = {"v": 1, "events": [VIEW], "consent": ["measure", "identify"], "click": "g" * 43}
    signals = Signals(NOW_MS, read_click=clicks.get)
    readings = [read(told | other, signals) for other in ({}, {"click": "f" * 43}, {"consent": ["measure"]})]
    assert [(reading.problems, [step.click for step in steps_of(reading)]) for reading in readings] == [
        ((), ["00" * 16]),
        (("bad:click",), [""]),
        (("no_consent:click",), [""]),
    ]


def steps_of(reading: Reading) -> list[Step]:
    return [event.step for event in reading.events if event.step]


def test_a_gif_says_the_same_as_a_page() -> None:
    query = b"n=purchase&transaction_id=A-1&value=20.00&currency=EUR&items=a,b&gtmcb=17&u=https://shop.example/thanks"
    event = read_query(query, SITE, Signals(NOW_MS)).events[0]
    assert (event.problems, event.order_id, event.order and event.order.value) == ((), "A-1", 2000)


def test_a_gif_without_an_id_is_kept_and_says_so() -> None:
    event = read_query(b"n=page_view&u=https://shop.example/", SITE, Signals(NOW_MS)).events[0]
    assert (event.logged, event.problems, event.step and event.step.id) == (True, ("missing:id",), "")


@pytest.mark.parametrize(
    "body", [b"", b"\xff", b"[]", b"{", b"[" * 60_000, b'{"v":NaN,"events":[]}', b'{"v":1}']
)
def test_what_is_no_envelope_is_malformed(body: bytes) -> None:
    assert read_envelope(body, SITE, Signals(NOW_MS)) == Reading(Outcome.MALFORMED)
