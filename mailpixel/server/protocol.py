"""Answers pixel and redirect inside uvicorn's HTTP protocol, without the cost of an ASGI cycle.

A plain GET or HEAD that is a hit is answered here by the same `Tracking` that serves it over ASGI. All other
requests go through ASGI, and so does any unusual one (pipelined, upgraded, a link not known yet).
"""

import asyncio
import urllib.parse
from functools import lru_cache
from http import HTTPStatus
from typing import Any

from uvicorn.config import Config
from uvicorn.server import ServerState

from mailpixel.links.surfaces import surface_of
from mailpixel.server.connection import BoundedProtocol
from mailpixel.server.replies import RawHeaders, Reply
from mailpixel.server.request_reader import TrackingRequest
from mailpixel.server.tracking import UNSURE, Tracking
from mailpixel.times import now_ms

FAST_METHODS = {b"GET": "GET", b"HEAD": "HEAD"}


class PendingCycle:
    """Takes the place of uvicorn's ASGI cycle while a request waits for its commit.

    uvicorn looks at it when the connection is lost, must end, or brings another
    request meanwhile. A body is ignored.
    """

    __slots__ = ("body", "disconnected", "keep_alive", "message_event", "more_body", "response_complete")

    def __init__(self) -> None:
        self.body = b""
        self.disconnected = False
        self.keep_alive = True
        self.message_event = asyncio.Event()
        self.more_body = False
        self.response_complete = True


class TrackingProtocol(BoundedProtocol):
    """uvicorn's HTTP protocol with bounds, and with a short way for tracking URLs."""

    def __init__(
        self, config: Config, server_state: ServerState, app_state: dict[str, Any], **options: Any
    ) -> None:
        super().__init__(config=config, server_state=server_state, app_state=app_state, **options)
        self._tracking: Tracking = app_state["tracking"]
        self._waiting = PendingCycle()

    def _take(self) -> None:
        """Answer here, or pass the request to the app."""
        request = self._plain_request()
        if request is None or not self._answer_here(request):
            super()._take()

    def _plain_request(self) -> TrackingRequest | None:
        """The request, if it is a plain one on a surface that takes hits."""
        method = FAST_METHODS.get(self.parser.get_method())
        if method is None or self._is_busy() or self.parser.should_upgrade():
            return None
        path, query = path_and_query(self.url)
        surface = surface_of(path)
        if surface is None or not surface.takes_hits:
            return None
        return TrackingRequest(
            surface, method, path, query, self.headers, self.client[0] if self.client else ""
        )

    def _answer_here(self, request: TrackingRequest) -> bool:
        """Answer the request. Returns False when it must go through ASGI, where it can wait for a fresh look."""
        reply, receipt = self._tracking.answer(request, now_ms())
        if receipt.outcome in UNSURE:
            return False
        parser, waiting = self.parser, self._waiting
        waiting.response_complete = False
        waiting.keep_alive = (
            parser.should_keep_alive() and parser.get_http_version() != "1.0" and not self._door.draining
        )
        self.cycle = waiting  # type: ignore[assignment]

        def answer(durable: bool) -> None:
            self._write(reply, request.method == "HEAD")

        self._tracking.take(request.surface, receipt, answer)
        return True

    def _write(self, reply: Reply, without_body: bool) -> None:
        waiting = self._waiting
        waiting.response_complete = True
        if waiting.disconnected or self.transport.is_closing():
            return
        location = b"" if reply.location is None else b"location: %b\r\n" % reply.location
        ending = b"\r\n" if waiting.keep_alive else b"connection: close\r\n\r\n"
        body = b"" if without_body else reply.body
        fixed = lines(tuple(self.server_state.default_headers))
        self.transport.write(
            b"".join((STATUS_LINES[reply.status], fixed, location, lines(reply.headers), ending, body))
        )
        if not waiting.keep_alive:
            self._finish()
        self.on_response_complete()


STATUS_LINES = {
    status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n".encode() for status in HTTPStatus
}


def path_and_query(url: bytes) -> tuple[str, bytes]:
    """The path of a request target, percent-decoded as uvicorn does it, and its query as received."""
    query = b""
    if b"?" in url or b"#" in url:
        url, _, query = url.partition(b"#")[0].partition(b"?")
    path = url.decode("latin-1")
    return (urllib.parse.unquote(path) if "%" in path else path), query


@lru_cache(maxsize=16)
def lines(headers: RawHeaders) -> bytes:
    """Headers as sent over the wire. The input is our constants and uvicorn's own, which change once a second."""
    return b"".join([b"%b: %b\r\n" % header for header in headers])
