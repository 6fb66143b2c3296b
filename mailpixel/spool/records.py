"""Events and counts as the content of a frame, in MessagePack, and back.

An event is an array of its fields in the order of `Event`. New fields come at the end, with a default, so that what
an earlier release wrote stays readable. The content of a kind never changes otherwise: a test keeps its bytes.
"""

from collections.abc import Sequence
from dataclasses import astuple as values_of
from typing import Any

from msgspec import Struct
from msgspec.msgpack import Decoder, Encoder
from msgspec.structs import astuple

from mailpixel.kinds import EventKind, Reason
from mailpixel.model import Decision, Event, Network
from mailpixel.store.log import Overflow
from mailpixel.traffic.facts import facts_with


class _Spooled(Struct, frozen=True, array_like=True, gc=False):
    """The fields of `Event`, with facts as a number."""

    id: bytes
    kind: EventKind
    received_at_ms: int
    method: str
    address: str
    agent: str
    facts: int
    campaign: str
    recipient: str
    link: int | None = None
    destination: str | None = None
    reason: Reason | None = None
    tag: bytes = b""
    former_tag: bytes = b""
    network: Network | None = None
    decided: Decision | None = None
    body: str = ""


def _plain(value: object) -> object:
    """A text of a type of its own as plain text. Other types are refused."""
    if isinstance(value, str):
        return str(value)
    raise TypeError(f"a spooled event cannot hold {type(value).__name__}")


_encode = Encoder(enc_hook=_plain).encode
_decode_events = Decoder(list[_Spooled]).decode
_decode_overflow = Decoder(list[tuple[str, str, int, bytes, int]]).decode


def events_content(events: Sequence[Event]) -> bytes:
    """Events as content. Raises `UnicodeEncodeError` or `OverflowError` for what no store could take either."""
    return _encode([astuple(event) for event in events])


def events_of(content: bytes) -> list[Event]:
    """The events of a content. Raises `msgspec.MsgspecError` when it is not one."""
    return [_event(each) for each in _decode_events(content)]


def _event(spooled: _Spooled) -> Event:
    id, kind, at_ms, method, address, agent, facts, *rest = astuple(spooled)
    return Event(id, kind, at_ms, method, address, agent, facts_with(facts), *rest)


def overflow_content(overflow: Sequence[Overflow]) -> bytes:
    """Counts past the cap as content."""
    return _encode([values_of(each) for each in overflow])


def overflow_of(content: bytes) -> list[Overflow]:
    """The counts of a content. Raises `msgspec.MsgspecError` when it is not one."""
    rows: list[Any] = _decode_overflow(content)
    return [Overflow(*row) for row in rows]
