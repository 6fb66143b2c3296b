"""What the log of events can be asked: written in groups, read by whole messages and by news.

One contract suite (`tests/integration/test_store_contract.py`) runs on every store.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from msgspec import Struct

from mailpixel.model import Event, Message


@dataclass(frozen=True, slots=True)
class Overflow:
    """Hits on one message past its cap for one day (days since 1970), counted but not logged.

    `hits` is the running count of one `edge` (one writing process), not a step: written twice it counts once.
    """

    campaign: str
    recipient: str
    day: int
    edge: bytes
    hits: int


class PutAside(Struct, frozen=True, gc=False):
    """A message that could not be read, judged or saved, and so is not counted, or counted as it was before.

    `error` is the kind of error, the name of a type: it says nothing of the message.
    """

    campaign: str
    recipient: str
    error: str


Followed = tuple[tuple[str, str], Message]
"""A source, as (address, agent), and a message whose links it followed."""


class EventWriter(Protocol):
    """Writes to the log. Each verb is durable on return, idempotent, and a transaction of its own."""

    def append(self, events: Sequence[Event], batch: str = "") -> None:
        """Write events, idempotent by event id. `batch` is the token of a sealed batch (empty: none); a store may know
        a batch by it that is sent again, but the ids alone decide what is new. What an erasure keeps out is left out.

        Raises `StoreUnavailable` when nothing was written, `InvalidInput` when an id is not 16 bytes that
        begin with the event's `received_at_ms`.
        """
        ...

    def append_evidence(self, hits: Sequence[Event]) -> int:
        """Write those of these hits with a broken signature whose message has events; returns how many.

        Anybody can send them, so the log takes no other word of theirs: an agent that it does not know is left empty.
        Durable and idempotent as `append`, and raises as it does.
        """
        ...

    def raise_overflow(self, overflow: Sequence[Overflow]) -> None:
        """Raise counts of hits past the cap; one that stands higher stays, and what an erasure keeps out is left out.

        Raises `StoreUnavailable` when nothing was
        written."""
        ...


class MessageReader(Protocol):
    """Reads whole messages."""

    def message(self, campaign: str, recipient: str) -> Message:
        """One message, without events when there are none."""
        ...

    def messages(self, campaign: str, after: str = "", until: str | None = None) -> Iterator[Message]:
        """Whole messages of a campaign in order of recipient, beginning after one, up to and with `until`. Streams."""
        ...

    def person(self, recipient: str) -> Iterator[Message]:
        """All messages of a person, in order of campaign: those not folded yet too."""
        ...


class Log(EventWriter, MessageReader, Protocol):
    """The log of events."""

    def latest(self, limit: int) -> Sequence[Event]:
        """The events that were logged last, the newest first; time grows with the limit alone."""
        ...

    def campaigns(self) -> Sequence[str]:
        """The campaigns that have events, registered or not, in order."""
        ...

    def ranges(self, campaign: str, events: int) -> Sequence[tuple[str, str]]:
        """Cut the recipients of a campaign into ranges (after, until] of about `events` events, for
        `messages`."""
        ...

    def messages_to_fold(self, campaign: str, after: str, until: str) -> Iterator[Message | PutAside]:
        """The same for a rebuild: a message that cannot be read comes as put aside. Streams."""
        ...

    def messages_that_carried(self, campaign: str, urls: Sequence[str]) -> Iterator[Message | PutAside]:
        """Whole messages of a campaign with a click that carried one of these destinations itself, some of them twice.

        One that cannot be read comes as put aside. Streams. Time grows with the destinations and with what it gives,
        not with the log.
        """
        ...

    def messages_by_source(
        self, least: int, since_ms: int = 0, campaign: str | None = None
    ) -> Iterator[Followed]:
        """Every source that followed links of at least `least` recipients, with each
        message whose links it followed.

        One source after the other, its messages whole and in order of campaign and recipient. A link is followed
        by a GET with a good signature whose address was kept, here of `campaign` and not before `since_ms` (since
        1970). Streams.
        """
        ...
