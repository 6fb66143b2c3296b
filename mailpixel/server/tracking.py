"""Pixel and redirect: the hot path, one plain function of a request, and the bare ASGI callable that serves it.

It stands in front of the Starlette app because a route there costs more than all that is done here.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

from starlette.types import ASGIApp, Receive, Scope, Send

from mailpixel.ingest.committer import Committer
from mailpixel.ingest.group import Answer
from mailpixel.ingest.intake import BAD_TOKEN, Intake, Outcome, Receipt
from mailpixel.links.urls import parse_path
from mailpixel.model import Facts
from mailpixel.server.pages import NOT_FOUND_PAGE
from mailpixel.server.request_reader import Headers, Reader, is_speculative

PIXEL = (
    b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff"
    b"!\xf9\x04\x01\x00\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"
)
"""The one answer of the pixel: a transparent GIF of one point, 43 bytes."""

RawHeaders = tuple[tuple[bytes, bytes], ...]
NO_STORE = (b"cache-control", b"no-store, no-cache, must-revalidate, max-age=0, private")
NOSNIFF = (b"x-content-type-options", b"nosniff")
NO_REFERRER = (b"referrer-policy", b"no-referrer")
NO_BODY = (b"content-length", b"0")
ALLOW = (b"allow", b"GET, HEAD")

PIXEL_HEADERS: RawHeaders = ((b"content-type", b"image/gif"), (b"content-length", b"43"), NO_STORE, NOSNIFF)
REDIRECT_HEADERS: RawHeaders = (NO_BODY, NO_STORE, NOSNIFF, NO_REFERRER)
NOT_FOUND_HEADERS: RawHeaders = (
    (b"content-type", b"text/html; charset=utf-8"),
    (b"content-length", str(len(NOT_FOUND_PAGE)).encode()),
    NO_STORE,
    NOSNIFF,
    NO_REFERRER,
)
OTHER_METHOD_HEADERS: RawHeaders = (NO_BODY, ALLOW, NO_STORE, NOSNIFF, NO_REFERRER)


class Reply(NamedTuple):
    """An answer. `headers` is one of the constants above; only a redirect adds something of its own."""

    status: int
    headers: RawHeaders
    body: bytes = b""
    location: bytes | None = None

    @property
    def all_headers(self) -> RawHeaders:
        """The headers with the redirect's own."""
        return self.headers if self.location is None else ((b"location", self.location), *self.headers)


PIXEL_REPLY = Reply(200, PIXEL_HEADERS, PIXEL)
NOT_AHEAD_REPLY = Reply(503, (NO_BODY, NO_STORE, NOSNIFF))
"""To a browser that asks before its reader does: it then asks again when the reader clicks.

A redirect would be shown from memory without a second request (tried with Chromium 2026-11), and the click be lost.
"""
NOT_FOUND_REPLY = Reply(404, NOT_FOUND_HEADERS, NOT_FOUND_PAGE)

PREFETCH = int(Facts.PREFETCH)
UNSURE = frozenset({Outcome.UNKNOWN_LINK, Outcome.UNKNOWN_KEY})
"""Outcomes that a fresh look may change: the link was registered, or the key added, a moment ago."""


def reply_to(surface: str, method: str, receipt: Receipt, ahead: bool = False) -> Reply:
    """The answer to a request: always the pixel on `o`, on `c` the destination or a page.

    `ahead`: a browser asks on speculation, before its reader clicks.
    """
    if method not in ("GET", "HEAD"):
        return Reply(204 if method == "OPTIONS" else 405, OTHER_METHOD_HEADERS)
    if surface == "o":
        return PIXEL_REPLY
    if receipt.destination is None:
        return NOT_FOUND_REPLY
    if ahead and method == "GET":
        return NOT_AHEAD_REPLY
    return Reply(302, REDIRECT_HEADERS, location=receipt.destination.encode("ascii"))


class Tracking:
    """Serves `/o/…` and `/c/…`; `count(surface, outcome)` is called once for every request.

    `fresh_look` waits until what others changed before is known.
    """

    def __init__(
        self,
        intake: Intake,
        reader: Reader,
        committer: Committer,
        count: Callable[[str, Outcome], None],
        fresh_look: Callable[[], Awaitable[None]],
    ) -> None:
        self._reader = reader
        self._intake = intake
        self._committer = committer
        self._count = count
        self._fresh_look = fresh_look

    def answer(
        self, method: str, path: str, query: bytes, headers: Headers, peer: str
    ) -> tuple[Reply, Receipt]:
        """The answer to one request and what becomes of it: no I/O, no ASGI. `path` is decoded, `query` as it came."""
        parsed = parse_path(path)
        if parsed is None:
            return reply_to(path[1:2], method, BAD_TOKEN), BAD_TOKEN
        seen = self._reader.read(method, headers, peer)
        receipt = self._intake.receive(parsed, seen, now_ms(), query)
        ahead = bool(seen.facts._value_ & PREFETCH) and is_speculative(headers)
        return reply_to(parsed.surface, method, receipt, ahead), receipt

    def take(self, receipt: Receipt, surface: str, answer: Answer) -> None:
        """Log or count what was received, then have it answered: `answer` is called once, perhaps at once."""
        outcome = receipt.outcome
        if receipt.event is None:
            if receipt.overflow is not None:
                self._committer.count_overflow(receipt.overflow)
            elif receipt.evidence is not None and not self._committer.note(receipt.evidence):
                outcome = Outcome.FORGED_OVERFLOW
            self._count(surface, outcome)
            answer(True)
            return

        def answered(durable: bool) -> None:
            self._count(surface, outcome if durable else Outcome.LATE)
            answer(durable)

        if not self._committer.join(receipt.event, answered):
            self._count(surface, Outcome.QUEUE_FULL)
            answer(False)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one ASGI request after the commit, or when the bound comes first."""
        client = scope["client"]
        method, path = scope["method"], scope["path"]
        request = method, path, scope["query_string"], scope["headers"], client[0] if client else ""
        reply, receipt = self.answer(*request)
        if receipt.outcome in UNSURE:
            await self._fresh_look()
            reply, receipt = self.answer(*request)
        answered: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self.take(receipt, path[1:2], answered.set_result)
        await answered
        await send({"type": "http.response.start", "status": reply.status, "headers": reply.all_headers})
        await send({"type": "http.response.body", "body": b"" if method == "HEAD" else reply.body})


def now_ms() -> int:
    """The clock of the hot path, in milliseconds since 1970."""
    return time.time_ns() // 1_000_000


class TrackingFirst:
    """The outermost ASGI callable: tracking URLs go to `Tracking`, the rest to the app."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request. A proxy that joins a root and a path doubles the slash between."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if scope["path"][:2] == "//":
            scope = {**scope, "path": "/" + scope["path"].lstrip("/")}
        if scope["path"][:3] in ("/o/", "/c/"):
            tracking: Any = scope["state"]["tracking"]
            await tracking(scope, receive, send)
        else:
            await self._app(scope, receive, send)
