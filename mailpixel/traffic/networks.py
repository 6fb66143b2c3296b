"""Finds the published network that an address belongs to: the longest prefix wins."""

import socket
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache, partial
from ipaddress import ip_address, ip_network
from typing import Self, TypeVar

from mailpixel.errors import InvalidInput
from mailpixel.model import Certainty, Network, Scope, Via

Choice = TypeVar("Choice", bound=StrEnum)


def read_network(row: Mapping[str, object]) -> Network:
    """An entry from a JSON object with the fields of `Network`.

    Raises `InvalidInput` for an invalid prefix, scope or certainty.
    """
    prefix = canonical_prefix(str(row.get("prefix", "")))
    scope = _choice(Scope, row.get("scope", Scope.CLICKS), "scope")
    certainty = _choice(Certainty, row.get("certainty", Certainty.PROBABLE), "certainty")
    name, source, date = (str(row.get(key, "")) for key in ("name", "source", "date"))
    via = _choice(Via, row["via"], "via") if row.get("via") else None
    return Network(prefix, name, scope, certainty, source, date, via)


def canonical_prefix(text: str) -> str:
    """The canonical spelling of a network. A bare address becomes the network of that address only.

    Raises `InvalidInput` when the text is neither.
    """
    try:
        return str(ip_network(text.strip(), strict=False))
    except ValueError:
        raise InvalidInput(
            "prefix", "is not a network; write it like 192.0.2.0/24 or 2001:db8::/32"
        ) from None


def _choice(kind: type[Choice], value: object, name: str) -> Choice:
    try:
        return kind(str(value))
    except ValueError:
        raise InvalidInput(name, f"must be one of {', '.join(kind)}") from None


KEPT = 16_384
"""How many addresses are remembered with their entry: 3 MB for each table."""


@lru_cache(maxsize=KEPT)
def canonical_address(text: str) -> str:
    """The canonical spelling of an address, IPv4 inside IPv6 as IPv4; empty when the text is not an address."""
    try:
        address = ip_address(text)
    except ValueError:
        return ""
    mapped = getattr(address, "ipv4_mapped", None)
    return str(mapped or address).partition("%")[0]


Level = tuple[int, Mapping[int, Network]]
"""All prefixes of one length: how far an address is shifted to be looked up, and the entries by what remains."""


@dataclass(frozen=True, slots=True)
class NetworkTable:
    """Entries to look up by address. Of two entries for one prefix the later counts."""

    entries: tuple[Network, ...] = ()
    lookup: Callable[[str], Network | None] = field(init=False, repr=False, compare=False)
    """The narrowest entry with an address; None without one, or if it is not an address. Answers are cached."""
    lookup_whole: Callable[[str, int], Network | None] = field(init=False, repr=False, compare=False)
    """The narrowest entry that covers a whole network: its first address, and the length of its prefix."""

    def __post_init__(self) -> None:
        levels = _levels(self.entries)
        object.__setattr__(self, "lookup", lru_cache(maxsize=KEPT)(partial(_narrowest, levels)))
        object.__setattr__(self, "lookup_whole", lru_cache(maxsize=KEPT)(partial(_covering, levels)))

    def __reduce__(self) -> tuple[type[Self], tuple[tuple[Network, ...]]]:
        """Another process gets the entries and makes its own cache."""
        return type(self), (self.entries,)


def _levels(entries: Iterable[Network]) -> Mapping[int, tuple[Level, ...]]:
    """By size of an address in bytes, the entries by length of prefix, the longest first."""
    by_shift: dict[int, dict[int, dict[int, Network]]] = {4: {}, 16: {}}
    for entry in entries:
        network = ip_network(entry.prefix, strict=False)
        shift = network.max_prefixlen - network.prefixlen
        level = by_shift[network.max_prefixlen // 8].setdefault(shift, {})
        level[int(network.network_address) >> shift] = entry
    return {size: tuple(sorted(found.items())) for size, found in by_shift.items()}


def _narrowest(levels: Mapping[int, tuple[Level, ...]], address: str) -> Network | None:
    size, number = packed(address)
    for shift, found in levels.get(size, ()):
        entry = found.get(number >> shift)
        if entry is not None:
            return entry
    return None


def _covering(levels: Mapping[int, tuple[Level, ...]], address: str, length: int) -> Network | None:
    size, _ = packed(address)
    least = size * 8 - length
    return _narrowest({size: tuple(level for level in levels.get(size, ()) if level[0] >= least)}, address)


def length_of(prefix: str) -> int:
    """The length of a prefix in CIDR notation, in bits."""
    return int(prefix.rpartition("/")[2])


def packed(address: str) -> tuple[int, int]:
    """The size in bytes and the number of an address; (0, 0) if it is not an address. IPv4 inside IPv6 is IPv4."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        raw = socket.inet_pton(family, address)
    except (OSError, ValueError):
        return 0, 0
    if raw[:12] == b"\0" * 10 + b"\xff\xff":
        raw = raw[12:]
    return len(raw), int.from_bytes(raw, "big")


@lru_cache(maxsize=65_536)
def neighbourhood(address: str) -> tuple[int, int]:
    """The network by which two addresses are compared: /24 of IPv4, /48 of IPv6."""
    size, number = packed(address)
    return size, number >> (8 if size == 4 else 80)


def network_of(address: str) -> str:
    """The same in CIDR notation. Raises `InvalidInput` when the text is not an address."""
    return canonical_prefix(f"{address}/{48 if ':' in address else 24}")
