"""One HTTP connection with bounds: uvicorn's protocol bounds neither what comes in nor how long it takes.

What is sent ahead is read one request at a time: the next one is looked at when the one before is answered and the
client has read, on a later turn of the event loop. So nobody can fill the memory or keep the loop from others.
"""

import asyncio
from enum import IntEnum
from math import inf
from typing import Any

import httptools
from uvicorn.config import Config
from uvicorn.protocols.http.flow_control import HIGH_WATER_LIMIT
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from mailpixel.server.bounds import (
    BODY_S,
    CHUNKS_A_TURN,
    DRAIN_S,
    DROPPED_BYTES,
    DROPPED_CHUNKS,
    HEAD_S,
    HEADER_BYTES,
    HEADERS,
    LINGER_S,
    TARGET_BYTES,
    UNREAD_API_S,
    UNREAD_S,
    refusal,
)
from mailpixel.server.door import Door, Ended

PIECE_BYTES, PIECE_OF_BODY_BYTES = 16_384, 1_024
HEAD_END = b"\r\n\r\n"
FRAMING = frozenset({b"content-length", b"transfer-encoding"})
"""Headers that say how long a body is."""


class Stage(IntEnum):
    """What the parser reads next."""

    BETWEEN = 0
    HEAD = 1
    BODY = 2


BETWEEN, HEAD, BODY = Stage


class _Nowhere(list[tuple[bytes, bytes]]):
    """Where headers behind a body go: they are ignored."""

    def append(self, header: tuple[bytes, bytes]) -> None:
        """Forget it."""


NOWHERE = _Nowhere()


class BoundedProtocol(HttpToolsProtocol):
    """uvicorn's HTTP protocol with bounds. `_take` is called for each request when its headers are there."""

    def __init__(
        self, config: Config, server_state: ServerState, app_state: dict[str, Any], **options: Any
    ) -> None:
        super().__init__(config=config, server_state=server_state, app_state=app_state, **options)
        self._door: Door = app_state["door"]
        self._stage = BETWEEN
        self._head_bytes = self._silent_bytes = self._dropped_bytes = 0
        self._chunks: list[bytes] = []
        self._chunks_seen = self._dropped_chunks = 0
        self._ahead, self._at, self._held_bytes = b"", 0, 0
        self._soon = self._paused = self._rests = False
        self._refusal: Ended | None = None
        self._deaf = self._ending = self._client_is_done = False
        self._hurried = True
        self._framing: list[tuple[bytes, bytes]] = []
        self._repeats = False
        self._since = 0.0
        self._until = self._armed_at = inf
        self._timer: asyncio.TimerHandle | None = None

    # What the transport says.

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin; where there are too many connections, one has to go."""
        super().connection_made(transport)
        self._expect(HEAD_S)
        if len(self.connections) > self._door.most:
            self._door.make_room(self.connections, self)  # type: ignore[arg-type]

    def connection_lost(self, exc: Exception | None) -> None:
        """Leave nothing behind."""
        if self._timer is not None:
            self._timer.cancel()
        self._forget()
        self._deaf = self._ending = True
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read a request, or keep what was sent ahead."""
        if len(data) > PIECE_BYTES:
            self._rest()
        if self._deaf:
            self._drop(len(data))
        elif self._ahead or (self._stage is not BODY and self._is_busy()):
            self._keep(data)
        elif len(data) <= PIECE_BYTES and data.find(HEAD_END) + 4 in (3, len(data)):
            self._feed(data)  # as good as always
        else:
            self._ahead = data
            self._read_on()

    def eof_received(self) -> bool:  # type: ignore[override]
        """The client will send no more; whether it still waits for answers."""
        self._client_is_done = bool(self._ahead) or (self._stage is not BODY and self._is_busy())
        return self._client_is_done and not self._ending

    def pause_writing(self) -> None:
        """The client does not read: it is asked nothing more until it does, within bounds."""
        super().pause_writing()
        self._expect(self._patience_s())

    def resume_writing(self) -> None:
        """The client has read."""
        super().resume_writing()
        if not self._is_busy():
            self._go_on()

    def shutdown(self) -> None:
        """The service ends: answer what was asked, and one request more of those who did not know yet."""
        self._door.draining = True
        if self.cycle is not None and not self.cycle.response_complete:
            self.cycle.keep_alive = False
        elif self._stage is not HEAD and not self._ending:
            self._expect(DRAIN_S)

    # What the parser says.

    def on_message_begin(self) -> None:
        """A request begins."""
        if self._repeats:
            return
        self._stage = HEAD
        self._dropped_bytes = self._dropped_chunks = 0
        self.url = b""
        self.headers = []

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header of the request."""
        self.headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        """The headers are there: take the request, unless they are too much."""
        if self._repeats:
            return
        self._stage = BODY
        self._hurried = False
        problem = self._problem_of_head()
        self._head_bytes = 0
        if self.parser.should_upgrade():
            self._framing = [header for header in self.headers if header[0] in FRAMING]
        if problem is None:
            self._take()
        else:
            self._refuse(problem)
        self.headers = NOWHERE

    def on_body(self, body: bytes) -> None:
        """A piece of a body, for who wants it."""
        self._silent_bytes = 0
        self._chunks_seen += 1
        if not self._deaf and self.cycle.more_body and not self.cycle.response_complete:
            self._chunks.append(body)
        else:
            self._dropped_chunks += 1

    def _hand_over_body(self) -> None:
        """Give the app at once what came in many chunks."""
        chunks, self._chunks = self._chunks, []
        super().on_body(b"".join(chunks))

    def on_message_complete(self) -> None:
        """The request has ended, unless its body is still to be read."""
        if self._framing:
            return
        if self._chunks:
            self._hand_over_body()
        self._stage = BETWEEN
        if self._deaf:
            return
        if self.cycle.more_body:
            self.cycle.more_body = False
            self.cycle.message_event.set()
        if self.cycle.response_complete and not self.flow.write_paused:
            self._expect(DRAIN_S if self._door.draining else self.timeout_keep_alive)

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

    # What is read, and when.

    def _is_busy(self) -> bool:
        """Whether a request is being answered, or an answer waits to be read."""
        return (self.cycle is not None and not self.cycle.response_complete) or self.flow.write_paused

    def _feed(self, piece: bytes) -> None:
        """Let the parser read."""
        size_bytes = len(piece)
        while piece:
            try:
                self.parser.feed_data(piece)
                piece = b""
            except (
                httptools.HttpParserUpgrade
            ) as asked:  # answered as if it had not asked for another protocol
                piece = piece[asked.args[0] :]
                self._begin_body()
            except httptools.HttpParserError:
                self._refuse(Ended.BAD_REQUEST)
                break
        if self._chunks:
            self._hand_over_body()
        if self._stage is not BETWEEN and not self._deaf:
            self._look_at_unfinished(size_bytes)

    def _begin_body(self) -> None:
        """Have a body read behind headers that asked for another protocol: the parser takes it for the next request.

        What begins like a request inside a body would be answered, and a proxy in front would give that answer to
        another client. So another parser learns how long the body is.
        """
        if not self._framing:
            return
        lines = [b"%b: %b\r\n" % header for header in self._framing]
        url, self._framing = self.url, []
        self.parser = httptools.HttpRequestParser(self)
        self._repeats = True
        self.parser.feed_data(b"".join([b"POST / HTTP/1.1\r\n", *lines, b"\r\n"]))
        self._repeats = False
        self.url = url

    def _look_at_unfinished(self, size_bytes: int) -> None:
        if self._stage is BODY:
            self._silent_bytes += size_bytes
            if self._silent_bytes > HEADER_BYTES:  # trailers, or a chunk that says endless things of itself
                self.leave(Ended.LARGE_HEADERS)
            elif not self.cycle.response_complete:
                self._expect(BODY_S)
            elif self._dropped_chunks > DROPPED_CHUNKS:
                self._end()
                self._expect(HEAD_S)
            else:
                self._drop(size_bytes)
            return
        self._head_bytes += size_bytes
        if len(self.url) > TARGET_BYTES:
            self._refuse(Ended.LONG_TARGET)
        elif len(self.headers) > HEADERS or self._head_bytes - len(self.url) > HEADER_BYTES:
            self._refuse(Ended.LARGE_HEADERS)
        elif not self._hurried:
            self._hurried = True
            self._expect(HEAD_S)

    def _problem_of_head(self) -> Ended | None:
        if len(self.url) > TARGET_BYTES:
            return Ended.LONG_TARGET
        if len(self.headers) > HEADERS:
            return Ended.LARGE_HEADERS
        if (
            self._head_bytes
            and sum(len(name) + len(value) + 4 for name, value in self.headers) > HEADER_BYTES
        ):
            return Ended.LARGE_HEADERS
        return None

    def _rest(self) -> None:
        """Take no more in this turn: the loop reads on many times where more comes as fast as it reads."""
        if not self._rests and not self.transport.is_closing():
            self._rests = True
            self.transport.pause_reading()
            self.loop.call_soon(self._rested)

    def _rested(self) -> None:
        self._rests = False
        if not self.flow.read_paused and not self.transport.is_closing():
            self.transport.resume_reading()

    def _keep(self, data: bytes) -> None:
        """Put aside what cannot be read yet."""
        ahead = self._ahead[self._at :] + data
        self._forget()
        self._ahead = ahead
        self._pause()

    def _forget(self) -> None:
        self._door.let_go(self._held_bytes)
        self._ahead, self._at, self._held_bytes = b"", 0, 0

    def _read_on(self) -> None:
        """Read what was put aside, up to the end of the next request or for as long as others can wait."""
        self._soon = False
        self._chunks_seen = 0
        while self._has_to_read() and self._chunks_seen < CHUNKS_A_TURN:
            self._feed(self._next_piece())
            if self._stage is BETWEEN:
                break
        if self._deaf:
            self._forget()
        elif not self._ahead:
            self._resume()
        else:
            self._pause()
            if self._has_to_read():
                self._read_soon()

    def _has_to_read(self) -> bool:
        return bool(self._ahead) and (self._stage is BODY or not self._is_busy())

    def _next_piece(self) -> bytes:
        """Up to the end of some headers: there a request begins, and no other before."""
        ahead, at = self._ahead, self._at
        begin = at + PIECE_OF_BODY_BYTES if self._stage is BODY else at
        end = ahead.find(HEAD_END, begin, at + PIECE_BYTES) + 4
        self._at = min(at + PIECE_BYTES, len(ahead)) if end == 3 else end
        if self._at == len(ahead):
            self._forget()
            return ahead[at:]
        return ahead[at : self._at]

    def _read_soon(self) -> None:
        if not self._soon:
            self._soon = True
            self.loop.call_soon(self._read_on)

    def _pause(self) -> None:
        """Read no more from the connection while something is put aside."""
        if self.transport.is_closing():
            return
        if not self._held_bytes:
            if not self._door.hold(len(self._ahead)):
                self.leave(Ended.TOO_MUCH_AHEAD)
                return
            self._held_bytes = len(self._ahead)
        self._paused = True
        self.flow.pause_reading()

    def _resume(self) -> None:
        """Read from the connection again, unless the app has more of a body than it takes."""
        if self._paused and not self.transport.is_closing():
            self._paused = False
            cycle = self.cycle
            if cycle is None or cycle.response_complete or len(cycle.body) <= HIGH_WATER_LIMIT:
                self.flow.resume_reading()

    def on_response_complete(self) -> None:
        """A request was answered: on to the next."""
        self.server_state.total_requests += 1
        if self.transport.is_closing() and not self._ending:
            self._ending = True
            self._expect(self._patience_s())
        if self._ending:
            return
        if self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())
        elif self._refusal is not None:
            self._write_refusal(self._refusal)
        elif not self.flow.write_paused:
            self._go_on()

    def _go_on(self) -> None:
        """Nothing is being answered, and what was answered was read."""
        self._expect(
            DRAIN_S if self._door.draining else HEAD_S if self._stage is BODY else self.timeout_keep_alive
        )
        if self._ahead:
            self._read_soon()
        elif self._client_is_done:
            self.transport.close()
        elif self.flow.read_paused:
            self._paused = True
            self._resume()

    # How it ends.

    @property
    def waits_since(self) -> float | None:
        """Since when it has waited for its client, on the clock of the loop; None while it has a request to answer."""
        is_at_work = self.cycle is not None and not self.cycle.response_complete
        return None if is_at_work and not self.flow.write_paused else self._since

    def leave(self, why: Ended) -> None:
        """End at once, and count why."""
        self._door.ended[why] += 1
        self._deaf = self._ending = True
        self.transport.abort()

    def _refuse(self, why: Ended) -> None:
        """Answer no more, when what was asked before is answered."""
        if self._deaf:
            return
        self._deaf = True
        self._refusal = why
        self._door.ended[why] += 1
        if not self._is_busy():
            self._write_refusal(why)

    def _write_refusal(self, why: Ended) -> None:
        self.transport.write(refusal(why))
        self._end()

    def _finish(self) -> None:
        """Close after the last answer."""
        if (
            self._ahead
            or self._stage is BODY
            or self._door.draining
            or self.transport.get_write_buffer_size()
        ):
            self._end()
        else:
            self.transport.close()

    def _end(self) -> None:
        """Send no more, and let the client read: closing with unread bytes would take our answer away."""
        self._deaf = self._ending = True
        self._forget()
        if not self.transport.is_closing():
            self.flow.resume_reading()
            self.transport.write_eof()
            self._expect(LINGER_S)

    def _drop(self, size_bytes: int) -> None:
        self._dropped_bytes += size_bytes
        if self._dropped_bytes > DROPPED_BYTES and not self.transport.is_closing():
            self.leave(Ended.LARGE_BODY)

    # Until when.

    def _patience_s(self) -> float:
        return UNREAD_API_S if self.url[:5] == b"/api/" else UNREAD_S

    def _expect(self, seconds: float) -> None:
        """Something must happen within this time. Its one timer mostly fires early and is set again."""
        self._since = self.loop.time()
        self._until = self._since + seconds
        if self._until < self._armed_at:
            self._arm()

    def _arm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._armed_at = self._until
        self._timer = self.loop.call_at(self._until, self._look_at_clock)

    def _look_at_clock(self) -> None:
        self._timer, self._armed_at = None, inf
        if self.loop.time() < self._until:
            self._arm()
        else:
            self._until = inf
            self._is_late()

    def _is_late(self) -> None:
        """The client has not done in time what it should."""
        if self._ending:
            self.transport.abort()
        elif self.flow.write_paused:
            self.leave(Ended.NOT_READ)
        elif self._stage is BODY:
            self._wait_for_body()
        elif self._is_busy() or self._ahead:
            return
        elif self._stage is HEAD or self._hurried:
            self.leave(Ended.SLOW_REQUEST)
        else:
            self._finish()

    def _wait_for_body(self) -> None:
        if self.flow.read_paused and self._is_busy():
            self._expect(BODY_S)  # it is us who do not take it
        else:
            self.leave(Ended.SLOW_BODY)
