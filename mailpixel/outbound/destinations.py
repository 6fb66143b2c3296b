"""Asks where the destinations of a campaign lead: HEAD, GET where that is refused, a few redirects, a bounded time.

Addresses are checked as for webhooks, so nobody can have this service look around in a private network.
"""

import asyncio
import ssl
import time
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

import httpcore2

from mailpixel import __version__
from mailpixel.errors import InvalidInput
from mailpixel.links.destination import check_destination
from mailpixel.model import Link
from mailpixel.outbound.network import CONNECT_S, AddressForbidden, CheckedNetwork
from mailpixel.outbound.resolving import Resolver, resolve
from mailpixel.report.destinations import MOST_REDIRECTS, Asked

AT_ONCE = 8
MOST_LINKS = 100
EACH_S = 10.0
"""How long one destination may take, with its redirects."""
WHOLE_S = 25.0
"""How long all of them may take together."""
READ_S = 5.0
REFUSED = 400
"""From this status on, HEAD is asked again as GET: many sites answer it wrongly."""
HEADERS = {"user-agent": f"mailpixel-ready/{__version__}", "accept": "text/html,*/*;q=0.5"}


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    location: str


class Destinations:
    """Asks destinations. `allowed` are private networks that may be reached; `resolver` gives addresses of hosts."""

    def __init__(
        self, allowed: Sequence[str], resolver: Resolver = resolve, context: ssl.SSLContext | None = None
    ) -> None:
        self._allowed = allowed
        self._resolver = resolver
        self._context = context

    async def ask(self, links: Sequence[Link]) -> list[Asked]:
        """Ask the destinations of these links, in their order. Never raises for what sites and the network do."""
        gate = asyncio.Semaphore(AT_ONCE)
        async with self._pool() as pool:
            tasks = [asyncio.create_task(self._one(pool, gate, link)) for link in links[:MOST_LINKS]]
            if tasks:
                await asyncio.wait(tasks, timeout=WHOLE_S)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        late = Asked(0, "", problem="not asked: the time was up")
        return [
            task.result() if not task.cancelled() else late.of(link)
            for task, link in zip(tasks, links, strict=False)
        ] + [late.of(link, "not asked: too many links") for link in links[MOST_LINKS:]]

    def _pool(self) -> httpcore2.AsyncConnectionPool:
        return httpcore2.AsyncConnectionPool(
            ssl_context=self._context or ssl.create_default_context(),
            max_connections=AT_ONCE,
            network_backend=CheckedNetwork(self._allowed, self._resolver),
        )

    async def _one(self, pool: httpcore2.AsyncConnectionPool, gate: asyncio.Semaphore, link: Link) -> Asked:
        async with gate:
            began_s = time.monotonic()
            asked = Asked(link.number, link.url)
            try:
                async with asyncio.timeout(EACH_S):
                    asked = await self._followed(pool, asked)
            except AddressForbidden:
                asked = asked.of(link, "not asked: the host leads to a private address", private=True)
            except InvalidInput as error:
                asked = asked.of(link, f"leads to an address that is refused: {error.problem}")
            except (TimeoutError, httpcore2.TimeoutException):
                asked = asked.of(link, "no answer in time")
            except (httpcore2.ConnectError, ssl.SSLError) as error:
                asked = asked.of(link, _connection_problem(error))
            except (httpcore2.NetworkError, httpcore2.ProtocolError, OSError, ValueError):
                asked = asked.of(link, "the connection ended before an answer")
            return asked.in_time(round((time.monotonic() - began_s) * 1_000))

    async def _followed(self, pool: httpcore2.AsyncConnectionPool, asked: Asked) -> Asked:
        url = asked.url
        for redirects in range(MOST_REDIRECTS + 1):
            url = check_destination(url)
            answer = await self._answer(pool, url)
            if not answer.location:
                return asked.answered(answer.status, redirects, url)
            url = urljoin(url, answer.location)
        return asked.answered(answer.status, redirects, url)

    async def _answer(self, pool: httpcore2.AsyncConnectionPool, url: str) -> _Answer:
        answer = await _request(pool, "HEAD", url)
        return await _request(pool, "GET", url) if answer.status >= REFUSED else answer


async def _request(pool: httpcore2.AsyncConnectionPool, method: str, url: str) -> _Answer:
    """One request; nothing of the body is read."""
    timeouts = {"connect": CONNECT_S, "read": READ_S, "write": READ_S, "pool": EACH_S}
    headers = [*HEADERS.items(), ("host", urlsplit(url).netloc)]
    async with pool.stream(method, url, headers=headers, extensions={"timeout": timeouts}) as response:
        named = {name.lower(): value for name, value in response.headers}
        is_redirect = response.status in (301, 302, 303, 307, 308)
        location = named.get(b"location", b"").decode("latin-1")[:4_096] if is_redirect else ""
        return _Answer(response.status, location)


def _connection_problem(error: Exception) -> str:
    text = str(error).lower()
    if "certificate" in text:
        return "the certificate is not valid"
    return "the host name is unknown" if "no address" in text else "no connection"


def ask_now(links: Sequence[Link], allowed: Sequence[str]) -> list[Asked]:
    """Ask the destinations of these links, from a thread without an event loop."""
    return asyncio.run(Destinations(allowed).ask(links))
