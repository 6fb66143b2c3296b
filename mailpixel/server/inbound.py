"""Reports of ESPs: `POST /in/{name}`. The answer goes out after the commit, so that what is answered is kept.

An ESP sends again what was not answered with success. So only what may work later gets 503; what can
never work gets the status at which this ESP gives up. Who proves nothing hears the same for every name, so
that nobody can find out which sources there are.
"""

import asyncio
import hashlib
from collections import Counter
from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from mailpixel.claims import are_recipients
from mailpixel.errors import KeyringError, MissingExtra, NotFound, StoreUnavailable
from mailpixel.event_ids import reported_event
from mailpixel.inbound.esps import ESPS, Esp
from mailpixel.inbound.report import Found, Post, Proof, Refusal, Report
from mailpixel.inbound.source import Secrets, has_access, open_secrets
from mailpixel.inbound.values import BODY_BYTES
from mailpixel.links.surfaces import INBOUND
from mailpixel.links.token import Problem
from mailpixel.model import Event
from mailpixel.server.api.body import read_body
from mailpixel.server.report_log import append_reports
from mailpixel.server.services import Services
from mailpixel.times import DAY_MS, HOUR_MS

BODY_S = 30.0
"""Seconds that a body may take to arrive."""
REMEMBER_MS = 10 * HOUR_MS
"""How long to remember what may come only once: longer than Mailgun's signature stays fresh, either side."""
ONCE_BYTES = 16
HEADERS = {"cache-control": "no-store", "x-content-type-options": "nosniff"}
CHALLENGE = {"www-authenticate": 'Basic realm="mailpixel"'}
"""SNS sends its password only after it was asked for it."""
NOBODY = "unknown"
"""Stands for the ESP where no source has that name."""


class InboundOutcome(StrEnum):
    """What became of a report, or of a whole post."""

    ACCEPTED = "accepted"
    """A report was logged, now or before."""
    IGNORED = "ignored"
    """Something else than a delivery, a bounce or a complaint, such as an open or a delay."""
    UNMATCHED = "unmatched"
    """A report that names no message of a campaign here, or a moment that cannot be."""
    OPTED_OUT = "opted_out"
    """A report on someone who asked not to be tracked."""
    CONFIRMATION = "confirmation"
    """A post that asks to confirm a subscription."""
    NO_ACCESS = "no_access"
    """A post without the password or the key, or for a name that no source has."""
    FORGED = "forged"
    STALE = "stale"
    REPLAYED = "replayed"
    UNREADABLE = "unreadable"
    TOO_LARGE = "too_large"
    """A post over 1 MB, or one that took too long to arrive."""
    UNAVAILABLE = "unavailable"
    """A post that could not be checked or written now. The ESP sends it again."""


class KnownSource(NamedTuple):
    """A source with what its posts prove."""

    name: str
    esp_name: str
    secrets: Secrets

    @property
    def esp(self) -> Esp:
        """Its ESP."""
        return ESPS[self.esp_name]


async def receive(request: Request) -> Response:
    """Take one post."""
    services: Services = request.state.services
    run = services.threads.inbound.run
    try:
        source = await run(known_source, services, request.path_params["name"])
    except (StoreUnavailable, KeyringError, MissingExtra):
        return _answer(503)
    if source is None:
        services.metrics.count_inbound(NOBODY, InboundOutcome.NO_ACCESS.value, 1)
        return _answer(401, CHALLENGE)
    if not services.threads.posts.acquire(blocking=False):
        return _counted(services, source, InboundOutcome.UNAVAILABLE, 503)
    try:
        return await _received(request, services, source)
    except (OSError, StoreUnavailable, MissingExtra):
        return _counted(services, source, InboundOutcome.UNAVAILABLE, 503)
    finally:
        services.threads.posts.release()


def known_source(services: Services, name: str) -> KnownSource | None:
    """The source of a name; None where there is none.

    Raises `StoreUnavailable`, `KeyringError` for other keys, and `MissingExtra`.
    """
    try:
        found = services.registry.inbound(name)
    except NotFound:
        return None
    if found.esp not in ESPS:
        return None
    return KnownSource(found.name, found.esp, open_secrets(services.live.keyring, found))


async def _received(request: Request, services: Services, source: KnownSource) -> Response:
    esp = source.esp
    if not has_access(esp.access, request.headers.get("authorization", ""), source.secrets.digest):
        return await _refused(services, source, InboundOutcome.NO_ACCESS, 401)
    try:
        async with asyncio.timeout(BODY_S):
            body = await read_body(request, BODY_BYTES)
    except (HTTPException, TimeoutError):
        return await _refused(services, source, InboundOutcome.TOO_LARGE, 413)
    except ClientDisconnect:
        return _counted(services, source, InboundOutcome.UNAVAILABLE, 503)
    headers = {name.lower(): value for name, value in request.headers.items()}
    post = Post(headers, body, services.clock())
    found = await services.threads.inbound.run(checked, services, source, post)
    if isinstance(found, Refusal):
        return await _refused(services, source, InboundOutcome(found.value), esp.refused)
    return await _logged(services, source, found)


def checked(services: Services, source: KnownSource, post: Post) -> Found | Refusal:
    """What a post holds. A subscription that waits to be confirmed is kept for the operator."""
    proof = Proof(source.secrets.key, services.certificates.at)
    found = source.esp.read(post, proof)
    if isinstance(found, Refusal):
        return found
    if found.once:
        once, said = map(_digest, (found.once.encode(), msgspec.json.encode(found.reports)))
        until_ms = post.now_ms + REMEMBER_MS
        if not services.registry.is_first(source.name, once, said, until_ms, post.now_ms):
            return Refusal.REPLAYED
    if found.confirm_url:
        services.registry.keep_confirmation(source.name, found.confirm_url)
    return found


def _digest(text: bytes) -> bytes:
    return hashlib.sha256(text).digest()[:ONCE_BYTES]


async def _logged(services: Services, source: KnownSource, found: Found) -> Response:
    resolved = [resolve(services, report) for report in found.reports]
    if any(each is None for each in resolved):  # the key or the campaign may have been added a moment ago
        await services.refreshing.fresh_look()
        resolved = [resolve(services, report) for report in found.reports]
    if not all(await append_reports(services, services.threads.inbound, _events(resolved))):
        return _counted(services, source, InboundOutcome.UNAVAILABLE, 503)
    outcomes = Counter(
        _outcome(services, each) if isinstance(each, Event) else each or InboundOutcome.UNMATCHED
        for each in resolved
    )
    outcomes[InboundOutcome.IGNORED] += found.ignored
    outcomes[InboundOutcome.CONFIRMATION] += bool(found.confirm_url)
    for outcome, number in (+outcomes).items():
        services.metrics.count_inbound(source.esp_name, outcome.value, number)
    await _note(services, source)
    return _answer(200)


def resolve(services: Services, report: Report) -> Event | InboundOutcome | None:
    """The event of a report, or why there is none. None: its key or campaign is not known, perhaps not yet."""
    campaign, recipient = report.campaign, report.recipient
    if report.token:
        reading = services.live.signer.verify(report.token, INBOUND.tokens)
        if reading.problem is Problem.UNKNOWN_KEY:
            return None
        if reading.problem is not None or reading.claims is None:
            return InboundOutcome.UNMATCHED
        campaign, recipient = reading.claims.campaign, reading.claims.recipient
    is_named = campaign and recipient and are_recipients((recipient,))
    if not is_named or report.at_ms > services.clock() + DAY_MS:
        return InboundOutcome.UNMATCHED
    if not services.live.registry.knows(campaign):
        return None
    return reported_event(report.kind, campaign, recipient, report.at_ms, report.reason)


def _outcome(services: Services, event: Event) -> InboundOutcome:
    opted_out = services.live.people.opted_out(event.recipient)
    return InboundOutcome.OPTED_OUT if opted_out else InboundOutcome.ACCEPTED


def _events(resolved: Sequence[Event | InboundOutcome | None]) -> list[Event]:
    return [each for each in resolved if isinstance(each, Event)]


def _counted(services: Services, source: KnownSource, outcome: InboundOutcome, status: int) -> Response:
    services.metrics.count_inbound(source.esp_name, outcome.value, 1)
    return _answer(status, CHALLENGE if status == 401 else None)


async def _refused(services: Services, source: KnownSource, outcome: InboundOutcome, status: int) -> Response:
    """The answer to a post that can never work, of which the operator learns."""
    await _note(services, source, outcome.value)
    return _counted(services, source, outcome, status)


async def _note(services: Services, source: KnownSource, refused_as: str = "") -> None:
    notes, now_ms = services.inbound_notes, services.clock()
    if notes.is_due(source.name, refused_as, now_ms):
        await services.threads.inbound.run(notes.note, source.name, refused_as, now_ms)


TEXTS = {
    200: "ok",
    401: "wrong or missing credentials",
    413: "too large",
    503: "try again later",
}


def _answer(status: int, headers: dict[str, str] | None = None) -> Response:
    text = TEXTS.get(status, "refused")
    return PlainTextResponse(f"{text}\n", status, {**HEADERS, **(headers or {})})


ROUTES = [Route(INBOUND.prefix + "{name}", receive, methods=["POST"])]
