"""The only reader of tracking requests: their headers and client addresses."""

from collections.abc import Callable, Iterable, Sequence

from msgspec import Struct

from mailpixel.ingest.hit import Hit
from mailpixel.links.surfaces import Surface
from mailpixel.links.urls import TrackingPath, parse_path_on
from mailpixel.model import Facts
from mailpixel.server.forwarded import Proxies
from mailpixel.traffic.facts import facts_with, read_headers
from mailpixel.traffic.networks import canonical_address

Headers = Sequence[tuple[bytes, bytes]]
"""Names in lower case, as ASGI gives them."""

_PURPOSES = (b"sec-purpose", b"purpose")
_BEFOREHAND = (b"prefetch", b"prerender")


class TrackingRequest(Struct, frozen=True, gc=False):
    """A request on a surface, as received by either door.

    `path` is percent-decoded, `query` is as received. `peer` is the address of the connection, or empty. `body` is
    that of what a page of a web site posts, cut one byte past the bound. `parsed` is the path where the door has parsed
    it already; then `path` is empty.
    """

    surface: Surface
    method: str
    path: str
    query: bytes
    headers: Headers
    peer: str
    body: bytes = b""
    parsed: TrackingPath | None = None


Seen = tuple[Facts, str, str]
"""What the headers and the connection show: facts with the bits of `REFUSALS` beside them, agent, address."""


class RequestReader:
    """Turns requests into hits.

    `trusted_proxies` are networks whose X-Forwarded-For is trusted. `unreadable()` is called for a
    header that cannot be read. `plain_http` says that the public address is not https; over http,
    browsers leave out some headers.
    """

    def __init__(
        self,
        trusted_proxies: Iterable[str],
        plain_http: bool = False,
        unreadable: Callable[[], None] = lambda: None,
    ) -> None:
        self._transport = int(Facts.PLAIN_HTTP if plain_http else Facts.NONE)
        self._proxies = Proxies(trusted_proxies, unreadable)
        self._has_proxies = bool(self._proxies)

    def read(self, request: TrackingRequest, now_ms: int) -> Hit:
        """The hit of one request received at `now_ms`. Its token is empty where the path holds nothing like one."""
        surface = request.surface
        path = (
            request.parsed or parse_path_on(surface, request.path) or TrackingPath(surface, "", None, False)
        )
        facts, agent, address = self.look(request)
        return Hit(path, request.query, now_ms, request.method, address, agent, facts)

    def look(self, request: TrackingRequest) -> Seen:
        """What one request shows of its client."""
        bits, agent = read_headers(request.headers)
        peer = request.peer
        if self._has_proxies:
            peer = self._proxies.client(request.headers, peer)
        return facts_with(bits | self._transport), agent, canonical_address(peer)


def values_of(headers: Headers, wanted: bytes) -> list[bytes]:
    """The values of all headers of one name, in lower case."""
    return [value for name, value in headers if name == wanted]


def is_speculative(headers: Headers) -> bool:
    """Whether a browser asks before its reader clicks, in order to show the stored answer on the click.

    A preview (Safari's Top Sites) does not count: it is shown as it is.
    """
    return any(
        name in _PURPOSES and any(word in value.lower() for word in _BEFOREHAND) for name, value in headers
    )
