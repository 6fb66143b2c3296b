"""Reduces a client's address to what may be kept, before anything is queued, written or logged."""

from collections.abc import Callable
from functools import lru_cache
from hashlib import blake2b
from typing import Protocol

from msgspec import Struct

from mailpixel.classify.origins import EXACT, NOWHERE
from mailpixel.classify.rules import Rules
from mailpixel.errors import InvalidInput
from mailpixel.model import Facts, Network
from mailpixel.privacy.written import Written
from mailpixel.site.visitor import VisitorKeys
from mailpixel.times import DAY_MS
from mailpixel.traffic.networks import network_of, packed

FORMER_MS = 1_000_000
"""How long after midnight (UTC) a hit has the tag of the former day, too. No rule compares sources over a longer
time than 900 s, but for opens of a source that follows many links later."""


class DaySalts(Protocol):
    """Salts without I/O, see `mailpixel.privacy.salts`."""

    def salt(self, day: int) -> bytes:
        """The salt of a day (days since 1970)."""

    def former(self, day: int) -> bytes | None:
        """The salt of the day before this one, unless it is not kept any more."""

    def visitors(self, day: int) -> VisitorKeys:
        """What makes the keys of the visitors of web sites on a day, from its salt."""


class Trace(Struct, frozen=True, gc=False):
    """What is kept of an address; see `Event`. `facts` is added to the facts of the hit."""

    address: str = ""
    tag: bytes = b""
    former_tag: bytes = b""
    network: Network | None = None
    facts: Facts = Facts.NONE


class Minimiser:
    """Makes the trace of a hit from its address. `rules` gives the rules in force. It does no I/O.

    `keep_address` says how much of an address to keep where no mode was chosen yet.
    """

    def __init__(self, salts: DaySalts, rules: Callable[[], Rules], keep_address: str = "full") -> None:
        self._salts = salts
        self._rules = rules
        self._keep_address = keep_address

    def trace(self, address: str, at_ms: int, campaign: str, recipient: str, keeps: Written | None) -> Trace:
        """What to keep of the address of a hit on a message.

        The entry and the operator's networks are those of the rules in force now. With `keeps.network` the
        first address of its /24 or /48 is kept, too. None: no mode was chosen yet.
        """
        if keeps is None:
            return Trace(minimise(address, self._keep_address))
        if not address:
            return Trace(tag=NOWHERE)
        day, past_ms = divmod(at_ms, DAY_MS)
        former = self._salts.former(day) if past_ms < FORMER_MS else None
        return Trace(
            minimise(address, "network") if keeps.network and self._keep_address != "none" else "",
            tag_of(self._salts.salt(day), campaign, recipient, address),
            b"" if former is None else tag_of(former, campaign, recipient, address),
            *self._published(address),
        )

    def network_alone(self, address: str) -> Trace:
        """What to keep of the address of a visitor of a site: neither address nor tag, whatever the modes."""
        if not address:
            return NO_TRACE
        network, facts = self._published(address)
        return Trace(network=network, facts=facts)

    def _published(self, address: str) -> tuple[Network | None, Facts]:
        """The entry that the address belongs to, and whether it is the operator's, by the rules in force now."""
        rules = self._rules()
        own = rules.operator.lookup(address) is not None
        return rules.known_networks.lookup(address), Facts.OWN_NETWORK if own else Facts.NONE


NO_TRACE = Trace()


def tag_of(salt: bytes, campaign: str, recipient: str, address: str) -> bytes:
    """Eight bytes that stand for an address within a message and a day: four for it, four for its /24 or /48.

    They cannot be compared with those of another message or day, and not computed without the salt.
    """
    size, number = packed(address)
    message = f"{campaign}\n{recipient}\n".encode()
    exact = blake2b(message + number.to_bytes(size, "big"), digest_size=EXACT, key=salt)
    near = blake2b(
        message + number.to_bytes(size, "big")[: 3 if size == 4 else 6], digest_size=EXACT, key=salt
    )
    return exact.digest() + near.digest()


@lru_cache(maxsize=4_096)
def _network_address(address: str) -> str:
    """The first address of its /24 or /48; empty when the text is not an address."""
    try:
        return network_of(address).partition("/")[0]
    except InvalidInput:
        return ""


def masked(address: str) -> str:
    """The first address of its /24 or /48, of an address in canonical text."""
    if ":" in address or not address:
        return minimise(address, "network")
    return f"{address[: address.rfind('.')]}.0"


def minimise(address: str, keep: str) -> str:
    """The part of an address to keep: `full` all of it, `network` its /24 or /48, `none` nothing."""
    if keep == "full":
        return address
    return _network_address(address) if keep == "network" else ""
