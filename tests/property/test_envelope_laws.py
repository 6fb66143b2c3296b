"""The laws of reading what sites send: it never fails, keeps no address of a person, and counts no unsafe money."""

import json
from typing import Any

import can_ada
import msgspec
from hypothesis import assume, example, given
from hypothesis import strategies as st

from mailpixel.site.consent import PURPOSES
from mailpixel.site.envelope import read_envelope, read_sent
from mailpixel.site.gif import read_query
from mailpixel.site.money import DIGITS
from mailpixel.site.names import KNOWN
from mailpixel.site.outcomes import Outcome, Signals
from mailpixel.site.pages import _PLAIN
from mailpixel.site.personal import looks_personal
from mailpixel.site_model import Step
from tests.support.site_texts import ADDRESSES, NOW_MS, SITE, addresses_in

SIGNALS = Signals(NOW_MS, read_click=lambda text: text[:16].encode())

words = st.text(max_size=12) | st.sampled_from(
    ["", "A", "EUR", "eur", "JPY", "20.00", "20,00", "1001", *ADDRESSES]
)
planted = st.builds("{}{}{}".format, words, st.sampled_from(ADDRESSES), words)
numbers = (
    st.integers()
    | st.integers(-5, 300)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.decimals(allow_nan=False, places=3)
)
scalars = st.none() | st.booleans() | numbers.map(float) | st.integers() | words | planted
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=5,
)
names = st.sampled_from([*sorted(KNOWN), "scroll", "refund", "nope", *ADDRESSES[:2]])
items = st.lists(
    st.fixed_dictionaries(
        {}, optional={"item_id": scalars, "item_name": scalars, "price": scalars | st.integers(0, 99),
                      "quantity": scalars | st.integers(0, 9), "item_brand": scalars}
    ) | values,
    max_size=5,
)  # fmt: skip
data = st.fixed_dictionaries(
    {},
    optional={
        "transaction_id": words | st.sampled_from(["1001", "A-1"]),
        "value": st.sampled_from(["20.00", 20, 0.005]) | values,
        "currency": st.sampled_from(sorted(DIGITS)) | words, "tax": scalars, "shipping": scalars, "coupon": scalars,
        "items": items | values, "note": scalars, "Bad Name": scalars,
    },
) | st.dictionaries(words | st.sampled_from(["a", "b", "note"]), values, max_size=6)  # fmt: skip
paths = st.lists(st.sampled_from(["a", "%2F", "..", "größe", "x=y", "@shop", *ADDRESSES]) | words, max_size=4)
queries = st.sampled_from(
    ["", "?q=1", "?utm_source=mail&x=1", "?utm_content=", "?q=", "#top", "?q=%", "?utm_id=1&utm_id=2"]
)
urls = st.builds(
    "{}{}{}{}".format,
    st.sampled_from(["https://shop.example/", "http://www.shop.example:81/", "https://evil.example/", ""]),
    paths.map("/".join),
    queries,
    st.sampled_from(["", *ADDRESSES]),
)
ids = st.text("abcXYZ019_.:-", min_size=1, max_size=64) | words
events = st.fixed_dictionaries(
    {"name": names, "id": ids},
    optional={
        "url": urls | scalars, "age_ms": st.integers(-9, 300_000_000) | scalars, "referrer": urls | scalars,
        "view": st.just("A" * 22) | scalars, "nav": st.sampled_from(["load", "route"]) | scalars,
        "data": data | values,
    },
)  # fmt: skip
kept_events = st.fixed_dictionaries(
    {
        "name": st.sampled_from(sorted(KNOWN)),
        "id": st.just("a"),
        "url": st.builds("https://shop.example/{}{}".format, paths.map("/".join), queries),
    },
    optional={"referrer": urls, "data": data},
)
consents = st.lists(st.sampled_from([*PURPOSES, "other"]), max_size=5)
envelopes = st.fixed_dictionaries(
    {"v": st.just(1), "events": st.lists(events | values, max_size=2)},
    optional={
        "consent": consents,
        "proof": st.fixed_dictionaries({}, optional={"source": words, "version": words, "tcf": words}),
        "click": st.just("g" * 43) | scalars, "visitor": st.just("w" * 22) | scalars, "gpc": st.booleans(),
        "automated": scalars, "sent_ms": scalars, "withdrawn": st.sampled_from([0, 1]),
    },
)  # fmt: skip


def body_of(sent: Any) -> bytes:
    """The body, as loose as Python writes it: with `NaN` and with halves of surrogate pairs."""
    return json.dumps(sent).encode()


@given(st.binary(max_size=300))
@example(b'{"v":1,"events":[{"name":"\\ud800')
@example(b"\xef\xbb\xbf")
def test_no_body_and_no_query_makes_the_reader_fail(body: bytes) -> None:
    assert read_envelope(body, SITE, SIGNALS).outcome in Outcome
    assert read_query(body, SITE, SIGNALS).outcome in Outcome
    assert read_query(b"e=" + body, SITE, SIGNALS).outcome in Outcome


@given(values | envelopes)
def test_no_value_makes_the_reader_fail_and_no_address_is_kept(sent: Any) -> None:
    assert addresses_in(read_envelope(body_of(sent), SITE, SIGNALS)) == []


@given(envelopes)
def test_money_is_claimed_with_an_order_id_and_a_currency_and_never_otherwise(sent: dict[str, Any]) -> None:
    for event in read_envelope(body_of(sent), SITE, SIGNALS).events:
        if event.order is None:
            continue
        amounts = [event.order.value, event.order.tax, event.order.shipping]
        assert event.name == "purchase"
        assert event.order_id
        assert event.order.event_id == "purchase:" + event.order_id
        assert event.order.currency in DIGITS or amounts == [None, None, None]
        assert all(0 <= amount <= 10 ** (12 + 4) for amount in amounts if amount is not None)


@given(kept_events)
def test_what_was_kept_is_kept_again_as_it_is(event: dict[str, Any]) -> None:
    first = [step for step in steps_of(event) if len(step.url) <= 2_048]
    assume(first)
    sent = json.loads(msgspec.json.encode(first[0]))
    again = steps_of(
        {
            name: sent[name]
            for name in ("name", "id", "url", "referrer", "view", "nav", "data")
            if name in sent
        }
    )
    assert [comparable(step) for step in again] == [comparable(step) for step in first]


def steps_of(event: dict[str, Any]) -> list[Step]:
    reading = read_envelope(body_of({"v": 1, "events": [event]}), SITE, SIGNALS)
    return [event.step for event in reading.events if event.step is not None]


def comparable(step: Step) -> Any:
    return (step.name, step.id, step.url, step.referrer, step.view, step.nav, step.data)


@given(envelopes)
def test_nothing_is_kept_without_consent_and_nobody_is_named_without_identify(sent: dict[str, Any]) -> None:
    reading = read_envelope(body_of(sent), SITE, SIGNALS)
    steps = [event.step for event in reading.events if event.step is not None]
    assert not steps or "measure" in reading.consent
    assert all(step.consent == reading.consent for step in steps)
    if "identify" not in reading.consent:
        assert [(step.click, step.visitor) for step in steps] == [("", "")] * len(steps)


@given(envelopes, words)
def test_a_signal_or_a_consent_string_only_takes_away(sent: dict[str, Any], tcf: str) -> None:
    plain = set(read_sent(sent, SITE, SIGNALS).consent)
    refused = set(read_sent(sent, SITE, Signals(NOW_MS, gpc=True)).consent)
    told = set(read_sent(sent | {"proof": sent.get("proof", {}) | {"tcf": tcf}}, SITE, SIGNALS).consent)
    assert refused <= plain & {"measure"}
    assert told <= plain


@given(envelopes)
def test_every_problem_is_a_word_and_a_refused_event_keeps_nothing(sent: dict[str, Any]) -> None:
    reading = read_envelope(body_of(sent), SITE, SIGNALS)
    for event in reading.events:
        refused = [word for word in event.problems if word.startswith("refused:")]
        assert (event.logged, event.step is None, event.order is None or event.logged) == (
            not refused,
            bool(refused),
            True,
        )
        assert all(":" in word and word.isascii() and " " not in word for word in event.problems)
    assert (reading.outcome is Outcome.LOGGED) == any(event.logged for event in reading.events)


@given(st.from_regex(_PLAIN, fullmatch=True))
@example("https://shop.example/a.b/c..d/")
@example("https://xn--shop-9ra.example/?a=%2e&&=")
def test_an_address_read_without_a_parser_is_what_a_parser_reads(url: str) -> None:
    try:
        parsed = can_ada.parse(url)
    except ValueError:  # an impossible name in `xn--`
        return
    assert (parsed.href.rstrip("?"), parsed.port) == (url.rstrip("?"), "")


@given(planted)
def test_whatever_stands_around_an_address_it_is_known(text: str) -> None:
    assert looks_personal(text)
