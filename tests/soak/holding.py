"""Clients that hold connections open by the thousand: most ask every few seconds, some say nothing, some are slow.

They stand in a few processes, each with an address of its own, and cost little: one loop with `epoll`, where asyncio
spent a second of CPU on a thousand connections. Whoever is ended comes again.
"""

import heapq
import select
import socket
import time
from collections.abc import Sequence
from contextlib import suppress
from itertools import count, cycle
from multiprocessing import get_context
from typing import Any

from mailpixel.server.descriptors import raise_limit

PROCESSES = 4
AT_ONCE = 50
"""How many connect at a time in one process: the queue of a socket is bounded."""
TRICKLE_S = 1.0
ASK_S = 3.5
"""Less than the five seconds after which an idle connection is closed."""
AGAIN_S = 1.0
TURN_S = 0.05
KEPT, SILENT, SLOW, NOT_CONNECTED = range(4)
OF_EACH = (KEPT,) * 8 + (SILENT, SLOW)
WORDS = ("kept", "silent", "slow", "not connected")


class Holders:
    """The processes, while the block lasts."""

    def __init__(self, port: int, pixel: str, number: int) -> None:
        spawn = get_context("spawn")
        request = f"GET {pixel} HTTP/1.1\r\nHost: t\r\n\r\n".encode()
        self._counts = [spawn.Array("i", 5, lock=False) for _ in range(PROCESSES)]
        shares = [number // PROCESSES + (place < number % PROCESSES) for place in range(PROCESSES)]
        self._processes = [
            spawn.Process(target=_hold, args=(port, request, share, place, counts), daemon=True)
            for place, (share, counts) in enumerate(zip(shares, self._counts, strict=True))
            if share
        ]

    def __enter__(self) -> "Holders":
        for process in self._processes:
            process.start()
        return self

    def __exit__(self, *exception: object) -> None:
        for process in self._processes:
            process.kill()
            process.join()

    @property
    def open(self) -> int:
        """How many connections are open now."""
        return sum(counts[len(WORDS)] for counts in self._counts)

    @property
    def ended(self) -> Sequence[int]:
        """How many were ended of each of `WORDS`."""
        return [sum(counts[place] for counts in self._counts) for place in range(len(WORDS))]


def _hold(port: int, request: bytes, number: int, place: int, counts: Any) -> None:
    raise_limit()
    crowd = _Crowd(port, request, f"127.0.0.{place + 2}", counts)
    for kind, _ in zip(cycle(OF_EACH), range(number), strict=False):
        crowd.expect(kind)
    while True:
        crowd.turn()


class _Line:
    """One connection. `sent` is how much of a slow request went out; it is `due` to do something again and again."""

    __slots__ = ("connected", "kind", "sent", "socket")

    def __init__(self, kind: int, connection: socket.socket) -> None:
        self.kind = kind
        self.socket = connection
        self.connected = False
        self.sent = 0


class _Crowd:
    def __init__(self, port: int, request: bytes, own: str, counts: Any) -> None:
        self._port, self._request, self._own, self._counts = port, request, own, counts
        self._poll = select.epoll()
        self._lines: dict[int, _Line] = {}
        self._order = count()
        self._due: list[tuple[float, int, _Line]] = []
        self._coming: list[tuple[float, int, int]] = []
        self._connecting = 0

    def expect(self, kind: int, after_s: float = 0.0) -> None:
        """Connect once there is a turn."""
        heapq.heappush(self._coming, (time.monotonic() + after_s, next(self._order), kind))

    def turn(self) -> None:
        """Do what is due, and what the service did."""
        now = time.monotonic()
        while self._coming and self._connecting < AT_ONCE and self._coming[0][0] <= now:
            self._connect(heapq.heappop(self._coming)[2])
        while self._due and self._due[0][0] <= now:
            self._act(heapq.heappop(self._due)[2])
        for fd, _ in self._poll.poll(TURN_S):
            line = self._lines[fd]
            if not line.connected:
                self._connected(line)
            else:
                self._heard(line)

    def _connect(self, kind: int) -> None:
        connection = socket.socket()
        connection.setblocking(False)
        connection.bind((self._own, 0))
        self._lines[connection.fileno()] = _Line(kind, connection)
        self._connecting += 1
        with suppress(BlockingIOError):
            connection.connect(("127.0.0.1", self._port))
        self._poll.register(connection, select.EPOLLOUT)

    def _connected(self, line: _Line) -> None:
        self._connecting -= 1
        if line.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
            self._end(line, NOT_CONNECTED)
            return
        line.connected = True
        self._counts[len(WORDS)] += 1
        self._poll.modify(line.socket, select.EPOLLIN)
        if line.kind != SILENT:
            self._act(line)

    def _act(self, line: _Line) -> None:
        """Ask, or send the next byte."""
        if line.socket.fileno() < 0:
            return
        with suppress(OSError):
            if line.kind == KEPT:
                line.socket.send(self._request)
            elif line.sent < len(self._request) - 4:
                line.sent += line.socket.send(self._request[line.sent : line.sent + 1])
                self._later(line, TRICKLE_S)

    def _later(self, line: _Line, after_s: float) -> None:
        heapq.heappush(self._due, (time.monotonic() + after_s, next(self._order), line))

    def _heard(self, line: _Line) -> None:
        data = b""
        with suppress(OSError):
            data = line.socket.recv(65_536)
        if data and line.kind == KEPT:
            self._later(line, ASK_S)
        elif not data:
            self._counts[len(WORDS)] -= 1
            self._end(line, line.kind)

    def _end(self, line: _Line, why: int) -> None:
        self._counts[why] += 1
        self._poll.unregister(line.socket)
        del self._lines[line.socket.fileno()]
        line.socket.close()
        self.expect(line.kind, AGAIN_S if why == NOT_CONNECTED else 0.0)
