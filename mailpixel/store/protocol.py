"""What a store can be asked: the questions, not the SQL, so that each store answers in its own best way.

`Store` holds the log and what was folded from it; `Registry`, in `mailpixel.store.registry`, holds what people set up.
One contract suite (`tests/integration/test_store_contract.py`) runs on every store.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from mailpixel.model import Event, Message
from mailpixel.record import record
from mailpixel.store.measures import TallyKey, tally
from mailpixel.store.registry import (
    MOST_MET_LINKS,
    SEEN_SLOTS,
    ApiKey,
    FoldState,
    LinkRevision,
    Registry,
    RegistryNews,
    Sighting,
    SigningKey,
)


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


@record(frozen=True, slots=True)
class MessageState:
    """What was judged of one message, compact enough to keep for every message.

    `marks` holds one entry a hit, in the order judged, packed by `mailpixel.store.verdict_codes`; the tally that
    counters are made of is a pure function of the state. Times are None where nothing of the kind was seen.
    """

    campaign: str
    recipient: str
    marks: bytes = b"\n"
    delivered_at_ms: int | None = None
    opted_out: bool = False
    first_human_open_at_ms: int | None = None
    first_human_click_at_ms: int | None = None
    last_event_at_ms: int | None = None

    @property
    def tally(self) -> Mapping[TallyKey, int]:
        """What the message adds to the counters of its campaign; the measures are listed in
        `mailpixel.store.measures`."""
        return tally([self])


@record(frozen=True, slots=True)
class PutAside:
    """A message that could not be read, judged or saved, and so is not counted, or counted as it was before.

    `error` is the kind of error, the name of a type: it says nothing of the message.
    """

    campaign: str
    recipient: str
    error: str


Folded = MessageState | PutAside
"""What a fold makes of a message."""


@dataclass(frozen=True, slots=True)
class Changed:
    """News for the fold: whole messages that have some after `since`, and the cursor that comes after them.

    `cursor` is `since` when there is no news. `messages` can be read once and streams, so it must be read before the
    cursor is moved; a message that cannot be read comes as put aside.
    """

    since: str
    cursor: str
    messages: Iterable[Message | PutAside]


@dataclass(frozen=True, slots=True)
class Waiting:
    """What of the log is not folded yet: at most this many `events` (erased ones may be among them), the first of which
    came at `first_event_ms`; None when there is none. `put_aside` messages wait for better rules."""

    events: int = 0
    first_event_ms: int | None = None
    put_aside: int = 0


Followed = tuple[tuple[str, str], Message]
"""A source, as (address, agent), and a message whose links it followed."""


@dataclass(frozen=True, slots=True)
class Counts:
    """The counters of one campaign.

    `totals` by measure, `links` by link number and measure (-1: embedded destinations), `overflow` hits past
    the cap, `provisional` hits younger than the settle time, `as_of_ms` the moment up to which the log has
    been folded (0: never), `edition` the edition of the rules of the oldest figures (empty: not known).
    """

    totals: Mapping[str, int]
    links: Mapping[int, Mapping[str, int]]
    overflow: int
    provisional: int
    as_of_ms: int
    edition: str = ""


class Store(Protocol):
    """The log of events and the projections folded from it. Cursors are opaque text; the empty one is the beginning."""

    def append(self, events: Sequence[Event], overflow: Sequence[Overflow] = ()) -> None:
        """Write events and overflow counts in one transaction: durable on return, idempotent by event id.

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

    def latest(self, limit: int) -> Sequence[Event]:
        """The events that were logged last, the newest first; time grows with the limit alone."""
        ...

    def changed(self, cursor: str, limit: int) -> Changed:
        """The whole messages that the next `limit` events after `cursor` belong to."""
        ...

    def save(self, states: Sequence[Folded], changed: Changed) -> None:
        """Replace these states, move the counters by the difference and the cursor to `changed.cursor`, in
        one transaction. States may be saved a part at a time, the cursor moved with the last. A message that is put
        aside keeps its former state; one that has a state again is no longer put aside.

        Raises `Conflict` when the stored cursor is no longer `changed.since`: another fold was faster, a
        campaign was rebuilt or a person erased meanwhile. Nothing was written; read again from `cursor()`.
        """
        ...

    def cursor(self) -> str:
        """How far the log has been folded."""
        ...

    def waiting(self) -> Waiting:
        """What was logged and not folded yet. Time does not grow with the log, nor with what waits."""
        ...

    def put_aside(self, after: tuple[str, str] = ("", ""), limit: int = 1_000) -> Sequence[PutAside]:
        """Messages put aside, in order of campaign and recipient, beginning after one."""
        ...

    def campaigns(self) -> Sequence[str]:
        """The campaigns that have events, registered or not, in order."""
        ...

    def ranges(self, campaign: str, events: int) -> Sequence[tuple[str, str]]:
        """Cut the recipients of a campaign into ranges (after, until] of about `events` events, for
        `messages`."""
        ...

    def messages(self, campaign: str, after: str = "", until: str | None = None) -> Iterator[Message]:
        """Whole messages of a campaign in order of recipient, beginning after one, up to and with `until`. Streams."""
        ...

    def messages_to_fold(self, campaign: str, after: str, until: str) -> Iterator[Message | PutAside]:
        """The same for a rebuild: a message that cannot be read comes as put aside. Streams."""
        ...

    def message(self, campaign: str, recipient: str) -> Message:
        """One message, without events when there are none."""
        ...

    def person(self, recipient: str) -> Iterator[Message]:
        """All messages of a person, in order of campaign: those not folded yet too."""
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

    def replace(
        self,
        campaign: str,
        since: str,
        states: Iterable[Folded],
        fold: Callable[[Message], Folded],
    ) -> None:
        """Put these states and their counters in the place of the campaign's own, at once and all together. Messages
        put aside have no state then.

        `since` is the `cursor()` from before the first of these states was judged. A message that was folded
        after it is judged again by `fold`, so the fold may go on meanwhile. Readers see the old ones until
        the last moment.

        Raises `Conflict` when a person was erased or another rebuild of the campaign began meanwhile:
        nothing has changed, start over.
        """
        ...

    def note_edition(self, edition: str, campaigns: Iterable[str], anew: bool = False) -> None:
        """Note that these campaigns are judged by an edition of the rules from now on.

        A campaign that has figures of another edition keeps that edition, unless everything was judged `anew`.
        """
        ...

    def editions(self) -> Mapping[str, int]:
        """How many campaigns have figures of each edition of the rules."""
        ...

    def counts(self, campaign: str, now_ms: int, settle_ms: int) -> Counts:
        """The counters of a campaign; zeros for one without events. Time does not grow with the log."""
        ...

    def timeline(self, campaign: str) -> Mapping[int, Mapping[str, int]]:
        """Counters by quarter hour: bucket_ms to measure to number, in order of time."""
        ...

    def recipients(self, campaign: str, after: str, limit: int) -> Sequence[MessageState]:
        """States of a campaign in order of recipient, beginning after one."""
        ...

    def erase(self, recipient: str) -> int:
        """Delete everything stored about a person, take it out of the counters; returns how many events went.

        Agents that no event uses any more go too. An opt-out stays: it is in the registry. Raises `ErasureUnfinished`
        when all that is done, and traces are left until it is called again.
        """
        ...

    def check_in_place(self) -> None:
        """Raises `StoreUnavailable` when the files in use are no longer those in the data folder."""
        ...

    def close(self) -> None:
        """Let go of files; the next call opens them again."""
        ...


__all__ = [
    "MOST_MET_LINKS",
    "SEEN_SLOTS",
    "ApiKey",
    "Changed",
    "Counts",
    "FoldState",
    "Folded",
    "Followed",
    "LinkRevision",
    "MessageState",
    "Overflow",
    "PutAside",
    "Registry",
    "RegistryNews",
    "Sighting",
    "SigningKey",
    "Store",
    "TallyKey",
    "Waiting",
]
