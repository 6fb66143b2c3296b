"""Ten thousand open connections: most ask every few seconds, a tenth say nothing, a tenth send headers byte by byte.

What one costs, how readers who come anew are answered meanwhile, and who is cut off and why. `scripts/soak connections
[NUMBER [SECONDS]]`. The service ends who says nothing or is slow for ten seconds; whoever was ended comes again. A last
run allows a tenth of the connections that come: those that wait for longest make room. Client and service need a
descriptor for each: `ulimit -Hn` must allow NUMBER and some hundred more.
"""

import asyncio
import re
import statistics
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from mailpixel import TokenKind
from mailpixel.claims import Claims
from mailpixel.folder.key_file import load_keyring
from mailpixel.links.token import TokenSigner
from mailpixel.server.descriptors import RESERVED, raise_limit
from tests.benchmarks.table import print_rows
from tests.soak.holding import WORDS, Holders
from tests.support.flood import memory_bytes
from tests.support.service import Service, rows

WAIT_S = 0.02
"""Between two readers."""
GATHER_S = 120
ALL = 0.97
"""This share is enough: some are always ended and on their way to come again."""
ENDED = re.compile(r'mailpixel_connections_ended_total\{reason="(\w+)"\} (\S+)')


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


def reasons(service: Service) -> Counter[str]:
    """How many connections the service ended, by reason."""
    found = ENDED.findall(service.get("/metrics")[2].decode())
    return Counter({reason: int(float(number)) for reason, number in found if float(number)})


def measured(service: Service, paths: tuple[str, str], number: int, seconds: float) -> list[object]:
    """A row: connections held open, memory, readers' waits, failures, and who was ended and why."""
    before = memory_bytes(service)
    with Holders(service.port, paths[0], number) as holders:
        began = time.monotonic()
        while holders.open < number * ALL and time.monotonic() < began + GATHER_S:
            time.sleep(0.1)
        gathered_s = time.monotonic() - began
        at_first = holders.open
        waits, failed = asyncio.run(readers(service.port, paths, seconds))
        held = holders.open
        sockets = len(list(Path(f"/proc/{service.process.pid}/fd").iterdir()))
        grown = memory_bytes(service) - before
        ended = holders.ended
        print(f"{at_first:,} open after {gathered_s:.0f} s, {held:,} now", file=sys.stderr, flush=True)
    service.wait_for("/healthz")  # everybody has left
    why = reasons(service)
    return [
        f"{at_first:,} after {gathered_s:.0f} s, {held:,} at the end",
        f"{sockets:,}",
        f"{before / 1e6:.0f} {grown / 1e6:+.0f} MB",
        f"{grown / max(held, 1) / 1024:.1f} kB",
        len(waits),
        *in_ms(waits),
        failed,
        ", ".join(f"{count:,} {word}" for count, word in zip(ended, WORDS, strict=True) if count),
        ", ".join(f"{count:,} {reason}" for reason, count in why.most_common()),
    ]


def run(number: int, seconds: float) -> None:
    """Print a quiet service, one with room for all, and one with room for a tenth of them."""
    raise_limit()
    found = []
    for name, most, many in (
        ("quiet", number + 10 * RESERVED, 1),
        ("room for all", number + 10 * RESERVED, number),
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
                print(found[-1], file=sys.stderr, flush=True)
    print_rows(
        f"{number:,} connections beside readers, {seconds:.0f} s",
        (
            "service",
            "held open",
            "descriptors",
            "memory",
            "each",
            "readers",
            "p50 ms",
            "p99 ms",
            "not answered",
            "ended and came again",
            "the service ended",
        ),
        found,
    )


if __name__ == "__main__":
    asked = [int(each) for each in sys.argv[1:]]
    run(*(asked + [10_000, 20][len(asked) :])[:2])
