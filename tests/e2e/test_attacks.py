"""What anybody on the network may try: others are answered meanwhile, and the memory does not grow.

Bounded in time and number. How long others wait is printed beside a quiet service, and never asserted.
"""

import asyncio
import resource
import socket
import statistics
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from mailpixel import TokenKind
from mailpixel.claims import Claims
from mailpixel.folder.key_file import load_keyring
from mailpixel.links.token import TokenSigner
from tests.support.flood import metric
from tests.support.processes import descendants, has_open, needs_proc
from tests.support.service import Service, rows

pytestmark = needs_proc
SECONDS = 1.0
MOST_GROWTH_MB = 30
CONNECTIONS = 96
TOO_MANY = 'mailpixel_connections_ended_total{reason="too_many"}'
Attack = Callable[["Target"], Awaitable[object]]


class Target:
    """A running service, and how to reach it."""

    def __init__(self, service: Service, signer: TokenSigner) -> None:
        self.service = service
        self._signer = signer
        self.until = self.quiet_ms = 0.0

    @property
    def goes_on(self) -> bool:
        return time.monotonic() < self.until

    def pixel(self, recipient: str) -> str:
        return f"/o/{self._signer.sign(Claims(TokenKind.OPEN, 'c1', recipient))}.gif"

    def page(self) -> str:
        """The page on which somebody decides, by a good token."""
        return f"/u/{self._signer.sign(Claims(TokenKind.MESSAGE, 'c1', 'r-1'))}"

    def memory_mb(self) -> float:
        """The resident memory of all processes that serve or fold."""
        processes = [Path(f"/proc/{self.service.process.pid}"), *descendants(self.service.process.pid)]
        served = [process for process in processes if has_open(process, "mailpixel.db")]
        pages = sum(int((process / "statm").read_text().split()[1]) for process in served)
        return pages * resource.getpagesize() / 1e6


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    data = tmp_path_factory.mktemp("attacked") / "data"
    rows(data, "campaign", "add", "c1", "--name", "One", "--link", "https://shop.example/")
    bounds = {"MAILPIXEL_CONNECTIONS": str(CONNECTIONS)}
    with Service(data, environment=bounds) as service:
        service.wait_for("/readyz")
        target = Target(service, TokenSigner(load_keyring(data / "keys.json")))
        asyncio.run(wait_times(target, "warm"))
        target.quiet_ms = percentile(asyncio.run(wait_times(target, "quiet")))
        yield target


async def ask(port: int, request: str) -> bytes:
    """Everything that is answered until the server closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request.encode())
    answer = await reader.read()
    writer.close()
    return answer


async def wait_times(target: Target, name: str) -> list[float]:
    """How long readers who come one after another wait for the pixel, in seconds, for a while."""
    waits: list[float] = []
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        began = time.monotonic()
        request = (
            f"GET {target.pixel(f'{name}-{len(waits)}')} HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n"
        )
        answer = await asyncio.wait_for(ask(target.service.port, request), 60)
        assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
        waits.append(time.monotonic() - began)
        await asyncio.sleep(0.01)
    return waits


async def under(target: Target, attack: Attack) -> tuple[list[float], object]:
    target.until = time.monotonic() + SECONDS
    waits, outcome = await asyncio.gather(wait_times(target, attack.__name__), attack(target))
    return waits, outcome


def percentile(waits: list[float]) -> float:
    return statistics.quantiles(waits, n=100)[98] * 1000 if len(waits) > 1 else waits[0] * 1000


async def open_to(
    target: Target, receive_bytes: int = 0
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    connection = socket.socket()
    if receive_bytes:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
    connection.setblocking(False)
    try:
        await asyncio.get_running_loop().sock_connect(connection, ("127.0.0.1", target.service.port))
    except OSError:
        connection.close()
        raise
    return await asyncio.open_connection(sock=connection)


async def push(target: Target, writer: asyncio.StreamWriter, data: bytes) -> int:
    """Send the same bytes for as long as the attack goes on and they are taken."""
    sent = 0
    while target.goes_on:
        writer.write(data)
        try:
            await asyncio.wait_for(writer.drain(), max(target.until - time.monotonic(), 0.01))
        except (TimeoutError, ConnectionError):
            break
        sent += len(data)
    return sent


async def end(writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()


async def sends_ahead_and_never_reads(target: Target) -> None:
    asked = b"".join(f"GET {target.pixel('r')} HTTP/1.1\r\nHost: t\r\n\r\n".encode() for _ in range(100))

    async def one() -> None:
        reader, writer = await open_to(target, receive_bytes=4_096)
        reader._transport.pause_reading()  # type: ignore[attr-defined]
        await push(target, writer, asked)
        await end(writer)

    await asyncio.gather(*(one() for _ in range(16)))


async def sends_bad_tokens_ahead_and_never_reads(target: Target) -> None:
    async def one() -> None:
        reader, writer = await open_to(target, receive_bytes=4_096)
        reader._transport.pause_reading()  # type: ignore[attr-defined]
        await push(target, writer, b"GET /c/x HTTP/1.1\r\nHost: t\r\n\r\n" * 1_000)
        await end(writer)

    await asyncio.gather(*(one() for _ in range(16)))


async def sends_ahead_and_reads(target: Target) -> int:
    async def one() -> int:
        reader, writer = await open_to(target)
        pushing = asyncio.create_task(push(target, writer, b"GET /c/x HTTP/1.1\r\nHost: t\r\n\r\n" * 1_000))
        answers = 0
        while target.goes_on:
            try:
                answers += (await asyncio.wait_for(reader.read(1 << 20), 1)).count(b"HTTP/1.1 404")
            except (TimeoutError, ConnectionError):
                break
        await pushing
        await end(writer)
        return answers

    return sum(await asyncio.gather(*(one() for _ in range(8))))


async def floods_with(target: Target, begin: str, more: bytes) -> list[bytes]:
    async def one() -> bytes:
        reader, writer = await open_to(target)
        writer.write(begin.encode())
        pushing = asyncio.create_task(push(target, writer, more))
        answer = b""
        try:
            while part := await asyncio.wait_for(reader.read(65_536), 30):
                answer += part
        except ConnectionError:
            pass
        await pushing
        await end(writer)
        return answer

    return await asyncio.gather(*(one() for _ in range(8)))


async def endless_header(target: Target) -> list[bytes]:
    return await floods_with(target, "GET /o/x HTTP/1.1\r\nHost: t\r\nUser-Agent: ", b"a" * 10_000)


async def endless_headers(target: Target) -> list[bytes]:
    return await floods_with(target, "GET /o/x HTTP/1.1\r\nHost: t\r\n", b"a: b\r\n" * 1_000)


async def endless_headers_of_the_app(target: Target) -> list[bytes]:
    return await floods_with(target, "GET /healthz HTTP/1.1\r\nHost: t\r\n", b"a: b\r\n" * 1_000)


async def endless_target(target: Target) -> list[bytes]:
    return await floods_with(target, "GET /o/", b"a" * 10_000)


async def bodies_of_gets(target: Target) -> list[bytes]:
    head = f"GET {target.pixel('b')} HTTP/1.1\r\nHost: t\r\nContent-Length: 4000000000\r\n\r\n"
    return await floods_with(target, head, b"x" * 100_000)


async def bodies_that_nobody_reads(target: Target) -> list[bytes]:
    return await floods_with(
        target,
        "POST /api/campaigns HTTP/1.1\r\nHost: t\r\nContent-Length: 4000000000\r\n\r\n",
        b"x" * 100_000,
    )


async def endless_trailers(target: Target) -> list[bytes]:
    head = "POST /u/x HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n"
    return await floods_with(target, head, b"a: b\r\n" * 1_000)


async def bodies_of_tiny_chunks(target: Target) -> list[bytes]:
    head = "POST /u/x HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n"
    return await floods_with(target, head, b"1\r\nx\r\n" * 40_000)


async def ever_new_long_agents(target: Target) -> None:
    async def one(number: int) -> None:
        _, writer = await open_to(target)
        count = 0
        while target.goes_on:
            count += 1
            agent = f"{number}-{count}-" + "a" * 12_000
            writer.write(
                f"GET {target.pixel(f'a-{number}-{count}')} HTTP/1.1\r\nUser-Agent: {agent}\r\n\r\n".encode()
            )
            await writer.drain()
            await asyncio.sleep(0.005)
        await end(writer)

    await asyncio.gather(*(one(number) for number in range(8)))


async def opens_and_says_nothing(target: Target) -> int:
    return await stays_open(target, b"")


async def sends_half_a_head(target: Target) -> int:
    return await stays_open(target, b"GET /o/x HTTP/1.1\r\nHost: t\r\n")


async def sends_half_a_body(target: Target) -> int:
    return await stays_open(target, b"POST /u/x HTTP/1.1\r\nHost: t\r\nContent-Length: 100\r\n\r\nhello")


async def sends_half_a_body_that_is_waited_for(target: Target) -> int:
    head = f"POST {target.page()} HTTP/1.1\r\nHost: t\r\nContent-Length: 100\r\n\r\nhello"
    return await stays_open(target, head.encode())


async def stays_open(target: Target, said: bytes) -> int:
    """Many times more connections than there may be, however long the first of them take; how many were made."""
    writers: list[asyncio.StreamWriter] = []
    while len(writers) <= 3 * CONNECTIONS or (target.goes_on and len(writers) < 10 * CONNECTIONS):
        try:
            _, writer = await open_to(target)
            writer.write(said)
            writers.append(writer)
        except OSError:
            continue
        await asyncio.sleep(0.001)
    for writer in writers:
        await end(writer)
    return len(writers)


@pytest.mark.parametrize(
    ("attack", "answer"),
    [
        (sends_ahead_and_never_reads, None),
        (sends_bad_tokens_ahead_and_never_reads, None),
        (sends_ahead_and_reads, None),
        (endless_header, b"HTTP/1.1 431 "),
        (endless_headers, b"HTTP/1.1 431 "),
        (endless_headers_of_the_app, b"HTTP/1.1 431 "),
        (endless_target, b"HTTP/1.1 414 "),
        (bodies_of_gets, None),
        (bodies_that_nobody_reads, b"HTTP/1.1 401 "),
        (endless_trailers, None),
        (bodies_of_tiny_chunks, b"HTTP/1.1 404 "),
        (ever_new_long_agents, None),
        (opens_and_says_nothing, None),
        (sends_half_a_head, None),
        (sends_half_a_body, None),
        (sends_half_a_body_that_is_waited_for, None),
    ],
)
def test_others_are_answered_meanwhile_and_the_memory_does_not_grow(
    target: Target, attack: Attack, answer: bytes | None
) -> None:
    before_mb, ended = target.memory_mb(), metric(target.service, TOO_MANY)
    waits, outcome = asyncio.run(under(target, attack))
    grown_mb = target.memory_mb() - before_mb
    print(
        f"\n{attack.__name__}: others waited {percentile(waits):.1f} ms (p99 of {len(waits)}), quiet "
        f"{target.quiet_ms:.1f} ms; memory {grown_mb:+.1f} MB; {str(outcome)[:60]}"
    )
    assert grown_mb < MOST_GROWTH_MB
    if answer is not None and isinstance(outcome, list):
        assert {each[: len(answer)] for each in outcome} == {answer}
    if isinstance(outcome, int):
        assert outcome > 2 * CONNECTIONS
        assert attack is sends_ahead_and_reads or metric(target.service, TOO_MANY) > ended
