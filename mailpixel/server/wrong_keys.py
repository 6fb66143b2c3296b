"""How often a wrong key may be tried from one address in a minute. Nobody else is kept out by it.

Each process counts for itself. It remembers an address for a minute, and the last few thousand addresses at most: keys
are random and long, so this bounds the work that guessing makes, and no guess comes near to one.
"""

import ipaddress
from collections import OrderedDict, deque
from collections.abc import Callable

from starlette.requests import Request

from mailpixel.server.forwarded import Proxies

MINUTE_MS = 60_000
FROM_ONE = 10
"""Wrong keys of one address a minute on the page, typed by hand."""
FROM_ONE_PROGRAM = 60
"""Wrong keys of one address a minute in the API, where several programs may share an address."""
SOURCES = 4_096


class WrongKeys:
    """The wrong keys of the last minute. `clock` gives milliseconds. Used on the event loop alone."""

    def __init__(self, proxies: Proxies, clock: Callable[[], int], from_one: int = FROM_ONE) -> None:
        self._proxies = proxies
        self._clock = clock
        self._from_one = from_one
        self._wrong: OrderedDict[str, deque[int]] = OrderedDict()

    def are_too_many(self, request: Request) -> bool:
        """Whether no more keys of this client are looked at for now."""
        tried = self._wrong.get(self._source(request)) or deque()
        return len(tried) >= self._from_one and tried[0] > self._clock() - MINUTE_MS

    def note(self, request: Request) -> None:
        """Remember a wrong key."""
        source = self._source(request)
        self._wrong.setdefault(source, deque(maxlen=self._from_one)).append(self._clock())
        self._wrong.move_to_end(source)
        self._forget()

    def _forget(self) -> None:
        """Forget who tried none for a minute, and the oldest of too many."""
        since = self._clock() - MINUTE_MS
        while self._wrong:
            source, tried = next(iter(self._wrong.items()))
            if tried[-1] > since and len(self._wrong) <= SOURCES:
                return
            del self._wrong[source]

    def _source(self, request: Request) -> str:
        """The client's address; of an IPv6 address its /64, of which one client has all."""
        peer = request.client.host if request.client else ""
        text = self._proxies.client(request.scope["headers"], peer)
        try:
            address = ipaddress.ip_address(text)
        except ValueError:
            return text
        return str(ipaddress.ip_network(f"{address}/64", strict=False)) if address.version == 6 else text
