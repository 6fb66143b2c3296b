"""A load generator: many connections, one request under way on each, every answer read to its end."""

import asyncio
import itertools
import time
from collections.abc import Iterable, Iterator


class Connection(asyncio.Protocol):
    """Sends one request after another until there are none or the server goes away. Each has a name and its bytes."""

    def __init__(
        self,
        requests: Iterator[tuple[str, bytes]],
        answered: list[tuple[str, int]],
        took: list[float] | None = None,
    ) -> None:
        self._requests = requests
        self._answered = answered
        self._took = [] if took is None else took
        self._asked_s = 0.0
        self._buffer = b""
        self._name = ""
        self.done = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._ask()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, separator, body = self._buffer.partition(b"\r\n\r\n")
        if not separator:
            return
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0] or 0)
        if len(body) >= length:
            self._buffer = b""
            self._answered.append((self._name, int(head[9:12])))
            self._took.append(time.perf_counter() - self._asked_s)
            self._ask()

    def connection_lost(self, exception: Exception | None) -> None:
        if not self.done.done():
            self.done.set_result(None)

    def _ask(self) -> None:
        self._name, request = next(self._requests, ("", b""))
        if not request:
            self._transport.close()
            return
        self._asked_s = time.perf_counter()
        self._transport.write(request)


BROWSER = (
    "User-Agent: Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/153.0.0.0 Safari/537.36\r\nAccept: image/avif,image/webp,*/*;q=0.8\r\n"
    "Accept-Language: en-US,en;q=0.9\r\nAccept-Encoding: gzip, deflate, br\r\n"
)


async def load(
    port: int,
    paths: Iterable[str],
    connections: int,
    headers: str | Iterator[str] = BROWSER,
    took: list[float] | None = None,
) -> list[tuple[str, int]]:
    """(path, status) of every answer that was read to its end, in order; ends early when the server goes away.

    `headers` are those of every request, or give those of the next one. `took` gets the seconds of each answer.
    """
    following = itertools.repeat(headers) if isinstance(headers, str) else headers
    requests = ((path, f"GET {path} HTTP/1.1\r\nHost: t\r\n{next(following)}\r\n".encode()) for path in paths)
    return await send(port, requests, connections, took)


PAGE = (
    "Origin: https://shop.example\r\nReferer: https://shop.example/\r\nContent-Type: text/plain;charset=UTF-8\r\n"
    "Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: no-cors\r\nSec-Fetch-Dest: empty\r\n"
)
"""What a browser adds to the post of a page."""


def post(path: str, body: bytes, headers: str = BROWSER + PAGE) -> bytes:
    """The bytes of a post."""
    return f"POST {path} HTTP/1.1\r\nHost: t\r\nContent-Length: {len(body)}\r\n{headers}\r\n".encode() + body


async def send(
    port: int, requests: Iterable[tuple[str, bytes]], connections: int, took: list[float] | None = None
) -> list[tuple[str, int]]:
    """(name, status) of every request whose answer was read to its end, in order."""
    loop = asyncio.get_running_loop()
    answered: list[tuple[str, int]] = []
    left = iter(requests)
    made: list[Connection] = []
    for _ in range(connections):
        try:
            _, connection = await loop.create_connection(
                lambda: Connection(left, answered, took), "127.0.0.1", port
            )
        except OSError:
            break
        made.append(connection)
    await asyncio.gather(*(connection.done for connection in made))
    return answered
