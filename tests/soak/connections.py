"""Ten thousand open connections: most ask every few seconds, a tenth say nothing, a tenth send headers byte by byte.

What one costs, and how readers who come anew are answered meanwhile. `scripts/soak connections [NUMBER [SECONDS]]`. The
service ends who says nothing or is slow for ten seconds; whoever was ended comes again. A second run allows a tenth of
the connections that come: those that wait for longest make room.
"""

import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from mailpixel import TokenKind
from mailpixel.claims import Claims
from mailpixel.folder.key_file import load_keyring
from mailpixel.links.token import TokenSigner
from mailpixel.server.descriptors import raise_limit
from tests.benchmarks.table import print_rows
from tests.support.flood import memory_bytes
from tests.support.service import Service, rows

AT_ONCE = 200
"""So many connect at a time; the queue of a socket is not endless."""
WAIT_S = 0.02
"""Between two readers."""
TRICKLE_S = 1.0
ASK_S = 3.5
"""Less than the five seconds after which an idle connection is closed."""
GATHER_S = 90
OPEN, NOT_CONNECTED = 0, 4
WORDS = ("kept", "silent", "slow", "not connected")
Counts = Any
"""Shared by two processes: how many are open, how many of each kind were ended, and how many came to no connection."""
Kind = Callable[["Crowd", asyncio.StreamReader, asyncio.StreamWriter], Awaitable[object]]


class Crowd:
    """Those who hold connections open, and how often each kind was ended."""

    def __init__(self, port: int, pixel: str, counts: Counts) -> None:
        self.port = port
        self.asked = f"GET {pixel} HTTP/1.1\r\nHost: t\r\n\r\n".encode()
        self._counts = counts
        self._turn = asyncio.Semaphore(AT_ONCE)

    async def stay(self, kind: Kind) -> None:
        """Hold a connection; when it is ended, take another."""
        while True:
            try:
                async with self._turn:
                    reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
            except OSError:
                self._counts[NOT_CONNECTED] += 1
                await asyncio.sleep(1)
                continue
            self._counts[OPEN] += 1
            try:
                await kind(self, reader, writer)
            except (ConnectionError, asyncio.IncompleteReadError):
                pass
            finally:
                self._counts[OPEN] -= 1
                self._counts[KINDS.index(kind) + 1] += 1
                writer.close()


async def silent(crowd: Crowd, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Say nothing."""
    await reader.read()


async def slow(crowd: Crowd, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Send a request byte by byte, and never come to its end."""
    for byte in crowd.asked[:-4]:
        writer.write(bytes([byte]))
        with suppress(TimeoutError):
            await asyncio.wait_for(reader.readexactly(1), TRICKLE_S)
            break


async def kept(crowd: Crowd, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Ask again and again over the same connection."""
    while True:
        writer.write(crowd.asked)
        await reader.readuntil(b"\x00;")  # the end of the image
        await asyncio.sleep(ASK_S)


KINDS: tuple[Kind, ...] = (kept, silent, slow)
OF_EACH = (8, 1, 1)


def hold(port: int, pixel: str, number: int, counts: Counts) -> None:
    """Hold so many connections until this process is ended."""

    async def everybody() -> None:
        crowd = Crowd(port, pixel, counts)
        kinds = [kind for kind, share in zip(KINDS, OF_EACH, strict=True) for _ in range(share)]
        await asyncio.gather(*(crowd.stay(kinds[each % len(kinds)]) for each in range(number)))

    raise_limit()
    asyncio.run(everybody())


async def answered_s(port: int, path: str) -> float:
    """How long a reader waits who connects, asks and is answered."""
    began = time.monotonic()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n".encode())
    answer = await reader.read()
    writer.close()
    if not answer.startswith((b"HTTP/1.1 200 ", b"HTTP/1.1 302 ")):
        raise ConnectionError(f"no answer: {answer[:40]!r}")
    return time.monotonic() - began


async def readers(port: int, paths: tuple[str, str], seconds: float) -> tuple[list[float], int]:
    """The waits of readers who come one after another, to the pixel and the redirect in turn, and how many failed."""
    waits: list[float] = []
    failed, until = 0, time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            waits.append(await answered_s(port, paths[len(waits) % 2]))
        except OSError:
            failed += 1
        await asyncio.sleep(WAIT_S)
    return waits, failed


def in_ms(waits: list[float]) -> tuple[str, str]:
    """The median and the 99th percentile."""
    return f"{statistics.median(waits) * 1000:.1f}", f"{statistics.quantiles(waits, n=100)[98] * 1000:.1f}"


def measured(service: Service, paths: tuple[str, str], number: int, seconds: float) -> list[object]:
    """A row: connections open, memory, readers' waits, failures, ends. The crowd has a process of its own."""
    spawn = get_context("spawn")
    before, counts = memory_bytes(service), spawn.Array("i", 5, lock=False)
    crowd = spawn.Process(target=hold, args=(service.port, paths[0], number, counts), daemon=True)
    crowd.start()
    began = time.monotonic()
    while counts[OPEN] < number * 0.97 and time.monotonic() < began + GATHER_S:
        time.sleep(0.1)
    sockets = len(list(Path(f"/proc/{service.process.pid}/fd").iterdir()))
    waits, failed = asyncio.run(readers(service.port, paths, seconds))
    grown = memory_bytes(service) - before
    crowd.kill()
    crowd.join()
    ended = ", ".join(f"{counts[place]} {word}" for place, word in enumerate(WORDS, 1))
    each = f"{grown / max(sockets, 1) / 1024:.1f} kB"
    return [
        sockets,
        f"{before / 1e6:.0f} MB",
        f"{grown / 1e6:+.0f} MB",
        each,
        len(waits),
        *in_ms(waits),
        failed,
        ended,
    ]


def run(number: int, seconds: float) -> None:
    """Print a quiet service, one with room for all, and one with room for a tenth of them."""
    raise_limit()
    found = []
    for name, most, many in (
        ("quiet", 12_000, 1),
        ("room for all", 12_000, number),
        ("room for a tenth", number // 10, number),
    ):
        with tempfile.TemporaryDirectory() as folder:
            data = Path(folder) / "data"
            rows(data, "campaign", "add", "c1", "--name", "One", "--link", "https://shop.example/")
            with Service(data, environment={"MAILPIXEL_CONNECTIONS": str(most)}) as service:
                service.wait_for("/readyz")
                token = TokenSigner(load_keyring(data / "keys.json")).sign(
                    Claims(TokenKind.MESSAGE, "c1", "r-1")
                )
                paths = (f"/o/{token}.gif", f"/c/{token}/1")
                found.append([name, *measured(service, paths, many, seconds)])
    print_rows(
        f"{number:,} connections beside readers, {seconds:.0f} s",
        (
            "service",
            "descriptors",
            "memory before",
            "growth",
            "each",
            "readers",
            "p50 ms",
            "p99 ms",
            "not answered",
            "ended and came again",
        ),
        found,
    )


if __name__ == "__main__":
    asked = [int(each) for each in sys.argv[1:]]
    run(*(asked + [10_000, 20][len(asked) :])[:2])
