"""Shows the last envelopes of this process to other processes, and those of all of them to a browser."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

import msgspec
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from mailpixel.folder.consoles import TALLY, Consoles, address_of, new_socket
from mailpixel.ingest.site_console import Console, SeenEnvelope
from mailpixel.ingest.site_tally import tally_text
from mailpixel.report.site_console import SeenEnvelopeRow, SeenEventRow
from mailpixel.server.live.frames import PING, RETRY, frame
from mailpixel.server.live.permission import Permission
from mailpixel.server.live.stream import OPEN, STREAM_HEADERS
from mailpixel.server.threads import Lane
from mailpixel.times import moment_of, now_ms

MOST_READERS = 64
"""Most readers of the console of one process."""
ASKED_S, CLOSED_S = 5.0, 1.0
UNREAD_BYTES = 1_048_576
"""A reader that has this much unread misses what comes."""
WAIT_S, PING_EVERY_S, CHECK_EVERY_S = 1.0, 20.0, 5.0

log = logging.getLogger(__name__)


def row_of(seen: SeenEnvelope) -> SeenEnvelopeRow:
    """An envelope as it is shown."""
    return SeenEnvelopeRow(
        at=moment_of(seen.at_ms).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        method=seen.method,  # type: ignore[arg-type]
        outcome=seen.outcome,
        problems=tuple(seen.problems),
        consent=tuple(seen.consent),
        source=seen.source,
        network=seen.network,
        agent=seen.agent,
        events=tuple(SeenEventRow(each.name, each.logged, tuple(each.problems)) for each in seen.events),
        id=seen.id,
        visitor=seen.visitor,
        clock_ms=seen.clock_ms,
        size_bytes=seen.size_bytes,
    )


def text_of(seen: SeenEnvelope) -> bytes:
    """An envelope as a line of JSON."""
    return msgspec.json.encode(row_of(seen)) + b"\n"


class ConsoleServer:
    """Serves the console of this process on a socket in the data folder. `start` and `close` never raise.

    `clock` gives milliseconds since 1970.
    """

    def __init__(self, console: Console, data: Path, clock: Callable[[], int] = now_ms) -> None:
        self._console = console
        self._clock = clock
        self._data = data
        self._readers: dict[asyncio.Task[None], asyncio.StreamWriter] = {}
        self._server: asyncio.Server | None = None
        self._socket: Path | None = None

    async def start(self) -> None:
        """Begin to listen. Without the socket the console of this process is not shown."""
        self._console.tallies.since_ms = self._clock()
        try:
            self._socket = new_socket(self._data)
            self._console.name = self._socket.stem
            with address_of(self._socket) as address:
                self._server = await asyncio.start_unix_server(self._serve, address)
        except OSError as error:
            log.warning("the console of web sites is not shown: %s", error.strerror)

    async def close(self) -> None:
        """Listen no more."""
        if self._server is not None:
            self._server.close()
        for writer in self._readers.values():
            writer.close()
        if self._readers:
            await asyncio.wait(self._readers, timeout=CLOSED_S)
        if self._socket is not None:
            with suppress(OSError):
                self._socket.unlink()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - asyncio calls it in a task
        self._readers[task] = writer
        try:
            if len(self._readers) <= MOST_READERS:
                await self._show(reader, writer)
        except (OSError, ValueError, TimeoutError):
            return
        finally:
            writer.close()
            del self._readers[task]

    async def _show(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line = await asyncio.wait_for(reader.readline(), ASKED_S)
        site = line.decode().strip()
        if site.startswith(TALLY):
            writer.write(tally_text(self._console.tallies.tally(site.removeprefix(TALLY), self._clock())))
            return
        writer.write(b"".join(map(text_of, self._console.of_site(site))) + b"\n")
        end = self._console.listen(partial(_tell, writer, site))
        try:
            await reader.read(1)  # nothing more comes: the reader has gone
        finally:
            end()


def _tell(writer: asyncio.StreamWriter, site: str, seen: SeenEnvelope) -> None:
    if seen.site == site and writer.transport.get_write_buffer_size() < UNREAD_BYTES:
        writer.write(text_of(seen))


class ConsoleStream(Response):
    """Sends the envelopes of a site, of all processes, as server-sent events: `envelope`, and `workers` at the start.

    `is_ending` says that the service ends. `lane` is where the permission is checked.
    """

    media_type = "text/event-stream"

    def __init__(
        self, consoles: Consoles, permission: Permission, lane: Lane, is_ending: Callable[[], bool]
    ) -> None:
        self.status_code = 200
        self.background = None
        self.init_headers(STREAM_HEADERS)
        self._consoles = consoles
        self._permission = permission
        self._lane = lane
        self._is_ending = is_ending

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Begin to serve the request. `OpenStreams` serves the rest."""
        try:
            lines = await self._consoles.begin()
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            workers = frame("workers", {"workers": self._consoles.workers})
            await _say(send, RETRY + workers + b"".join(map(_frame, lines)))
        except BaseException:
            self._consoles.close()
            raise
        scope["state"][OPEN] = self._serve

    async def _serve(self, receive: Receive, send: Send) -> None:
        gone = asyncio.ensure_future(_gone(receive))
        try:
            await self._until(gone, send)
            await send({"type": "http.response.body", "body": b""})
        finally:
            gone.cancel()
            self._consoles.close()

    async def _until(self, gone: "asyncio.Future[None]", send: Send) -> None:
        loop = asyncio.get_running_loop()
        said_s = checked_s = loop.time()
        while not (gone.done() or self._is_ending()):
            line = await self._consoles.next(WAIT_S)
            now_s = loop.time()
            if line or now_s - said_s >= PING_EVERY_S:
                said_s = now_s
                await _say(send, _frame(line) if line else PING)
            if now_s - checked_s >= CHECK_EVERY_S:
                checked_s = now_s
                if not await self._lane.run(self._permission.holds):
                    return


def _frame(line: bytes) -> bytes:
    return b"event: envelope\ndata: " + line + b"\n\n"


async def _say(send: Send, text: bytes) -> None:
    await send({"type": "http.response.body", "body": text, "more_body": True})


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
