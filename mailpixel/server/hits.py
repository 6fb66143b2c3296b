"""The only reader of request headers and client addresses."""

import ipaddress
from collections.abc import Iterable, Sequence
from functools import lru_cache

from mailpixel.classify.facts import facts_of, facts_with
from mailpixel.classify.networks import canonical_address
from mailpixel.ingest.intake import Seen
from mailpixel.model import Facts

Headers = Sequence[tuple[bytes, bytes]]
"""Names in lower case, as ASGI gives them."""


class Reader:
    """Reads what the log keeps from a request.

    `trusted_proxies` are networks whose X-Forwarded-For is believed; `plain_http` says that the public address is not
    https, over which browsers leave out some headers.
    """

    def __init__(self, trusted_proxies: Iterable[str], plain_http: bool = False) -> None:
        self._transport = int(Facts.PLAIN_HTTP if plain_http else Facts.NONE)
        self._trusted = tuple(ipaddress.ip_network(network) for network in trusted_proxies)
        self._is_trusted = lru_cache(maxsize=4_096)(self._lies_in_trusted)

    def read(self, method: str, headers: Headers, peer: str) -> Seen:
        """The facts of one request; `peer` is the address the connection came from."""
        facts, agent = facts_of(headers)
        if self._trusted:
            peer = self.client_address(headers, peer)
        facts = facts_with(facts._value_ | self._transport)
        return Seen(method, canonical_address(peer), agent, facts)

    def client_address(self, headers: Headers, peer: str) -> str:
        """The nearest address that is no declared proxy, from the right: what stands further left can be forged."""
        forwarded = b",".join(value for name, value in headers if name == b"x-forwarded-for")
        for hop in reversed([part.strip() for part in forwarded.decode("latin-1").split(",")]):
            if not self._is_trusted(peer) or not canonical_address(hop):
                break
            peer = hop
        return peer

    def _lies_in_trusted(self, text: str) -> bool:
        address = canonical_address(text)
        return bool(address) and any(ipaddress.ip_address(address) in network for network in self._trusted)
