"""What a named reader of the log can do: read its news, and say that it is done with them.

One contract suite (`tests/integration/test_consumer_contract.py`) runs on every store.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol
from zlib import crc32

from mailpixel.errors import InvalidInput
from mailpixel.model import Message
from mailpixel.site_model import MESSAGES, SITE_CASES, Cases
from mailpixel.store.log import PutAside


class Part(NamedTuple):
    """A share of all messages: `number` of `parts`, counted from 0. A message always belongs to the same part."""

    number: int = 0
    parts: int = 1

    def has(self, campaign: str, recipient: str) -> bool:
        """Whether a message belongs to this part."""
        return self.parts == 1 or crc32(f"{campaign}\n{recipient}".encode()) % self.parts == self.number


WHOLE = Part()
SITE = "site"
"""The name of the consumer that folds visits and orders."""
CASES: Mapping[str, Cases] = {SITE: SITE_CASES}
"""What the named consumers read that do not read messages."""


def position_name(consumer: str, part: Part) -> str:
    """The name under which a store keeps the position of a consumer, or of a part of it. Raises `InvalidInput`."""
    if not 0 <= part.number < part.parts:
        raise InvalidInput("part", f"{part.number} of {part.parts} does not exist; parts are counted from 0")
    return consumer if part == WHOLE else f"{consumer} {part.number}/{part.parts}"


@dataclass(frozen=True, slots=True)
class News:
    """Whole messages with events after the position `since`, and the `position` that follows them.

    `position` equals `since` when there is no news. News of other parts moves the position without
    messages. `messages` streams and can be read once, so it must be read before the consumer is done. A
    message that cannot be read is a `PutAside`.
    """

    since: str
    position: str
    messages: Iterable[Message | PutAside]


@dataclass(frozen=True, slots=True)
class Waiting:
    """What a consumer has not seen yet.

    `events` is an upper bound, since erased events and those of other parts may be included. `first_event_ms`
    is when the first of them was received; None when nothing waits.
    """

    events: int = 0
    first_event_ms: int | None = None


class Entry(NamedTuple):
    """One event in the order of the log: the position behind it, its id, and the message it belongs to."""

    position: str
    event_id: bytes
    campaign: str
    recipient: str


@dataclass(frozen=True, slots=True)
class Settled:
    """The next events in the order of the log, up to the first that is not settled, and their whole messages.

    `messages` holds each message of `entries` once, unless it was erased meanwhile. One that cannot be read is
    a `PutAside`. Where a consumer reads visits only, entries of orders are among them without their cases.
    """

    entries: Sequence[Entry]
    messages: Sequence[Message | PutAside]


class Consumer(Protocol):
    """A named reader of the log, or of a part of it.

    It gets everything at least once, in no promised order, and makes progress whenever it is done with its
    news. Positions are opaque text and the empty one is the beginning. A position may step back, and then
    news comes again. A consumer with effects outside must remember by event id what it did.
    """

    def news(self, limit: int) -> News:
        """The whole messages that the next events belong to, about `limit` events."""
        ...

    def done(self, position: str) -> None:
        """Continue from this position next time. Raises `InvalidInput` for a position that is not of this store.

        This may be lost in a power cut: then the position steps back.
        """
        ...

    def position(self) -> str:
        """The position that it is done with."""
        ...

    def settled(self, after: str, until_ms: int, limit: int) -> Settled:
        """At most `limit` events after a position, up to the first that was received after `until_ms`."""
        ...

    def waiting(self) -> Waiting:
        """What was logged but not seen yet. The time grows neither with the log nor with what waits."""
        ...


class Consumers(Protocol):
    """The readers of the log, by name."""

    def consumer(self, name: str, part: Part = WHOLE, cases: Cases = MESSAGES) -> Consumer:
        """The consumer of this name, which reads events of these kinds of cases. A new one starts at the beginning.

        Events of other kinds are neither news nor do they wait, and cost it no time. Visits and orders come as
        `Message` values, too: `campaign` and `recipient` are the two texts of the case. Raises `InvalidInput`
        for a part that does not exist, and for `cases` that name messages together with others.
        """
        ...

    def position_at(self, moment_ms: int | None) -> str:
        """The last position before every event received from this moment on; None: the end of the log.

        It is one for readers of messages. For a moment it takes a time that grows with the events since then.
        """
        ...

    def forget_consumer(self, name: str) -> None:
        """Forget the position of a consumer."""
        ...
