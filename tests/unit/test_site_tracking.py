"""What pages of web sites send: every answer is the same, and what is logged of it."""

import asyncio
import dataclasses
from collections.abc import Sequence
from functools import partial

import pytest
from msgspec.structs import replace

from mailpixel.ingest.site_console import SeenEnvelope, SeenEvent
from mailpixel.ingest.site_intake import SiteOutcome, SiteReceipt
from mailpixel.ingest.site_tally import FURTHEST_MS, MINUTE_MS, SiteTally
from mailpixel.kinds import EventKind
from mailpixel.links.surfaces import SITE
from mailpixel.model import Event, Facts
from mailpixel.server.replies import PREFLIGHT_REPLY, SITE_IMAGE_REPLY, TAKEN_REPLY, WRONG_SITE_METHOD_REPLY
from mailpixel.server.request_reader import TrackingRequest
from mailpixel.site.visitor import visitor_key
from mailpixel.site_model import OrderClaim, OrderSource, Step, read_claim, read_step
from mailpixel.times import DAY_MS
from tests.support.builders import BROWSER, SENT_AT_MS
from tests.support.envelopes import (
    ADDRESS,
    HEADERS,
    KEY,
    PAGE,
    PURCHASE_DATA,
    SHOP,
    Shop,
    a_post,
    an_envelope,
    an_event,
    an_image,
    received,
)

NOW_MS = SENT_AT_MS
VIEW = an_envelope(an_event())
GPC = (*HEADERS, (b"sec-gpc", b"1"))
ELSEWHERE = ((b"user-agent", BROWSER.encode()), (b"origin", b"https://evil.example"))
NOBODY = ((b"user-agent", BROWSER.encode()), (b"origin", b"null"))

CASES: Sequence[tuple[TrackingRequest, SiteOutcome]] = [
    (a_post(VIEW), SiteOutcome.LOGGED),
    (a_post(VIEW, headers=NOBODY), SiteOutcome.LOGGED),
    (a_post(VIEW, headers=HEADERS[:1]), SiteOutcome.LOGGED),
    (a_post(VIEW, headers=ELSEWHERE), SiteOutcome.NOTHING),
    (a_post(VIEW, headers=(*HEADERS, *ELSEWHERE)), SiteOutcome.NOTHING),
    (a_post(VIEW, headers=GPC), SiteOutcome.LOGGED),
    (a_post(an_envelope(an_event(), consent=None, proof=None), headers=GPC), SiteOutcome.NO_CONSENT),
    (a_post(VIEW, key="ffffffffffffffff"), SiteOutcome.UNKNOWN_SITE),
    (a_post(VIEW, key=""), SiteOutcome.UNKNOWN_SITE),
    (a_post(VIEW, key=f"{KEY}.gif"), SiteOutcome.LOGGED),
    (a_post(VIEW, key=f"{KEY}.js"), SiteOutcome.UNKNOWN_SITE),
    (a_post(b""), SiteOutcome.MALFORMED),
    (a_post(b"{"), SiteOutcome.MALFORMED),
    (a_post(b"\xff\xfe"), SiteOutcome.MALFORMED),
    (a_post(an_envelope(an_event(), v=2)), SiteOutcome.UNKNOWN_VERSION),
    (a_post(an_envelope()), SiteOutcome.NOTHING),
    (a_post(an_envelope(*[an_event()] * 21)), SiteOutcome.TOO_MANY),
    (a_post(VIEW + b" " * 65_536), SiteOutcome.TOO_LARGE),
    (a_post(an_envelope(an_event(), consent=[])), SiteOutcome.NO_CONSENT),
    (a_post(an_envelope(consent=[], withdrawn=1)), SiteOutcome.WITHDRAWN),
    (an_image(b"n=page_view&id=1&c=measure&u=" + PAGE.encode()), SiteOutcome.LOGGED),
    (an_image(b"n=page_view&id=1&u=" + PAGE.encode()), SiteOutcome.NO_CONSENT),
    (an_image(b"n=page_view&id=1&c=measure&u=https://evil.example/"), SiteOutcome.NOTHING),
    (an_image(b""), SiteOutcome.NO_CONSENT),
    (an_image(b"e=%7B", key="ffff"), SiteOutcome.UNKNOWN_SITE),
    (an_image(b"e=%7B"), SiteOutcome.MALFORMED),
    (an_image(b"n=page_view&c=measure&u=" + PAGE.encode(), method="HEAD"), SiteOutcome.LOGGED),
]


@pytest.mark.parametrize(("request_", "outcome"), CASES)
def test_every_post_has_one_answer_and_every_image_has_one_whatever_came(
    request_: TrackingRequest, outcome: SiteOutcome
) -> None:
    answers = list[bool]()

    async def scenario() -> tuple[object, SiteOutcome, list[SiteOutcome]]:
        shop = Shop()
        reply, receipt = shop.tracking.answer(request_, NOW_MS)
        shop.tracking.take(SITE, receipt, answers.append)
        assert answers == []  # it waits for a commit, also when nothing is logged
        while not answers:
            await asyncio.sleep(0.001)
        return reply, receipt.outcome, shop.counted

    reply = TAKEN_REPLY if request_.method == "POST" else SITE_IMAGE_REPLY
    assert asyncio.run(scenario()) == (reply, outcome, [outcome])
    assert answers == [True]


@pytest.mark.parametrize(
    ("method", "reply", "outcome"),
    [
        ("OPTIONS", PREFLIGHT_REPLY, SiteOutcome.PREFLIGHT),
        ("PUT", WRONG_SITE_METHOD_REPLY, SiteOutcome.WRONG_METHOD),
        ("DELETE", WRONG_SITE_METHOD_REPLY, SiteOutcome.WRONG_METHOD),
    ],
)
def test_other_methods_log_nothing(method: str, reply: object, outcome: SiteOutcome) -> None:
    async def scenario() -> tuple[object, object]:
        request = replace(a_post(VIEW), method=method)
        reply, receipt = Shop().tracking.answer(request, NOW_MS)
        return reply, receipt.outcome

    assert asyncio.run(scenario()) == (reply, outcome)


def test_no_answer_sets_a_cookie_and_all_may_be_read_by_any_page() -> None:
    for reply in (TAKEN_REPLY, SITE_IMAGE_REPLY, PREFLIGHT_REPLY):
        headers = dict(reply.all_headers)
        assert b"set-cookie" not in headers
        assert headers[b"access-control-allow-origin"] == headers[b"timing-allow-origin"] == b"*"
        assert headers[b"cross-origin-resource-policy"] == b"cross-origin"
        assert headers[b"x-content-type-options"] == b"nosniff"
        assert b"no-store" in headers[b"cache-control"]
    assert (TAKEN_REPLY.status, TAKEN_REPLY.body) == (204, b"")
    assert dict(PREFLIGHT_REPLY.headers)[b"access-control-allow-headers"] == b"content-type"
    assert dict(PREFLIGHT_REPLY.headers)[b"access-control-max-age"] == b"86400"


def test_the_script_has_an_etag_and_a_browser_that_has_it_gets_no_body() -> None:
    async def scenario() -> list[tuple[int, bytes, bytes]]:
        tracking = Shop().tracking
        found, headers = [], HEADERS
        for key in (KEY, KEY, "ffffffffffffffff"):
            request = TrackingRequest(SITE, "GET", f"{SITE.prefix}{key}.js", b"", headers, ADDRESS)
            reply, _ = tracking.answer(request, NOW_MS)
            told = dict(reply.headers)
            found.append((reply.status, told.get(b"cache-control", b""), reply.body[:20]))
            headers = (*HEADERS, (b"if-none-match", told.get(b"etag", b"")))
        return found

    whole, known, unknown = asyncio.run(scenario())
    assert whole[:2] == (200, b"public, max-age=3600")
    assert whole[2]
    assert known == (304, b"public, max-age=3600", b"")
    assert unknown[0] == 404


def events_of(request: TrackingRequest, now_ms: int = NOW_MS) -> list[Event]:
    return list(received(request, now_ms).events)


def test_a_page_view_is_one_step_of_its_visit_without_the_address() -> None:
    async def scenario() -> tuple[list[Event], str]:
        shop = Shop()
        proof = {"source": "api", "version": "3"}
        events = (an_event(age_ms=500, view="v" * 22, nav="load"), an_event("view_item", "e-2", data={}))
        receipt = shop.tracking.answer(a_post(an_envelope(*events, proof=proof)), NOW_MS)[1]
        salt = shop.salts.salt(NOW_MS // DAY_MS)
        return list(receipt.events), visitor_key(salt, "shop", ADDRESS, BROWSER)

    events, visitor = asyncio.run(scenario())
    said = partial(Step, consent=("measure",), source="api", version="3")
    assert [read_step(event.body) for event in events] == [
        said("consent", "", NOW_MS),
        said("page_view", "e-1", NOW_MS - 500, PAGE, view="v" * 22, nav="load"),
        said("view_item", "e-2", NOW_MS, PAGE, problems=("missing:items",)),
    ]
    assert [event.kind for event in events] == [EventKind.CONSENT, EventKind.STEP, EventKind.STEP]
    assert len({event.id for event in events}) == 3
    for event in events:
        kept = (
            event.campaign,
            event.recipient,
            event.method,
            event.agent,
            event.address,
            event.tag,
            event.facts,
        )
        assert kept == ("site:shop", visitor, "POST", BROWSER, "", b"", Facts.NONE)
        assert event.id[:6] == event.received_at_ms.to_bytes(6, "big")
    assert ADDRESS not in repr(events)


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        (BROWSER, BROWSER),
        (
            "Mozilla/5.0 (compatible; FooBot/1.0; +mailto:jane@mail.example)",
            "Mozilla/5.0 (compatible; FooBot/1.0; -@removed.invalid)",
        ),
        ("Shop/1.0 (iPhone) jane%2540mail.example", "Shop/1.0 (iPhone) -@removed.invalid"),
        ("Shop/1.0 jane [ AT ] mail.example", "-@removed.invalid"),
    ],
)
def test_an_address_in_a_user_agent_is_taken_out_before_it_is_kept_or_shown(sent: str, kept: str) -> None:
    async def scenario() -> tuple[set[str], list[str]]:
        shop = Shop()
        headers = ((b"user-agent", sent.encode()), *HEADERS[1:])
        events = shop.tracking.answer(a_post(VIEW, headers=headers), NOW_MS)[1].events
        return {event.agent for event in events}, [seen.agent for seen in shop.intake.console.of_site("shop")]

    assert asyncio.run(scenario()) == ({kept}, [kept])


def test_a_purchase_is_a_step_of_the_visit_and_a_claim_of_the_order_in_one_group() -> None:
    _consent, step, claim = events_of(a_post(an_envelope(an_event("purchase", data=PURCHASE_DATA))))
    assert (step.kind, step.campaign) == (EventKind.STEP, "site:shop")
    assert (claim.kind, claim.campaign, claim.recipient) == (EventKind.PURCHASE, "order:shop", "o-1")
    said = read_claim(claim.body)
    assert said == OrderClaim(
        source=OrderSource.BROWSER, at_ms=NOW_MS, currency="EUR", value=2_000, visitor=step.recipient,
        items=said.items, consent=("measure",), event_id="purchase:o-1",
    )  # fmt: skip
    assert (claim.agent, claim.facts, claim.address) == (step.agent, step.facts, "")


def test_a_probe_of_the_image_claims_no_order() -> None:
    query = b"n=purchase&c=measure&transaction_id=o-1&value=20&currency=EUR&items=a&u=" + PAGE.encode()
    kinds = {
        method: [event.kind for event in events_of(an_image(query, method=method))]
        for method in ("GET", "HEAD")
    }
    steps = [EventKind.CONSENT, EventKind.STEP]
    assert kinds == {"GET": [*steps, EventKind.PURCHASE], "HEAD": steps}


def test_a_withdrawal_is_an_event_of_the_visit_and_no_further_data() -> None:
    sent = an_envelope(an_event(), consent=[], withdrawn=1)
    [event] = events_of(a_post(sent))
    assert (event.kind, read_step(event.body)) == (
        EventKind.CONSENT,
        Step("consent", "", NOW_MS, source="api"),
    )


def test_only_changes_of_consent_are_logged() -> None:
    both = an_envelope(an_event(), consent=["measure", "identify"])
    withdrawn = an_envelope(consent=[], withdrawn=1)

    async def scenario() -> list[list[tuple[str, ...]]]:
        shop = Shop()
        told = []
        for body in (VIEW, VIEW, both, both, withdrawn, withdrawn, VIEW):
            events = shop.tracking.answer(a_post(body), NOW_MS)[1].events
            told.append([read_step(each.body).consent for each in events if each.kind is EventKind.CONSENT])
        return told

    one, two = ("measure",), ("measure", "identify")
    assert asyncio.run(scenario()) == [[one], [], [two], [], [()], [], [one]]


def test_where_a_site_need_not_ask_nobody_decides_anything() -> None:
    site = dataclasses.replace(SHOP, ask=False)
    receipt = received(a_post(an_envelope(an_event(), consent=None, proof=None)), NOW_MS, site)
    assert [event.kind for event in receipt.events] == [EventKind.STEP]


def test_speculation_and_signals_of_privacy_are_kept_as_facts_or_not_at_all() -> None:
    headers = (*GPC, (b"dnt", b"1"), (b"sec-purpose", b"prefetch;prerender"), (b"accept-language", b"de"))
    events = events_of(a_post(VIEW, headers=headers))
    assert {event.facts for event in events} == {Facts.PREFETCH | Facts.ACCEPT_LANGUAGE}


def test_the_visitor_is_told_apart_by_the_address_that_trusted_proxies_name() -> None:
    forwarded = (*HEADERS, (b"x-forwarded-for", b"198.51.100.9"))

    async def scenario() -> list[str]:
        shop = Shop(proxies=["10.0.0.0/8"])
        requests = [
            a_post(VIEW, address="198.51.100.9"),
            a_post(VIEW, address="10.1.2.3", headers=forwarded),
            a_post(VIEW, address="203.0.113.1", headers=forwarded),
        ]
        return [shop.tracking.answer(each, NOW_MS)[1].events[0].recipient for each in requests]

    one, same, other = asyncio.run(scenario())
    assert one == same != other


def test_past_its_cap_a_visitor_is_counted_and_not_logged() -> None:
    views = [
        an_envelope(*(an_event(id=f"{n}-{m}") for m in range(4)), consent=None, proof=None) for n in range(4)
    ]

    async def scenario() -> tuple[list[int], list[SiteOutcome]]:
        shop = Shop(dataclasses.replace(SHOP, ask=False), cap=10)
        found = [shop.tracking.answer(a_post(body), NOW_MS)[1] for body in views]
        other = shop.tracking.answer(a_post(views[0], address="192.0.2.78"), NOW_MS)[1]
        tomorrow = shop.tracking.answer(a_post(views[0]), NOW_MS + DAY_MS)[1]
        receipts = [*found, other, tomorrow]
        return [len(each.events) for each in receipts], [each.outcome for each in receipts]

    logged, outcomes = asyncio.run(scenario())
    assert logged == [4, 4, 2, 0, 4, 4]
    assert outcomes == [*[SiteOutcome.LOGGED] * 3, SiteOutcome.OVERFLOW, *[SiteOutcome.LOGGED] * 2]


def test_events_of_one_envelope_are_written_together_and_answered_once() -> None:
    answers = list[bool]()

    async def scenario() -> list[tuple[str, int]]:
        shop = Shop()
        for body in (VIEW, an_envelope(an_event("purchase", data=PURCHASE_DATA))):
            receipt = shop.tracking.answer(a_post(body), NOW_MS)[1]
            shop.tracking.take(SITE, receipt, answers.append)
        while len(answers) < 2:
            await asyncio.sleep(0.001)
        return [(c, len(m.events)) for c in ("site:shop", "order:shop") for m in shop.store.messages(c)]

    assert asyncio.run(scenario()) == [("site:shop", 3), ("order:shop", 1)]
    assert answers == [True, True]


def test_the_console_remembers_names_and_problems_and_neither_data_nor_the_address() -> None:
    sent = an_envelope(an_event("wishlist"), an_event("wish-list"), sent_ms=NOW_MS - 250)

    async def scenario() -> tuple[list[SeenEnvelope], str]:
        shop = Shop()
        receipt = shop.tracking.answer(a_post(sent), NOW_MS)[1]
        shop.tracking.answer(a_post(VIEW, key="ffff"), NOW_MS)
        return shop.intake.console.of_site("shop"), receipt.events[0].recipient

    seen, visitor = asyncio.run(scenario())
    events = [SeenEvent("wishlist", True, ()), SeenEvent("wish-list", False, ("refused:bad_name",))]
    assert seen == [
        SeenEnvelope(
            NOW_MS, "shop", "POST", "logged", (), ("measure",), "api", "192.0.2.0", BROWSER, events,
            id="-1", visitor=visitor, clock_ms=250, size_bytes=len(sent),
        )
    ]  # fmt: skip


async def committed(shop: Shop, receipt: SiteReceipt) -> None:
    """Wait for the answer to a logged envelope."""
    answered = asyncio.get_running_loop().create_future()
    shop.tracking.take(SITE, receipt, answered.set_result)
    await answered


def test_a_site_is_counted_in_memory_loads_of_its_script_clocks_sizes_and_refused_names() -> None:
    far = an_envelope(an_event("wishlists"), an_event("Purchase"), sent_ms=2**62)
    post = an_envelope(an_event("page_view"), sent_ms=NOW_MS - 90)

    async def scenario() -> SiteTally:
        shop = Shop()
        for number in range(2):
            shop.tracking.answer(TrackingRequest(SITE, "GET", f"{SITE.prefix}{KEY}.js", b"", (), ""), NOW_MS)
            receipt = shop.tracking.answer(a_post(post), NOW_MS + number)[1]
            await committed(shop, receipt)
        shop.tracking.answer(a_post(far), NOW_MS)
        return shop.intake.console.tallies.tally("shop", NOW_MS + MINUTE_MS)

    found = asyncio.run(scenario())
    assert (found.loads, found.envelopes, found.events) == (2, 3, 4)
    assert (found.clocks_ms, found.bytes) == (
        [-FURTHEST_MS, 90, 91],
        sorted([len(post), len(post), len(far)]),
    )
    assert (found.refused, len(found.answers_us)) == ({"wishlists": 1, "Purchase": 1}, 2)
    assert found.script_bytes > 1_000
