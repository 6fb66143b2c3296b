"""The access log: one JSON line for each request, with its route and never its path.

    {"at": "2026-11-28T09:00:00.125Z", "route": "/api/campaigns/{id}", "method": "GET", "status": 200, "ms": 1.3,
     "bytes": 512, "key": "report"}

A hit has its `outcome` besides. No path, query, address, agent, token or id of a recipient is ever written. `key` is a
name that the operator chose.
"""

import os
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import msgspec
from msgspec import Struct

from mailpixel.ingest.group import SendAnswer
from mailpixel.ingest.intake import Receipt
from mailpixel.ingest.site_intake import SiteReceipt
from mailpixel.links.surfaces import Surface
from mailpixel.server.observing import Answered, method_of
from mailpixel.server.replies import Reply
from mailpixel.server.request_reader import TrackingRequest
from mailpixel.server.site_tracking import SiteTracking
from mailpixel.server.tracking import Tracking
from mailpixel.times import moment_of, now_ms

WRITE_BYTES = 4_096
"""Written at once: what a pipe takes whole, so that lines of several workers do not mix (PIPE_BUF of Linux)."""
MOST_WAITING = 10_000
"""Lines that wait while their reader is slow. More are left out, and a line says how many: no answer waits."""
STDOUT = 1


class AccessLine(Struct, frozen=True, omit_defaults=True):
    """One line of the log. `ms` is how long the answer took. `outcome` says what became of a hit."""

    at: str
    route: str
    method: str
    status: int
    ms: float
    bytes: int
    key: str | None = None
    outcome: str | None = None


class LeftOut(Struct, frozen=True):
    """The line in place of `left_out` lines that were not written."""

    left_out: int


class LineWriter:
    """Writes lines in a thread of its own. `write` gets some of them, as bytes."""

    def __init__(self, write: Callable[[bytes], object], most: int = MOST_WAITING) -> None:
        self._write = write
        self._most = most
        self._lines: deque[bytes] = deque()
        self._left_out = 0
        self._news = threading.Event()
        self._ending = False
        self._thread = threading.Thread(target=self._run, name="mailpixel-access-log", daemon=True)
        self._thread.start()

    def put(self, line: Struct) -> None:
        """Have a line written soon. Never waits."""
        if len(self._lines) >= self._most:
            self._left_out += 1
            return
        self._say_left_out()
        self._lines.append(msgspec.json.encode(line) + b"\n")
        self._news.set()

    def close(self, within_s: float = 1.0) -> None:
        """Write what waits, for a second at most."""
        self._say_left_out()
        self._ending = True
        self._news.set()
        self._thread.join(within_s)

    def _say_left_out(self) -> None:
        if self._left_out:
            self._lines.append(msgspec.json.encode(LeftOut(self._left_out)) + b"\n")
            self._left_out = 0

    def _run(self) -> None:
        while not self._ending or self._lines:
            self._news.wait()
            self._news.clear()
            while self._lines:
                self._write(self._next())

    def _next(self) -> bytes:
        """The lines that fit into one write."""
        piece = self._lines.popleft()
        while self._lines and len(piece) + len(self._lines[0]) <= WRITE_BYTES:
            piece += self._lines.popleft()
        return piece


def write_stdout(piece: bytes) -> None:
    """Write to standard output, whole. A reader that is gone is no reason to stop."""
    try:
        while piece:
            piece = piece[os.write(STDOUT, piece) :]
    except OSError:
        return


class AccessLog:
    """Turns answers into lines."""

    def __init__(self, put: Callable[[AccessLine], None]) -> None:
        self._put = put

    def note(self, answered: Answered) -> None:
        """Log one answer of the app."""
        self._put(
            AccessLine(
                at=_moment(answered.began_ns // 1_000_000),
                route=answered.route,
                method=answered.method,
                status=answered.status,
                ms=round((answered.ended_ns - answered.began_ns) / 1e6, 1),
                bytes=answered.size_bytes,
                key=answered.key,
            )
        )

    def note_hit(
        self, request: TrackingRequest, reply: Reply, receipt: Receipt | SiteReceipt, at_ms: int
    ) -> None:
        """Log one answered hit that arrived at this moment."""
        self._put(
            AccessLine(
                at=_moment(at_ms),
                route=request.surface.prefix + ("{key}" if request.surface.takes_posts else "{token}"),
                method=method_of(request.method),
                status=reply.status,
                ms=now_ms() - at_ms,
                bytes=0 if request.method == "HEAD" else len(reply.body),
                outcome=receipt.outcome,
            )
        )


class _Logged:
    """Logs every answer of what it is mixed into; see `Server`.

    Both doors take a receipt right after they got it, before anything else.
    """

    _last: tuple[TrackingRequest, Reply, int]

    def __init__(self, log: AccessLog, *parts: Any) -> None:
        super().__init__(*parts)
        self._log = log

    def answer(self, request: TrackingRequest, now_ms: int) -> tuple[Reply, Any]:
        """Answer, and remember what for."""
        found: tuple[Reply, Any] = super().answer(request, now_ms)  # type: ignore[misc]
        self._last = request, found[0], now_ms
        return found

    def take(self, surface: Surface, receipt: Any, answer: SendAnswer) -> None:
        """Take the receipt, and log the answer when it is sent."""
        request, reply, at_ms = self._last

        def answered(durable: bool) -> None:
            answer(durable)
            self._log.note_hit(request, reply, receipt, at_ms)

        super().take(surface, receipt, answered)  # type: ignore[misc]


class LoggedTracking(_Logged, Tracking):
    """Tracking that logs every answer."""


class LoggedSiteTracking(_Logged, SiteTracking):
    """Tracking of web sites that logs every answer."""


@contextmanager
def access_log(is_on: bool) -> Iterator[AccessLog | None]:
    """The access log on standard output while the block lasts; None when it is off."""
    if not is_on:
        yield None
        return
    writer = LineWriter(write_stdout)
    try:
        yield AccessLog(writer.put)
    finally:
        writer.close()


def _moment(at_ms: int) -> str:
    return moment_of(at_ms).isoformat(timespec="milliseconds").replace("+00:00", "Z")
