"""What the operator adds to the shipped lists: own networks and agents, and built-in networks disabled.

The file is one JSON object:

    {"version": 1,
     "networks": [{"prefix": "203.0.113.0/24", "name": "our-gateway", "scope": "clicks", "certainty": "certain"}],
     "without":  ["40.107.0.0/16"],
     "agents":   [{"contains": "ourmonitor", "verdict": "bot"}]}
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from ipaddress import IPv6Network, ip_network
from typing import Any, Self, TypeVar

from mailpixel.classify.rules import KnownAgent, shipped_networks
from mailpixel.errors import InvalidInput, NotFound
from mailpixel.model import Certainty, Network
from mailpixel.traffic.networks import canonical_prefix, read_network

Entry = TypeVar("Entry")

VERSION = 1
NAME_LIMIT = 100
ENTRY_LIMIT = 100_000
WIDEST = {4: 8, 6: 16}
"""Shortest allowed prefix of an entry, by IP version. A wider one would condemn half the internet."""
_MAPPED = IPv6Network("::ffff:0:0/96")


@dataclass(frozen=True, slots=True)
class OperatorLists:
    """The operator's additions to the shipped lists.

    `networks` are the operator's own entries, at most one for each prefix. `without` are prefixes of shipped
    networks that are disabled. `agents` get their verdict; the first match counts.
    """

    networks: tuple[Network, ...] = ()
    without: frozenset[str] = frozenset()
    agents: tuple[KnownAgent, ...] = ()

    @classmethod
    def read(cls, document: object) -> Self:
        """Read a JSON object with any of the keys `networks`, `without` and `agents`.

        Raises `InvalidInput` naming the key, the number of the entry and what is wrong with it.
        """
        if not isinstance(document, Mapping) or document.get("version") != VERSION:
            raise InvalidInput("version", f"is not {VERSION}; a later mailpixel may have written this")
        unknown = sorted(set(document) - {"version", "networks", "without", "agents"})
        if unknown:
            raise InvalidInput(unknown[0], "is not a known list; the lists are networks, without and agents")
        networks = _entries(document, "networks", lambda row: operator_network(**_texts(row)))
        without = _entries(document, "without", lambda row: canonical_prefix(str(row)))
        agents = _entries(document, "agents", lambda row: KnownAgent.read(_texts(row)))
        by_prefix = {network.prefix: network for network in networks}
        return cls(tuple(by_prefix.values()), frozenset(without), agents)

    def to_json(self) -> dict[str, Any]:
        """The JSON document that `read` reads."""
        networks = [
            {
                "prefix": network.prefix,
                "name": network.name,
                "scope": str(network.scope),
                "certainty": str(network.certainty),
            }
            for network in self.networks
        ]
        agents = [{"contains": agent.contains, "verdict": str(agent.verdict)} for agent in self.agents]
        return {
            "version": VERSION,
            "networks": networks,
            "without": sorted(self.without),
            "agents": agents,
        }

    def added(self, network: Network) -> Self:
        """A copy with this entry, replacing an older one for its prefix."""
        rest = tuple(entry for entry in self.networks if entry.prefix != network.prefix)
        return replace(self, networks=(*rest, network))

    def removed(self, prefix: str) -> Self:
        """A copy without the operator's entry for this prefix. Without such an entry, the built-in one is disabled.

        Raises `InvalidInput` when the text is not a network, and `NotFound` when there is neither.
        """
        gone = canonical_prefix(prefix)
        if any(entry.prefix == gone for entry in self.networks):
            return replace(self, networks=tuple(entry for entry in self.networks if entry.prefix != gone))
        if gone not in _shipped() - self.without:
            raise NotFound("there is no entry for exactly this network")
        return replace(self, without=self.without | {gone})

    def restored(self, prefix: str) -> Self:
        """A copy in which a disabled shipped entry counts again.

        Raises `InvalidInput` when the text is not a network, and `NotFound` when it was not disabled.
        """
        back = canonical_prefix(prefix)
        if back not in self.without:
            raise NotFound("no built-in entry for exactly this network is disabled")
        return replace(self, without=self.without - {back})


def operator_network(
    prefix: str = "", name: str = "", scope: str = "clicks", certainty: str = "probable"
) -> Network:
    """An entry of the operator, checked. Raises `InvalidInput` naming the field."""
    entry = read_network({"prefix": prefix, "name": name.strip(), "scope": scope, "certainty": certainty})
    if not entry.name or len(entry.name) > NAME_LIMIT or not entry.name.isprintable():
        raise InvalidInput("name", f"must be 1 to {NAME_LIMIT} printable characters that say whose it is")
    network = ip_network(entry.prefix)
    if isinstance(network, IPv6Network) and network.subnet_of(_MAPPED):
        raise InvalidInput("prefix", "is IPv4 written as IPv6; write it like 192.0.2.0/24")
    widest = WIDEST[network.version]
    if network.prefixlen < widest and entry.certainty is not Certainty.PEOPLE:
        raise InvalidInput("prefix", f"is too wide to be evidence; give networks of /{widest} or narrower")
    return entry


def _shipped() -> set[str]:
    return {network.prefix for network in shipped_networks()}


def _entries(document: Mapping[str, Any], key: str, read: Callable[[object], Entry]) -> tuple[Entry, ...]:
    rows = document.get(key, [])
    if not isinstance(rows, list) or len(rows) > ENTRY_LIMIT:
        raise InvalidInput(key, f"must be a list of at most {ENTRY_LIMIT:,} entries")
    return tuple(_numbered(rows, key, read))


def _numbered(rows: Iterable[object], key: str, read: Callable[[object], Entry]) -> Iterable[Entry]:
    for number, row in enumerate(rows, 1):
        try:
            yield read(row)
        except InvalidInput as error:
            raise InvalidInput(f"{key}, entry {number}, {error.field}", error.problem) from None
        except TypeError:
            raise InvalidInput(f"{key}, entry {number}", "has unknown keys, or is not an object") from None


def _texts(row: object) -> dict[str, str]:
    """An entry as written. Raises `TypeError` unless it is an object of texts."""
    if not isinstance(row, Mapping) or not all(isinstance(value, str) for value in row.values()):
        raise TypeError
    return dict(row)
