"""What a named reader of the log can ask: its news, and that it is done with them.

One contract suite (`tests/integration/test_consumer_contract.py`) runs on every store.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple, Protocol
from zlib import crc32

from mailpixel.errors import InvalidInput
from mailpixel.model import Message
from mailpixel.store.log import PutAside


class Part(NamedTuple):
    """A share of all messages: `number` of `parts`, counted from 0. A message is always of the same one."""

    number: int = 0
    parts: int = 1

    def has(self, campaign: str, recipient: str) -> bool:
        """Whether a message is of this part."""
        return self.parts == 1 or crc32(f"{campaign}\n{recipient}".encode()) % self.parts == self.number


WHOLE = Part()


def position_name(consumer: str, part: Part) -> str:
    """The name under which a store keeps the position of a consumer, or of a part of it. Raises `InvalidInput`."""
    if not 0 <= part.number < part.parts:
        raise InvalidInput("part", f"{part.number} of {part.parts} is none; parts are counted from 0")
    return consumer if part == WHOLE else f"{consumer} {part.number}/{part.parts}"


@dataclass(frozen=True, slots=True)
class News:
    """Whole messages with events after the position `since`, and the `position` that comes after them.

    `position` is `since` when there is no news; news of other parts alone has no messages. `messages` can be read once
    and streams, so it must be read before the consumer is done; a message that cannot be read comes as put aside.
    """

    since: str
    position: str
    messages: Iterable[Message | PutAside]


@dataclass(frozen=True, slots=True)
class Waiting:
    """What a consumer has not seen yet: at most this many `events` (erased ones and those of other parts may be among
    them), the first of which came at `first_event_ms`; None when there is none."""

    events: int = 0
    first_event_ms: int | None = None


class Consumer(Protocol):
    """A named reader of the log, or a part of one.

    It gets everything at least once and in no promised order, and makes progress whenever it is done with its news.
    Positions are opaque text, the empty one is the beginning, and one may step back: then news comes again. Who has
    effects outside remembers what was done by event id.
    """

    def news(self, limit: int) -> News:
        """The whole messages that the next events belong to, about `limit` events."""
        ...

    def done(self, position: str) -> None:
        """Go on from here next time. Raises `InvalidInput` for what is no position of this store."""
        ...

    def waiting(self) -> Waiting:
        """What was logged and not seen yet. Time does not grow with the log, nor with what waits."""
        ...


class Consumers(Protocol):
    """The readers of the log, by name."""

    def consumer(self, name: str, part: Part = WHOLE) -> Consumer:
        """The consumer of this name, at the beginning when it never was done with anything. Raises `InvalidInput`
        for a part that is none."""
        ...
