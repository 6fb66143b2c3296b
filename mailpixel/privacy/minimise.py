"""Reduces a client's address to what may be kept, before anything is queued, written or logged."""

from collections.abc import Callable
from functools import lru_cache, partial
from typing import Protocol

from msgspec import Struct

from mailpixel.classify.origins import NOWHERE
from mailpixel.classify.rules import Rules
from mailpixel.errors import InvalidInput
from mailpixel.model import Facts, Network
from mailpixel.privacy.tags import Tags, parts_of, tag_of
from mailpixel.privacy.written import Written
from mailpixel.site.visitor import VisitorKeys
from mailpixel.times import DAY_MS
from mailpixel.traffic.networks import network_of

FORMER_MS = 1_000_000
"""How long after midnight (UTC) a hit has the tag of the former day, too. No rule compares sources over a longer
time than 900 s, but for opens of a source that follows many links later."""


class DaySalts(Protocol):
    """Salts without I/O, see `mailpixel.privacy.salts`."""

    def salt(self, day: int) -> bytes:
        """The salt of a day (days since 1970)."""

    def former(self, day: int) -> bytes | None:
        """The salt of the day before this one, unless it is not kept any more."""

    def tags(self, day: int) -> Tags:
        """What makes the tags of a day, from its salt."""

    def visitors(self, day: int) -> VisitorKeys:
        """What makes the keys of the visitors of web sites on a day, from its salt."""


class Trace(Struct, frozen=True, gc=False):
    """What is kept of an address; see `Event`. `facts` is added to the facts of the hit."""

    address: str = ""
    tag: bytes = b""
    former_tag: bytes = b""
    network: Network | None = None
    facts: Facts = Facts.NONE


class Seat(Struct, frozen=True, gc=False):
    """What an address shows, whoever's it is: its bytes and those of its /24 or /48, and what is published of it."""

    number: bytes
    near: bytes
    network: Network | None
    facts: Facts


SEATS_KEPT = 16_384
"""How many addresses are remembered with what they show."""


class Minimiser:
    """Makes the trace of a hit from its address. `rules` gives the rules in force. It does no I/O.

    `keep_address` says how much of an address to keep where no mode was chosen yet.
    """

    def __init__(self, salts: DaySalts, rules: Callable[[], Rules], keep_address: str = "full") -> None:
        self._salts = salts
        self._rules = rules
        self._keep_address = keep_address
        self._seats_by: Rules | None = None
        self._seats: Callable[[str], Seat]

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
        seat = self._seat(address)
        former = self._salts.former(day) if past_ms < FORMER_MS else None
        return Trace(
            minimise(address, "network") if keeps.network and self._keep_address != "none" else "",
            self._salts.tags(day).tag(campaign, recipient, seat.number, seat.near),
            b"" if former is None else tag_of(former, campaign, recipient, address),
            seat.network,
            seat.facts,
        )

    def network_alone(self, address: str) -> Trace:
        """What to keep of the address of a visitor of a site: neither address nor tag, whatever the modes."""
        if not address:
            return NO_TRACE
        seat = self._seat(address)
        return Trace(network=seat.network, facts=seat.facts)

    def _seat(self, address: str) -> Seat:
        """What the address shows by the rules in force now, remembered until they change."""
        rules = self._rules()
        if rules is not self._seats_by:
            self._seats_by, self._seats = rules, lru_cache(SEATS_KEPT)(partial(_seat, rules))
        return self._seats(address)


NO_TRACE = Trace()


def _seat(rules: Rules, address: str) -> Seat:
    own = rules.operator.lookup(address) is not None
    entry = rules.known_networks.lookup(address)
    return Seat(*parts_of(address), entry, Facts.OWN_NETWORK if own else Facts.NONE)


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
