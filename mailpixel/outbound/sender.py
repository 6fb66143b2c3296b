"""One post and what came of it. No redirect is followed, no proxy is used, and little of the answer is read."""

import asyncio
import ssl
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Self

import httpcore2

from mailpixel import __version__
from mailpixel.outbound.network import CONNECT_S, AddressForbidden, CheckedNetwork
from mailpixel.outbound.resolving import Resolver, resolve
from mailpixel.store.webhooks import PostOutcome

WHOLE_S = 15.0
ANSWER_BYTES = 65_536
SHOWN_CHARS = 500
NOT_NOW = frozenset({408, 425, 429})
HEADERS = {"content-type": "application/json", "user-agent": f"mailpixel/{__version__}"}


@dataclass(frozen=True, slots=True)
class PostResult:
    """What came of a post.

    `status` is None without an answer. `answer` is the beginning of it as text, from a stranger: bounded, but to be
    escaped. `problem` says in our words why there was none. `retry_after_ms` is the
    wait that the receiver asks for.
    """

    outcome: PostOutcome
    status: int | None = None
    took_ms: int = 0
    answer: str = ""
    problem: str = ""
    retry_after_ms: int | None = None


class Sender:
    """Posts to one URL over a few connections, inside of an event loop. `allowed` are private networks it may reach."""

    def __init__(
        self,
        url: str,
        allowed: Sequence[str],
        connections: int = 1,
        resolver: Resolver = resolve,
        context: ssl.SSLContext | None = None,
    ) -> None:
        self._url = url
        self._pool = httpcore2.AsyncConnectionPool(
            ssl_context=context or ssl.create_default_context(),
            max_connections=connections,
            keepalive_expiry=30,
            network_backend=CheckedNetwork(allowed, resolver),
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *raised: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        await self._pool.aclose()

    async def post(self, headers: Mapping[str, str], body: bytes) -> PostResult:
        """Post a body with these headers and ours. Never raises for what a receiver or the network does."""
        began_s = time.monotonic()
        try:
            async with asyncio.timeout(WHOLE_S):
                result = await self._posted(headers, body)
        except AddressForbidden:
            problem = "the host leads to a private address; see MAILPIXEL_WEBHOOK_NETWORKS"
            result = PostResult(PostOutcome.FORBIDDEN, problem=problem)
        except (httpcore2.ConnectError, ssl.SSLError) as error:
            result = PostResult(PostOutcome.UNREACHABLE, problem=_connection_problem(error))
        except (TimeoutError, httpcore2.TimeoutException):
            result = PostResult(PostOutcome.UNREACHABLE, problem="no answer in time")
        except (httpcore2.NetworkError, httpcore2.ProtocolError, OSError):
            result = PostResult(PostOutcome.UNREACHABLE, problem="the connection ended before an answer")
        return PostResult(
            result.outcome,
            result.status,
            round((time.monotonic() - began_s) * 1000),
            result.answer,
            result.problem,
            result.retry_after_ms,
        )

    async def _posted(self, headers: Mapping[str, str], body: bytes) -> PostResult:
        timeouts = {"connect": CONNECT_S, "read": WHOLE_S, "write": WHOLE_S, "pool": WHOLE_S}
        request = self._pool.stream(
            "POST",
            self._url,
            headers=list((HEADERS | dict(headers)).items()),
            content=body,
            extensions={"timeout": timeouts},
        )
        async with request as response:
            found = bytearray()
            async for piece in response.aiter_stream():
                found += piece[: ANSWER_BYTES - len(found)]
                if len(found) >= ANSWER_BYTES:
                    break
        named = {name.lower(): value for name, value in response.headers}
        return PostResult(
            outcome_of(response.status),
            response.status,
            answer=shown(bytes(found)),
            retry_after_ms=retry_after_ms(named.get(b"retry-after", b""), time.time_ns() // 1_000_000),
        )


def outcome_of(status: int) -> PostOutcome:
    """What an HTTP status means for an event."""
    if 200 <= status < 300:
        return PostOutcome.ACCEPTED
    if status == 410:
        return PostOutcome.GONE
    return PostOutcome.UNAVAILABLE if status >= 500 or status in NOT_NOW else PostOutcome.REFUSED


def shown(answer: bytes) -> str:
    """The beginning of an answer as printable text of at most 500 characters."""
    text = answer[: 4 * SHOWN_CHARS].decode(errors="replace")
    return "".join(char if char.isprintable() else " " for char in text)[:SHOWN_CHARS].strip()


def retry_after_ms(value: bytes, now_ms: int) -> int | None:
    """The wait that a Retry-After header asks for, in seconds or until a date; None when it cannot be read."""
    text = value.decode("latin-1").strip()
    if text.isascii() and text.isdecimal():
        return int(text[:9]) * 1000
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(round((aware - datetime.fromtimestamp(now_ms / 1000, UTC)).total_seconds() * 1000), 0)


def _connection_problem(error: Exception) -> str:
    if "certificate" in str(error).lower():
        return "the certificate of the receiver is not valid"
    return "no connection to the receiver"
