"""Connections for tests: a transport that keeps what was written, and a protocol that answers when it is asked to."""

import asyncio
from typing import Any, cast

from uvicorn.config import Config
from uvicorn.server import ServerState

from mailpixel.server.connection import BoundedProtocol
from mailpixel.server.door import Door
from tests.support.turns import Turns

GET = b"GET /x HTTP/1.1\r\nHost: t\r\n\r\n"
KEEP_ALIVE_S = 5


class Wire:
    """A transport: what was written, and what became of it. `room` bytes are taken before the client must read."""

    def __init__(self) -> None:
        self.protocol: BoundedProtocol
        self.written = b""
        self.room = 1 << 30
        self.paused = self.half_closed = self.closed = self.aborted = False

    def get_extra_info(self, name: str, default: object = None) -> object:
        return ("127.0.0.1", 1) if name in ("peername", "sockname") else default

    def write(self, data: bytes) -> None:
        assert not self.half_closed
        self.written += data
        if len(self.written) > self.room:
            self.protocol.pause_writing()

    def read_all(self) -> None:
        """The client reads everything."""
        self.room = 1 << 30
        self.protocol.resume_writing()

    def get_write_buffer_size(self) -> int:
        return 0

    def pause_reading(self) -> None:
        self.paused = True

    def resume_reading(self) -> None:
        self.paused = False

    def write_eof(self) -> None:
        self.half_closed = True

    def is_closing(self) -> bool:
        return self.closed

    def close(self) -> None:
        self.closed = True

    def abort(self) -> None:
        self.closed = self.aborted = True

    @property
    def statuses(self) -> list[int]:
        return [int(part[:3]) for part in self.written.split(b"HTTP/1.1 ")[1:]]


class Waiting:
    """A request on its way to its answer."""

    def __init__(self, more_body: bool) -> None:
        self.body = b""
        self.more_body = more_body
        self.keep_alive = True
        self.disconnected = self.response_complete = False
        self.message_event = asyncio.Event()


class Answering(BoundedProtocol):
    """Answers every request with its number, at once or when it is asked to."""

    at_once = True
    taken = 0

    def _take(self) -> None:
        self.taken += 1
        self.cycle = cast(Any, Waiting(more_body=self.parser.get_method() == b"POST"))
        if self.at_once:
            self.answer()

    def answer(self) -> None:
        self.cycle.response_complete = True
        self.transport.write(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
        if not self.cycle.keep_alive or self._door.draining:
            self._finish()
        self.on_response_complete()


class Line:
    """A connection in a test."""

    def __init__(self, door: Door | None = None, state: ServerState | None = None) -> None:
        self.turns, self.wire, self.door = Turns(), Wire(), door or Door(100)
        config = Config("unused:app", interface="asgi3", timeout_keep_alive=KEEP_ALIVE_S)
        config.loaded, config.loaded_app, config.ws_protocol_class = True, cast(Any, None), None
        self.protocol = Answering(
            config, state or ServerState(), {"door": self.door}, _loop=cast(Any, self.turns)
        )
        self.wire.protocol = self.protocol
        self.protocol.connection_made(cast(Any, self.wire))

    def send(self, data: bytes) -> None:
        self.protocol.data_received(data)
