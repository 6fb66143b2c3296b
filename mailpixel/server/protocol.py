"""Answers hits inside uvicorn's HTTP protocol, without the cost of an ASGI cycle.

A plain GET or HEAD that is a hit, and a post of a web site's page, is answered here by the same object that serves it
over ASGI. All other requests go through ASGI, and so does any unusual one (pipelined, upgraded).

A hit of mail is only put aside when it arrives. It is decided about together with those that will share its commit.
"""

import asyncio
import logging
import urllib.parse
from typing import Any, NamedTuple

from msgspec.structs import replace
from uvicorn.config import Config
from uvicorn.server import ServerState

from mailpixel.links.surfaces import LINK, PIXEL, Surface, surface_of
from mailpixel.links.urls import plain_path
from mailpixel.server.bounds import SITE_BODY_S
from mailpixel.server.connection import BoundedProtocol
from mailpixel.server.door import Ended
from mailpixel.server.replies import PIXEL_REPLY, lines
from mailpixel.server.request_reader import TrackingRequest, values_of
from mailpixel.server.serving import Serving
from mailpixel.site.envelope import BODY_BYTES
from mailpixel.times import now_ms

FAST_METHODS = {b"GET": "GET", b"HEAD": "HEAD", b"POST": "POST"}
MAILED = {each.prefix.encode(): each for each in (PIXEL, LINK)}
"""The surfaces of mail by the first characters of a target, which are as many for each."""
PREFIX_CHARS = len(PIXEL.prefix)
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"

log = logging.getLogger(__name__)


class PendingCycle:
    """Takes the place of uvicorn's ASGI cycle while a request waits for its commit.

    uvicorn looks at it when the connection is lost, must end, or brings another
    request meanwhile. `more_body` says that a body is wanted; any other is ignored.
    """

    __slots__ = ("body", "disconnected", "keep_alive", "message_event", "more_body", "response_complete")

    def __init__(self) -> None:
        self.body = b""
        self.disconnected = False
        self.keep_alive = True
        self.message_event = asyncio.Event()
        self.more_body = False
        self.response_complete = True


class Post:
    """A post whose body is on its way: the request, what arrived, and when it must be complete (clock of the loop).

    `waits` says that its client sends the body only after it was asked to.
    """

    __slots__ = ("arrived", "request", "until", "waits")

    def __init__(self, request: TrackingRequest, until: float) -> None:
        self.request = request
        self.until = until
        self.arrived = b""
        self.waits = bool(values_of(request.headers, b"expect"))


class Asked(NamedTuple):
    """A hit that waits for its group: what was asked, with the target as received, and when."""

    surface: Surface
    method: str
    url: bytes
    headers: list[tuple[bytes, bytes]]
    at_ms: int


class TrackingProtocol(BoundedProtocol):
    """uvicorn's HTTP protocol with bounds, and with a short way for tracking URLs."""

    def __init__(
        self, config: Config, server_state: ServerState, app_state: dict[str, Any], **options: Any
    ) -> None:
        super().__init__(config=config, server_state=server_state, app_state=app_state, **options)
        self._serving: Serving = app_state["serving"]
        self._waiting = PendingCycle()
        self._reply = PIXEL_REPLY
        self._without_body = False
        self._fixed_of: list[tuple[bytes, bytes]] = []
        self._fixed = b""
        self._post: Post | None = None
        self._asked: Asked
        self._peer = ""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin, and remember whose connection it is."""
        super().connection_made(transport)
        self._peer = self.client[0] if self.client else ""

    def _take(self) -> None:
        """Let a hit wait for its group, begin a post, or pass the request to the app."""
        method = FAST_METHODS.get(self.parser.get_method())
        if method is None or self._is_busy() or self.parser.should_upgrade():
            super()._take()
            return
        surface = MAILED.get(self.url[:PREFIX_CHARS])
        if surface is not None and method != "POST":
            self._hold()
            self._asked = Asked(surface, method, self.url, self.headers, now_ms())
            self._serving[surface].gather(self._decide)
        else:
            self._take_other(method)

    def _take_other(self, method: str) -> None:
        path, query = path_and_query(self.url)
        surface = surface_of(path)
        if surface is None or not surface.takes_hits or (method == "POST" and not surface.takes_posts):
            super()._take()
            return
        self._hold()
        request = TrackingRequest(surface, method, path, query, self.headers, self._peer)
        if method == "POST":
            self._begin_post(request)
        else:
            self._answer(request, now_ms())

    def _decide(self) -> None:
        """Answer the hit that waited for its group. An error ends this connection alone."""
        surface, method, url, headers, at_ms = self._asked
        try:
            parsed = plain_path(surface, url) if method == "GET" else None
            path, query = ("", b"") if parsed else path_and_query(url)
            request = TrackingRequest(surface, method, path, query, headers, self._peer, parsed=parsed)
            self._answer(request, at_ms)
        except Exception:
            log.exception("a hit could not be answered")
            self.transport.abort()

    def _answer(self, request: TrackingRequest, at_ms: int) -> None:
        """Answer a request. When what it names is not known, look again first: it may be new."""
        tracking = self._serving[request.surface]
        reply, receipt = tracking.answer(request, at_ms)
        if receipt.outcome in tracking.unsure:
            task = self.loop.create_task(self._answer_after_look(request))
            self.tasks.add(task)
            task.add_done_callback(self.tasks.discard)
            return
        self._reply, self._without_body = reply, request.method == "HEAD"
        tracking.take(request.surface, receipt, self._write)

    async def _answer_after_look(self, request: TrackingRequest) -> None:
        tracking = self._serving[request.surface]
        await tracking.fresh_look()
        reply, receipt = tracking.answer(request, now_ms())
        self._reply, self._without_body = reply, request.method == "HEAD"
        tracking.take(request.surface, receipt, self._write)

    def _hold(self) -> None:
        """Let the connection wait for an answer."""
        parser, waiting = self.parser, self._waiting
        waiting.response_complete = False
        waiting.keep_alive = (
            parser.should_keep_alive() and parser.get_http_version() != "1.0" and not self._door.draining
        )
        self.cycle = waiting  # type: ignore[assignment]

    # Posts.

    def _begin_post(self, request: TrackingRequest) -> None:
        """Wait for the body. Nothing is answered before it is complete, too long or late."""
        self._waiting.more_body = True
        self._post = Post(request, self.loop.time() + SITE_BODY_S)

    def _hand_over_body(self) -> None:
        post = self._post
        if post is None:
            super()._hand_over_body()
            return
        post.arrived += self._body.gathered()
        if len(post.arrived) > BODY_BYTES:
            self._end_post(post.arrived[: BODY_BYTES + 1])

    def on_message_complete(self) -> None:
        """The request has ended: answer a post."""
        super().on_message_complete()
        if self._post is not None and not self._ending.is_deaf:
            self._end_post(self._post.arrived)

    def _look_at_unfinished_body(self, size_bytes: int) -> None:
        super()._look_at_unfinished_body(size_bytes)
        post = self._post
        if post is None or self._ending.is_deaf:
            return
        self._deadline.expect(max(post.until - self.loop.time(), 0.0))
        if post.waits:
            post.waits = False
            self.transport.write(CONTINUE)

    def _wait_for_body(self) -> None:
        if self._post is None:
            super()._wait_for_body()
            return
        self._door.ended[Ended.SLOW_BODY] += 1
        self._waiting.keep_alive = False
        self._end_post(b"")

    def _end_post(self, body: bytes) -> None:
        """Answer a post with this body."""
        post, self._post = self._post, None
        assert post is not None  # noqa: S101 - it is called for a post alone
        self._waiting.more_body = False
        self._answer(replace(post.request, body=body), now_ms())

    def _write(self, durable: bool) -> None:
        """Send the answer that waited."""
        waiting, reply = self._waiting, self._reply
        waiting.response_complete = True
        if waiting.disconnected or self.transport.is_closing():
            return
        fixed = self.server_state.default_headers
        if fixed is not self._fixed_of:  # uvicorn makes a new list each second
            self._fixed_of, self._fixed = fixed, lines(fixed)
        if waiting.keep_alive and not self._without_body:
            self.transport.write(reply.begin + self._fixed + reply.rest)
        else:
            rest = reply.ended(waiting.keep_alive, self._without_body)
            self.transport.write(reply.begin + self._fixed + rest)
            if not waiting.keep_alive:
                self._finish()
        self.on_response_complete()


def path_and_query(url: bytes) -> tuple[str, bytes]:
    """The path of a request target, percent-decoded as uvicorn does it, and its query as received."""
    query = b""
    if b"?" in url or b"#" in url:
        url, _, query = url.partition(b"#")[0].partition(b"?")
    path = url.decode("latin-1")
    return (urllib.parse.unquote(path) if "%" in path else path), query
