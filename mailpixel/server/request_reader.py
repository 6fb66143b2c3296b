"""The only reader of tracking requests: their headers and client addresses."""

from collections.abc import Callable, Iterable, Sequence

from msgspec import Struct

from mailpixel.ingest.hit import Hit
from mailpixel.links.surfaces import Surface
from mailpixel.links.urls import parse_path_on
from mailpixel.model import Facts
from mailpixel.server.forwarded import Proxies
from mailpixel.traffic.facts import facts_of, facts_with
from mailpixel.traffic.networks import canonical_address

Headers = Sequence[tuple[bytes, bytes]]
"""Names in lower case, as ASGI gives them."""

_PURPOSES = (b"sec-purpose", b"purpose")
_BEFOREHAND = (b"prefetch", b"prerender")


class TrackingRequest(Struct, frozen=True, gc=False):
    """A request on a surface, as it came in at either door.

    `path` is percent-decoded, `query` as it came; `peer` is the address that the connection came from, or empty.
    """

    surface: Surface
    method: str
    path: str
    query: bytes
    headers: Headers
    peer: str


class RequestReader:
    """Makes hits of requests.

    `trusted_proxies` are networks whose X-Forwarded-For is trusted; `unreadable()` is called where one cannot be read;
    `plain_http` says that the public address is not https, over which browsers leave out some headers.
    """

    def __init__(
        self,
        trusted_proxies: Iterable[str],
        plain_http: bool = False,
        unreadable: Callable[[], None] = lambda: None,
    ) -> None:
        self._transport = int(Facts.PLAIN_HTTP if plain_http else Facts.NONE)
        self._proxies = Proxies(trusted_proxies, unreadable)

    def read(self, request: TrackingRequest, now_ms: int) -> Hit | None:
        """The hit of one request, which came at `now_ms`; None where its path holds nothing like a token."""
        path = parse_path_on(request.surface, request.path)
        if path is None:
            return None
        facts, agent = facts_of(request.headers)
        peer = request.peer
        if self._proxies:
            peer = self._proxies.client(request.headers, peer)
        facts = facts_with(facts._value_ | self._transport)
        return Hit(path, request.query, now_ms, request.method, canonical_address(peer), agent, facts)


def is_speculative(headers: Headers) -> bool:
    """Whether a browser says that it asks before its reader does, in order to show the answer when the reader clicks.

    A preview (Safari's Top Sites) is looked at as it is, and is not meant.
    """
    return any(
        name in _PURPOSES and any(word in value.lower() for word in _BEFOREHAND) for name, value in headers
    )
