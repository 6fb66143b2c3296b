"""One function for a hit: a request and the time give the answer and what becomes of the request."""

import asyncio

import pytest

from mailpixel.claims import Claims, TokenKind
from mailpixel.ingest.committer import Committer
from mailpixel.ingest.intake import HitOutcome, Intake, Receipt
from mailpixel.ingest.registry_cache import RegistryCache
from mailpixel.kinds import EventKind
from mailpixel.links.surfaces import Surface, surface_of
from mailpixel.links.token import TokenSigner
from mailpixel.model import Campaign, Event, Facts, Link
from mailpixel.server.replies import (
    NOT_AHEAD_REPLY,
    NOT_FOUND_REPLY,
    OPTIONS_REPLY,
    PIXEL_REPLY,
    WRONG_METHOD_REPLY,
    Reply,
    redirect,
)
from mailpixel.server.request_reader import Headers, RequestReader, TrackingRequest
from mailpixel.server.tracking import Tracking
from mailpixel.store.memory import MemoryRegistry, MemoryStore
from tests.support.builders import BROWSER, KEYRING, MINIMISER, SENT_AT_MS, Known

SIGNER = TokenSigner(KEYRING)
MESSAGE = SIGNER.sign(Claims(TokenKind.MESSAGE, "c1", "r-1"))
HEADERS: Headers = ((b"user-agent", BROWSER.encode()), (b"accept-language", b"de"))
PREFETCH: Headers = (*HEADERS, (b"sec-purpose", b"prefetch"))
SHOP = "https://shop.example/a"


class Counted(list[tuple[str, HitOutcome]]):
    """What was counted: the name of the surface, and the outcome."""

    def note(self, surface: Surface, outcome: HitOutcome) -> None:
        self.append((surface.name, outcome))


def tracking(store: MemoryStore, counted: Counted) -> Tracking:
    registry = MemoryRegistry()
    registry.add_campaign(Campaign("c1", "One", links=(Link(1, SHOP),)))
    cache = RegistryCache(registry, retention_days=730)
    cache.refresh()
    intake = Intake(Known(SIGNER, cache), message_cap=2, minimiser=MINIMISER)
    committer = Committer(store, answer_within_ms=10_000, queue_hits=10)
    return Tracking(intake, RequestReader(()), committer, counted.note, lambda: asyncio.sleep(0))


def a_request(path: str, method: str = "GET", headers: Headers = HEADERS) -> TrackingRequest:
    surface = surface_of(path)
    assert surface is not None
    return TrackingRequest(surface, method, path, b"", headers, "192.0.2.77")


def answered(request: TrackingRequest, now_ms: int = SENT_AT_MS) -> tuple[Reply, Receipt]:
    async def scenario() -> tuple[Reply, Receipt]:
        return tracking(MemoryStore(), Counted()).answer(request, now_ms)

    return asyncio.run(scenario())


def test_a_request_becomes_a_hit_and_the_hit_an_event_of_the_moment_that_was_passed_in() -> None:
    reply, receipt = answered(a_request(f"/c/{MESSAGE}/1"), 1_790_000_123_456)
    assert reply == redirect(SHOP)
    assert receipt.event is not None
    facts = Facts.ACCEPT_LANGUAGE
    event = Event(
        receipt.event.id,
        EventKind.CLICK,
        1_790_000_123_456,
        "GET",
        "",
        BROWSER,
        facts,
        "c1",
        "r-1",
        1,
        tag=receipt.event.tag,
    )
    assert receipt == Receipt(HitOutcome.LOGGED, SHOP, event)
    assert len(event.tag) == 8


@pytest.mark.parametrize(
    ("path", "method", "headers", "reply", "outcome"),
    [
        (f"/o/{MESSAGE}.gif", "GET", HEADERS, PIXEL_REPLY, HitOutcome.LOGGED),
        (f"/o/{MESSAGE}.gif", "HEAD", HEADERS, PIXEL_REPLY, HitOutcome.LOGGED),
        (f"/o/{MESSAGE}.gif", "GET", PREFETCH, PIXEL_REPLY, HitOutcome.LOGGED),
        (f"/o/{MESSAGE[:-2]}AA.gif", "GET", HEADERS, PIXEL_REPLY, HitOutcome.FORGED),
        ("/o/", "GET", HEADERS, PIXEL_REPLY, HitOutcome.BAD_TOKEN),
        (f"/c/{MESSAGE}/1", "HEAD", PREFETCH, redirect(SHOP), HitOutcome.LOGGED),
        (f"/c/{MESSAGE}/1", "GET", PREFETCH, NOT_AHEAD_REPLY, HitOutcome.LOGGED),
        (f"/c/{MESSAGE}/2", "GET", PREFETCH, NOT_FOUND_REPLY, HitOutcome.UNKNOWN_LINK),
        (f"/c/{MESSAGE}", "GET", HEADERS, NOT_FOUND_REPLY, HitOutcome.BAD_TOKEN),
        ("/c/", "GET", HEADERS, NOT_FOUND_REPLY, HitOutcome.BAD_TOKEN),
        (f"/c/{MESSAGE}/1", "OPTIONS", HEADERS, OPTIONS_REPLY, HitOutcome.LOGGED),
        (f"/c/{MESSAGE}/1", "POST", HEADERS, WRONG_METHOD_REPLY, HitOutcome.LOGGED),
        (f"/o/{MESSAGE}.gif", "DELETE", HEADERS, WRONG_METHOD_REPLY, HitOutcome.LOGGED),
    ],
)
def test_the_same_request_has_the_same_answer_and_outcome(
    path: str, method: str, headers: Headers, reply: Reply, outcome: HitOutcome
) -> None:
    given, receipt = answered(a_request(path, method, headers))
    assert (given, receipt.outcome) == (reply, outcome)


def test_what_is_taken_is_logged_or_counted_and_answered_once_each() -> None:
    store, counted, answers = MemoryStore(), Counted(), list[bool]()
    paths = [f"/o/{MESSAGE}.gif"] * 3 + [f"/c/{MESSAGE[:-2]}AA/1", "/c/x"]

    async def scenario() -> None:
        serving = tracking(store, counted)
        for request in map(a_request, paths):
            serving.take(request.surface, serving.answer(request, SENT_AT_MS)[1], answers.append)
        while len(answers) < len(paths):
            await asyncio.sleep(0)

    asyncio.run(scenario())
    assert answers == [True] * len(paths)
    assert sorted(counted) == [
        ("click", HitOutcome.BAD_TOKEN),
        ("click", HitOutcome.FORGED),
        ("open", HitOutcome.LOGGED),
        ("open", HitOutcome.LOGGED),
        ("open", HitOutcome.OVERFLOW),
    ]
    assert [event.kind for event in store.message("c1", "r-1").events] == [EventKind.OPEN] * 2
