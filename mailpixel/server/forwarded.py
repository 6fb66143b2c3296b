"""The client's address behind proxies, from X-Forwarded-For and RFC 7239's Forwarded."""

import ipaddress
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache

from mailpixel.traffic.networks import canonical_address

READ_BYTES = 2_048
"""How many bytes of the headers are read, from their end, where the nearest proxies are."""
HOP_CHARS = 100
"""A longer text cannot be an address."""


class Proxies:
    """The declared proxies, which are trusted to name the client's address.

    `unreadable()` is called for a request in which one of them sends something that cannot be read.
    """

    def __init__(self, networks: Iterable[str], unreadable: Callable[[], None] = lambda: None) -> None:
        self._networks = tuple(ipaddress.ip_network(network) for network in networks)
        self._unreadable = unreadable
        self._are_declared = lru_cache(maxsize=4_096)(self._lies_inside)

    def __bool__(self) -> bool:
        """Whether any proxies are declared."""
        return bool(self._networks)

    def client(self, headers: Sequence[tuple[bytes, bytes]], peer: str) -> str:
        """The right-most address that is not a declared proxy: anything further left can be forged."""
        for hop in hops(headers):
            if not self._are_declared(peer):
                break
            address = hop_address(hop)
            if not address:
                self._unreadable()
                break
            peer = address
        return peer

    def _lies_inside(self, text: str) -> bool:
        address = canonical_address(text)
        return bool(address) and any(ipaddress.ip_address(address) in network for network in self._networks)


def hops(headers: Sequence[tuple[bytes, bytes]]) -> Iterator[str]:
    """The text of each hop, nearest first. Forwarded is read only without X-Forwarded-For."""
    for wanted in (b"x-forwarded-for", b"forwarded"):
        said = b",".join([value for name, value in headers if name == wanted])
        if said:
            parts = _outside_quotes(said[-READ_BYTES:].decode("latin-1"), ",")
            if len(said) > READ_BYTES:
                del parts[0]  # cut off in the middle
            yield from (part for part in map(str.strip, reversed(parts)) if part)
            return


_COMMAS = re.compile(r'(?:"[^"]*"|[^,"])+')
_SEMICOLONS = re.compile(r'(?:"[^"]*"|[^;"])+')


def _outside_quotes(text: str, sign: str) -> list[str]:
    """Split a text at these signs. A sign in quotes, as in `host="a,for=b"`, does not count."""
    if '"' not in text or text.count('"') % 2:
        return text.split(sign)
    return (_COMMAS if sign == "," else _SEMICOLONS).findall(text)


def _said_of(hop: str) -> str:
    """The value after `for=`, or the hop itself."""
    for part in _outside_quotes(hop, ";") if "=" in hop else ():
        name, equals, value = part.partition("=")
        if equals and name.strip().lower() == "for":
            return value
    return hop


@lru_cache(maxsize=4_096)
def _address_in(said: str) -> str:
    said = said.replace("\\", "").strip(" \t\"';")
    if said.startswith("["):
        return canonical_address(said[1:].partition("]")[0].partition("%")[0])
    if said.count(":") == 1:  # an IPv4 address and a port
        said = said.partition(":")[0]
    return canonical_address(said.partition("%")[0].strip())


def hop_address(hop: str) -> str:
    """The address of a hop; empty where it has none (`unknown`, `_hidden`).

    Ports, brackets, quotes and zones are removed: `198.51.100.7:51234`, `"[2001:db8::7]:51234"`,
    `fe80::1%eth0`, `for=198.51.100.7;proto=https`. Sources, read 2026-11: RFC 7239 section 6; Azure
    Application Gateway and IIS ARR write a port after the address.
    """
    said = _said_of(hop)
    return _address_in(said) if len(said) <= HOP_CHARS else ""
