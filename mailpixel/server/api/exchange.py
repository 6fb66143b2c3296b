"""Lines in, lines out, at the same time and of any length.

A client may read the answer while it still sends, or send everything first and read then. Neither may stall the
other: what was received and not yet answered waits in memory, and past a bound in a temporary file.
"""

import json
from collections.abc import Sequence
from tempfile import SpooledTemporaryFile
from typing import Protocol

import anyio
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from mailpixel.reading.lines import LINE_BYTES, Lines, Numbered
from mailpixel.server.errors import NO_STORE

PIECE_BYTES = 65_536
MEMORY_BYTES = 1_048_576
STREAM_BYTES = 4 * 1024**3
"""The longest stream taken in one request: 4 GiB."""
TOO_LONG = {
    "code": "too_large",
    "message": "the stream is longer than 4 GiB; send the rest in another request",
    "field": None,
}


class Translator(Protocol):
    """Turns lines into output. `stopped`: it takes no more lines. `step`: the most lines it takes at once."""

    @property
    def stopped(self) -> bool:
        """Whether further lines are ignored."""
        ...

    @property
    def step(self) -> int:
        """How many lines are work for a few milliseconds, and few enough to hold what comes out of them."""
        ...

    async def take(self, lines: Sequence[Numbered]) -> bytes:
        """The output of some lines."""
        ...

    def finish(self) -> bytes:
        """The output at the end of the input."""
        ...


class Spool:
    """Bytes on their way from one task to another, in order; `put` never waits for `take`."""

    def __init__(self) -> None:
        self._file = SpooledTemporaryFile(max_size=MEMORY_BYTES)  # noqa: SIM115 (closed by `close`)
        self._lock = anyio.Lock()
        self._news = anyio.Event()
        self._read = self._written = 0
        self._ended = False
        self._on_disk = False

    async def put(self, piece: bytes) -> None:
        """Add bytes at the end."""
        async with self._lock:
            self._on_disk = self._on_disk or self._written + len(piece) > MEMORY_BYTES
            if self._on_disk:
                await run_in_threadpool(self._write, piece)
            else:
                self._write(piece)
        self._news.set()

    def end(self) -> None:
        """Mark the end of the bytes."""
        self._ended = True
        self._news.set()

    async def take(self) -> bytes:
        """Wait for the next bytes; empty at the end."""
        while self._read == self._written and not self._ended:
            self._news = anyio.Event()
            await self._news.wait()
        async with self._lock:
            return await run_in_threadpool(self._take) if self._on_disk else self._take()

    def close(self) -> None:
        """Remove the file."""
        self._file.close()

    def _write(self, piece: bytes) -> None:
        self._file.seek(self._written)
        self._file.write(piece)
        self._written += len(piece)

    def _take(self) -> bytes:
        self._file.seek(self._read)
        piece = self._file.read(PIECE_BYTES)
        self._read += len(piece)
        if self._read == self._written:
            self._read = self._written = 0
            self._file.seek(0)
            self._file.truncate()
        return piece


class Exchange(Response):
    """Answers a request by what `translator` makes of the lines of its body, while the body comes in."""

    media_type = "application/x-ndjson"

    def __init__(
        self, translator: Translator, line_bytes: int = LINE_BYTES, most_bytes: int = STREAM_BYTES
    ) -> None:
        self.status_code = 200
        self.background = None
        self.init_headers(NO_STORE)
        self._translator = translator
        self._lines = Lines(line_bytes)
        self._most_bytes = most_bytes
        self._too_long = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the request."""
        spool = Spool()
        try:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(self._receive, receive, spool, tasks.cancel_scope)
                await self._answer(send, spool)
                tasks.cancel_scope.cancel()
        finally:
            spool.close()

    async def _receive(self, receive: Receive, spool: Spool, everything: anyio.CancelScope) -> None:
        """Read the body, then watch for a disconnect, which ends the exchange."""
        received = 0
        while (message := await receive())["type"] == "http.request":
            piece = message.get("body", b"")
            received += len(piece)
            self._too_long = received > self._most_bytes
            if piece and not self._too_long:
                await spool.put(piece)
            if self._too_long or not message.get("more_body", False):
                spool.end()
                if self._too_long:
                    return
        everything.cancel()

    async def _answer(self, send: Send, spool: Spool) -> None:
        # Ask for the first piece before sending the status: a client may wait for `100 Continue` before its body.
        piece = await spool.take()
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        while piece and not self._translator.stopped:
            await self._translate(send, self._lines.feed(piece))
            piece = b"" if self._translator.stopped else await spool.take()
        await self._translate(send, self._lines.finish())
        await self._send(send, self._translator.finish())
        if self._too_long:
            await self._send(send, json.dumps({"row": None, "error": TOO_LONG}).encode() + b"\n")
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _translate(self, send: Send, lines: Sequence[Numbered]) -> None:
        step = self._translator.step
        for start in range(0, len(lines), step):
            if self._translator.stopped:
                return
            await self._send(send, await self._translator.take(lines[start : start + step]))

    async def _send(self, send: Send, made: bytes) -> None:
        if made:
            await send({"type": "http.response.body", "body": made, "more_body": True})
