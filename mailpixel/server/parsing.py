"""Reads requests from arriving pieces: uvicorn's parser, and the bounds that it lacks."""

from enum import IntEnum
from typing import Any

import httptools
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from mailpixel.server.bounds import BODY_S, DRAIN_S, HEAD_S, problem_of_begun_head, problem_of_head
from mailpixel.server.connection_ending import Ending
from mailpixel.server.deadline import Deadline
from mailpixel.server.door import Door, Ended
from mailpixel.server.request_body import RequestBody
from mailpixel.server.upgrades import framing_of, parser_of_body


class Stage(IntEnum):
    """What the parser reads next."""

    BETWEEN = 0
    HEAD = 1
    BODY = 2


BETWEEN, HEAD, BODY = Stage


class _Nowhere(list[tuple[bytes, bytes]]):
    """Discards the headers after a body (trailers)."""

    def append(self, header: tuple[bytes, bytes]) -> None:
        """Discard it."""


NOWHERE = _Nowhere()


class ParsingProtocol(HttpToolsProtocol):
    """The part of uvicorn's HTTP protocol that reads requests. It calls `_take` once a request's headers are complete.

    The connection passes incoming bytes to `_feed`. It also creates `_deadline`, which gets the time limit
    for the rest, and `_ending`, which refuses what is too much.
    """

    _deadline: Deadline
    _ending: Ending

    def __init__(
        self, config: Config, server_state: ServerState, app_state: dict[str, Any], **options: Any
    ) -> None:
        super().__init__(config=config, server_state=server_state, app_state=app_state, **options)
        self._door: Door = app_state["door"]
        self._stage = BETWEEN
        self._hurried = True
        self._head_bytes = 0
        self._framing: list[tuple[bytes, bytes]] = []
        self._body = RequestBody()

    def _feed(self, piece: bytes) -> None:
        """Let the parser read."""
        size_bytes, was_in_body = len(piece), self._stage is BODY
        while piece:
            try:
                piece = self._rest_of(piece)
            except httptools.HttpParserError:
                self._ending.refuse(Ended.BAD_REQUEST, self._is_busy())
                break
        if self._body.chunks:
            self._hand_over_body()
        if self._stage is not BETWEEN and not self._ending.is_deaf:
            began_behind_body = was_in_body and self._stage is HEAD
            self._look_at_unfinished(0 if began_behind_body else size_bytes)

    def _rest_of(self, piece: bytes) -> bytes:
        """Let the parser read. Returns what it left: everything after a head that asks for another protocol."""
        try:
            self.parser.feed_data(piece)
        except httptools.HttpParserUpgrade as asked:
            self._begin_body()
            return piece[asked.args[0] :]  # answered as if it had not asked
        return b""

    def _begin_body(self) -> None:
        """Read the body after headers that asked for another protocol.

        Raises `HttpParserError` where the length of that body is not defined.
        """
        framing, self._framing = self._framing, []
        if framing:
            self.parser = parser_of_body(self, framing)

    def _look_at_unfinished(self, size_bytes: int) -> None:
        if self._stage is BODY:
            self._look_at_unfinished_body(size_bytes)
            return
        self._head_bytes += size_bytes
        problem = problem_of_begun_head(self.url, self.headers, self._head_bytes)
        if problem is not None:
            self._ending.refuse(problem, self._is_busy())
        elif not self._hurried:
            self._hurried = True
            self._deadline.expect(HEAD_S)

    def _look_at_unfinished_body(self, size_bytes: int) -> None:
        if self._body.is_empty_talk(size_bytes):
            self._ending.leave(Ended.LARGE_HEADERS)
        elif not self.cycle.response_complete:
            self._deadline.expect(BODY_S)
        elif self._body.is_in_too_many_chunks():
            self._ending.half_close()
            self._deadline.expect(HEAD_S)
        else:
            self._drop(size_bytes)

    def _drop(self, size_bytes: int) -> None:
        if self._body.is_too_long(size_bytes) and not self.transport.is_closing():
            self._ending.leave(Ended.LARGE_BODY)

    # Called by the parser.

    def on_message_begin(self) -> None:
        """A request begins."""
        self._stage = HEAD
        self._body.begin()
        self.url = b""
        self.headers = []

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header of the request."""
        self.headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        """The headers are complete: take the request, unless they are too large."""
        self._stage = BODY
        self._hurried = False
        problem = problem_of_head(self.url, self.headers, self._head_bytes)
        self._head_bytes = 0
        if self.parser.should_upgrade():
            self._framing = framing_of(self.headers)
        if problem is None:
            self._take()
        else:
            self._ending.refuse(problem, self._is_busy())
        self.headers = NOWHERE

    def on_body(self, body: bytes) -> None:
        """A piece of a body: keep it for the app, or discard it."""
        cycle = self.cycle
        self._body.take(body, not self._ending.is_deaf and cycle.more_body and not cycle.response_complete)

    def _hand_over_body(self) -> None:
        """Give the app one piece made of many chunks."""
        super().on_body(self._body.gathered())

    def on_message_complete(self) -> None:
        """The request has ended, unless its body is still to be read."""
        if self._framing:
            return
        if self._body.chunks:
            self._hand_over_body()
        self._stage = BETWEEN
        if self._ending.is_deaf:
            return
        if self.cycle.more_body:
            self.cycle.more_body = False
            self.cycle.message_event.set()
        if self.cycle.response_complete and not self.flow.write_paused:
            self._deadline.expect(DRAIN_S if self._door.draining else self.timeout_keep_alive)

    def _take(self) -> None:
        """Have the request answered by the app."""
        url, headers = self.url, self.headers
        super().on_message_begin()
        self.url = url
        self.headers = self.scope["headers"] = headers
        self.expect_100_continue = any(
            name == b"expect" and value.lower() == b"100-continue" for name, value in headers
        )
        super().on_headers_complete()
        if self._door.draining:
            self.cycle.keep_alive = False

    def _is_busy(self) -> bool:
        """Whether a request is being answered, or an answer waits to be read."""
        return (self.cycle is not None and not self.cycle.response_complete) or self.flow.write_paused
