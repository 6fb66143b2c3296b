"""How often a wrong key may be tried: ten times a minute from one address, a hundred times in all.

Each process counts for itself. It remembers an address for a minute, and never more than a hundred.
"""

import ipaddress
from collections import deque
from collections.abc import Callable

from starlette.requests import Request

from mailpixel.server.forwarded import Proxies

MINUTE_MS = 60_000
FROM_ONE = 10
IN_ALL = 100


class WrongKeys:
    """The wrong keys of the last minute. `clock` gives milliseconds. Used on the event loop alone."""

    def __init__(self, proxies: Proxies, clock: Callable[[], int]) -> None:
        self._proxies = proxies
        self._clock = clock
        self._wrong: deque[tuple[int, str]] = deque(maxlen=IN_ALL)

    def are_too_many(self, request: Request) -> bool:
        """Whether no more keys are looked at for now, from this client or at all."""
        now = self._clock()
        while self._wrong and self._wrong[0][0] <= now - MINUTE_MS:
            self._wrong.popleft()
        source = self._source(request)
        of_this = sum(1 for _, each in self._wrong if each == source)
        return of_this >= FROM_ONE or len(self._wrong) >= IN_ALL

    def note(self, request: Request) -> None:
        """Remember a wrong key."""
        self._wrong.append((self._clock(), self._source(request)))

    def _source(self, request: Request) -> str:
        """The client's address; of an IPv6 address its /64, of which one client has all."""
        peer = request.client.host if request.client else ""
        text = self._proxies.client(request.scope["headers"], peer)
        try:
            address = ipaddress.ip_address(text)
        except ValueError:
            return text
        return str(ipaddress.ip_network(f"{address}/64", strict=False)) if address.version == 6 else text
