"""What the log of events offers: written in groups, read by whole messages and by news.

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

    `hits` is the running count of one `edge` (one writing process), so writing it twice counts it once.
    """

    campaign: str
    recipient: str
    day: int
    edge: bytes
    hits: int


class PutAside(Struct, frozen=True, gc=False):
    """A message that could not be read, judged or saved. It does not count, or counts as it did before.

    `error` is the type name of the error; it reveals nothing about the message.
    """

    campaign: str
    recipient: str
    error: str


Followed = tuple[tuple[str, str], Message]
"""A source, as (address, agent), and a message with a link that it followed."""


class EventWriter(Protocol):
    """Writes to the log. Each call is one transaction, idempotent, and durable on return."""

    def append(self, events: Sequence[Event], batch: str = "") -> None:
        """Write events, idempotent by event id. Events that an erasure keeps out are skipped.

        `batch` is the token of a sealed batch (empty: none). A store may recognise a repeated batch by it,
        but only the ids decide what is new.

        Raises `StoreUnavailable` when nothing was written, and `InvalidInput` when an id is not 16 bytes that
        begin with the event's `received_at_ms`, or when an event of a message has a body.
        """
        ...

    def append_evidence(self, hits: Sequence[Event]) -> int:
        """Write those hits with a broken signature whose message has events. Returns how many were written.

        Anyone can send such hits, so one process logs `evidence_bound.MOST_A_DAY` a day at most, and the log
        takes no new text from them: an unknown agent is stored as empty. Durable and idempotent like `append`, and
        raises the same errors.
        """
        ...

    def append_blank(self) -> None:
        """Do what appending an event costs and keep nothing: a row is written and deleted in one transaction.

        So the answer to a hit that is not recorded takes as long as any other. It leaves positions unused.
        Durable and raises `StoreUnavailable` like `append`.
        """
        ...

    def raise_overflow(self, overflow: Sequence[Overflow]) -> None:
        """Raise counts of hits past the cap. A higher stored count stays.

        Counts that an erasure keeps out are skipped. Raises `StoreUnavailable` when nothing was written.
        """
        ...


class MessageReader(Protocol):
    """Reads whole messages, and whole visits and orders where their `campaign` is asked for by its text."""

    def message(self, campaign: str, recipient: str) -> Message:
        """One message; without events when there are none."""
        ...

    def messages(self, campaign: str, after: str = "", until: str | None = None) -> Iterator[Message]:
        """Stream whole messages of a campaign in order of recipient, after `after` and up to and including `until`."""
        ...

    def person(self, recipient: str) -> Iterator[Message]:
        """All messages of a person in order of campaign, including those not folded yet. No visits and no orders."""
        ...

    def people(self, recipients: Sequence[str]) -> Iterator[Message]:
        """All messages of some hundred people, as `person` gives those of one. The end of the log is read once."""
        ...


class Log(EventWriter, MessageReader, Protocol):
    """The log of events. Visits and orders are in it, but appear only where they are asked for."""

    def latest(self, limit: int) -> Sequence[Event]:
        """The events logged last, newest first, without those that cannot be read.

        The time grows only with the limit.
        """
        ...

    def campaigns(self) -> Sequence[str]:
        """Ids of the campaigns that have events, registered or not, in order."""
        ...

    def ranges(self, campaign: str, events: int) -> Sequence[tuple[str, str]]:
        """Cut the recipients of a campaign into ranges (after, until] of about `events` events, for `messages`."""
        ...

    def messages_to_fold(self, campaign: str, after: str, until: str) -> Iterator[Message | PutAside]:
        """Stream messages as `messages` does, for a rebuild. A message that cannot be read is a `PutAside`."""
        ...

    def messages_that_carried(self, campaign: str, urls: Sequence[str]) -> Iterator[Message | PutAside]:
        """Stream whole messages with a click that itself carried one of these destinations; some may come twice.

        A message that cannot be read is a `PutAside`. The time grows with the destinations and the
        messages found, not with the log.
        """
        ...

    def messages_by_source(
        self, least: int, since_ms: int = 0, campaign: str | None = None
    ) -> Iterator[Followed]:
        """Every source that followed links of at least `least` recipients, with each message whose links it followed.

        Streams one source after the other. Messages are whole and in order of campaign and recipient. A
        link is followed by a GET with a valid signature whose address was kept, in `campaign` (None: any),
        not before `since_ms` (since 1970).
        """
        ...
