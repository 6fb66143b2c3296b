"""A client in a process of its own that asks at a steady pace, and costs little: it reads of an answer only its status.

The requests come as bytes, from a function that runs in that process. A wait counts from the moment at which the
request was due, so that a service that falls behind is seen to. Each answer must arrive in one piece, as those to hits
do.
"""

import os
import select
import socket
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any, NamedTuple

Requests = Iterator[tuple[str, bytes]]
"""The kind of each request, and its bytes."""
STEP_S = 0.0001
"""Waits are counted in steps of this length."""
REPORT_S = 0.5
LAST_S = 10.0
"""How long the last answers are waited for."""
AS_FAST = float("inf")
"""The pace of a client that asks again as soon as it has its answer."""


class Seen(NamedTuple):
    """What a client saw in `seconds`: answers by kind and status (0: none), waits in `STEP_S`, and its own CPU time."""

    answers: Counter[tuple[str, int]]
    waits: Counter[int]
    cpu_s: float
    seconds: float

    @property
    def total(self) -> int:
        """The number of answers."""
        return sum(count for (_, status), count in self.answers.items() if status)

    def wait_ms(self, share: float) -> float:
        """The wait in ms that this share of all waits, from 0 to 1, does not exceed."""
        left = share * self.waits.total()
        for steps in sorted(self.waits):
            left -= self.waits[steps]
            if left <= 0:
                return (steps + 1) * STEP_S * 1000
        return 0.0


NOTHING_SEEN = Seen(Counter(), Counter(), 0.0, 0.0)


def together(some: Seen, more: Seen) -> Seen:
    """What was seen in two spans of time that follow each other."""
    return Seen(
        some.answers + more.answers,
        some.waits + more.waits,
        some.cpu_s + more.cpu_s,
        some.seconds + more.seconds,
    )


class Driver:
    """The client, from outside. `source(*arguments)` gives its requests; it does nothing until it gets a pace."""

    def __init__(
        self, port: int, connections: int, source: Callable[..., Requests], *arguments: object
    ) -> None:
        spawn = get_context("spawn")
        self._pipe, other = spawn.Pipe()
        given = (other, port, connections, source, arguments)
        self._process: Any = spawn.Process(target=_run, args=given, daemon=True)
        self._process.start()
        self._pipe.recv()  # its requests are ready

    def pace(self, rate: float) -> None:
        """Ask so many times a second from now on; 0 pauses."""
        self._pipe.send(rate)

    def take(self) -> Seen:
        """What was seen since the last call."""
        seen = NOTHING_SEEN
        while self._pipe.poll():
            seen = together(seen, self._pipe.recv())
        return seen

    def watch(self, seconds: float) -> Seen:
        """What is seen within this time."""
        seen, until = self.take(), time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            if self._pipe.poll(left):
                seen = together(seen, self._pipe.recv())
        return seen

    def stop(self) -> Seen:
        """Ask no more, wait for the answers under way and return what was seen last."""
        self._pipe.send(None)
        seen = NOTHING_SEEN
        with suppress(EOFError):
            while True:
                seen = together(seen, self._pipe.recv())
        self._process.join()
        return seen


def _run(pipe: Connection, port: int, connections: int, source: Callable[..., Requests], given: Any) -> None:
    crowd = _Crowd(port, connections, source(*given))
    pipe.send(None)
    rate: float | None = 0.0
    while rate is not None:
        began = time.perf_counter()
        if pipe.poll():
            rate = pipe.recv()
            crowd.due_s = began
        crowd.ask_for(REPORT_S, rate or 0.0)
        pipe.send(crowd.report(time.perf_counter() - began))
    crowd.finish()
    pipe.send(crowd.report(0.0))
    pipe.close()


class _Crowd:
    """Connections, each with one request under way at most."""

    def __init__(self, port: int, connections: int, requests: Requests) -> None:
        self._address = ("127.0.0.1", port)
        self._requests = requests
        self._poll = select.epoll()
        self._sockets: dict[int, socket.socket] = {}
        self._asked: dict[int, tuple[str, float]] = {}
        self._free: deque[int] = deque()
        self._answers: Counter[tuple[str, int]] = Counter()
        self._waits: list[float] = []
        self._cpu_s = time.process_time()
        self.due_s = time.perf_counter()
        for _ in range(connections):
            self._connect()

    def ask_for(self, seconds: float, rate: float) -> None:
        """Ask at this pace for so long, and read what is answered."""
        until = time.perf_counter() + seconds
        interval = 1 / rate if rate else seconds
        while (now := time.perf_counter()) < until:
            if rate == AS_FAST:
                self.due_s = now
            while rate and self._free and self.due_s <= now:
                self._ask(self.due_s)
                self.due_s += interval
            left = until - now
            if rate and self._free:
                left = min(left, max(self.due_s - now, 0.0))
            self._read(left)

    def finish(self) -> None:
        """Wait for the answers under way."""
        until = time.perf_counter() + LAST_S
        while self._asked and time.perf_counter() < until:
            self._read(0.1)
        for kind, _ in self._asked.values():
            self._answers[kind, 0] += 1

    def report(self, seconds: float) -> Seen:
        """What was seen since the last report."""
        answers, self._answers = self._answers, Counter()
        waits, self._waits = self._waits, []
        before, self._cpu_s = self._cpu_s, time.process_time()
        steps = Counter([int(wait / STEP_S) for wait in waits])
        return Seen(answers, steps, self._cpu_s - before, seconds)

    def _connect(self) -> None:
        connection = socket.create_connection(self._address, LAST_S)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.setblocking(False)
        fd = connection.fileno()
        self._sockets[fd] = connection
        self._poll.register(fd, select.EPOLLIN)
        self._free.append(fd)

    def _ask(self, due_s: float) -> None:
        fd = self._free.popleft()
        kind, request = next(self._requests)
        self._asked[fd] = (kind, due_s)
        with suppress(OSError):  # closed meanwhile: seen when it is read
            os.write(fd, request)

    def _read(self, within_s: float) -> None:
        for fd, _ in self._poll.poll(within_s):
            try:
                data = os.read(fd, 65_536)
            except OSError:
                data = b""
            if not data:
                self._lost(fd)
                continue
            asked = self._asked.pop(fd, None)
            if asked is None:  # the rest of a longer answer
                continue
            kind, due_s = asked
            self._answers[kind, int(data[9:12])] += 1
            self._waits.append(time.perf_counter() - due_s)
            self._free.append(fd)

    def _lost(self, fd: int) -> None:
        """The service closed a connection: take another."""
        self._poll.unregister(fd)
        self._sockets.pop(fd).close()
        with suppress(ValueError):
            self._free.remove(fd)
        asked = self._asked.pop(fd, None)
        if asked is not None:
            self._answers[asked[0], 0] += 1
        self._connect()
