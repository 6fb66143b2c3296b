"""Where the hits of a message came from: by the address, or by the tags that are kept instead of one.

A tag holds within one message and one UTC day. A hit soon after midnight has the tag of the former day, too, so
one such hit says that both tags are one address, for all hits of the message.
"""

from collections.abc import Iterable, Mapping, Sequence
from hashlib import blake2b
from operator import attrgetter
from typing import NamedTuple

from mailpixel.classify.rules import Rules
from mailpixel.model import Event, Network
from mailpixel.traffic.networks import length_of, neighbourhood

EXACT = 4
"""Bytes of a tag that stand for the address. The others stand for its network."""

NOWHERE = b"\0" * 8
"""The tag of a hit whose address is not known."""

Origin = str | bytes
"""What is kept of an address: its text, or the part of a tag. It is compared, never read."""

Source = tuple[Origin, str]
"""Origin and agent. The origin is empty for image proxies, whose addresses change from one fetch to the next."""

Place = tuple[int, int] | bytes
"""What is kept of the network of an address."""


class Origins(NamedTuple):
    """Which tags of a message are one address or one network: by tag, the earliest for the same.

    `dropped` says that the details of some hits were dropped. All sources are then compared by `source_tag`.
    """

    exact: Mapping[bytes, bytes] = {}
    near: Mapping[bytes, bytes] = {}
    dropped: bool = False

    def of(self, event: Event) -> Origin:
        """The origin of a hit."""
        if not event.tag:
            return event.address
        if event.tag == NOWHERE:
            return ""
        tag = event.tag[:EXACT]
        return self.exact.get(tag, tag)

    def place(self, event: Event) -> Place:
        """The network of a hit, to be compared with others."""
        if not event.tag:
            return neighbourhood(event.address)
        tag = event.tag[EXACT:]
        return self.near.get(tag, tag)

    def source(self, origin: Origin, event: Event) -> Source:
        """The source of a hit with this origin, to be compared with others of the message."""
        if not self.dropped:
            return origin, event.agent
        return (event.tag if event.decided is not None else source_tag((origin, event.agent))), ""


PLAIN = Origins()
"""Of a message whose hits have addresses, or tags of one day."""


_decided, _former = attrgetter("decided"), attrgetter("former_tag")


def origins_of(events: Sequence[Event]) -> Origins:
    """The origins of the hits of a message, from its events in order of time."""
    dropped = any(map(_decided, events))
    if not dropped and not any(map(_former, events)):
        return PLAIN
    return Origins(_joined(events, slice(EXACT)), _joined(events, slice(EXACT, None)), dropped)


def _joined(events: Iterable[Event], part: slice) -> Mapping[bytes, bytes]:
    """By a part of each tag, the earliest tag for the same."""
    found: dict[bytes, bytes] = {}
    for event in events:
        if event.former_tag:
            former = event.former_tag[part]
            found.setdefault(event.tag[part], found.get(former, former))
    return found


def source_tag(source: Source) -> bytes:
    """Four bytes of a source, which are kept of it when the details of a hit are dropped."""
    origin, agent = source
    text = origin if isinstance(origin, bytes) else origin.encode()
    return blake2b(text + b"\n" + agent.encode(), digest_size=EXACT).digest()


def network_of(event: Event, rules: Rules) -> Network | None:
    """The entry that the address of a hit belongs to.

    Without an address it is the entry of that day, unless the operator has struck it out since. Where the network
    of an address was kept beside a tag, today's entries for all of that network count as well.
    """
    if not event.tag:
        return rules.known_networks.lookup(event.address)
    entry = event.network if event.network is not None and rules.counts(event.network) else None
    if not event.address or (entry is not None and length_of(entry.prefix) > _kept_length(event.address)):
        return entry
    return rules.known_networks.lookup_whole(event.address, _kept_length(event.address))


def own_network(event: Event, rules: Rules) -> Network | None:
    """The operator's network that covers the network kept beside a tag. A tag alone does not tell."""
    if not event.address:
        return None
    return rules.operator.lookup_whole(event.address, _kept_length(event.address))


def _kept_length(address: str) -> int:
    """How long the prefix of a kept network is."""
    return 48 if ":" in address else 24
