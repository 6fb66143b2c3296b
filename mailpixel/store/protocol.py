"""What a store can be asked: the questions, not the SQL, so that each store answers in its own best way.

`Store` holds the log and what was folded from it; `Registry` holds what people set up. One contract suite
(`tests/integration/test_store_contract.py`) runs on every implementation of either.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from mailpixel.model import Campaign, Event, Link, Message
from mailpixel.record import record
from mailpixel.store.tally import TallyKey, tally


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

    `marks` holds one entry a hit, in the order judged, packed by `mailpixel.store.marks`; the tally that
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
        """What the message adds to the counters of its campaign; the measures are told in
        `mailpixel.store.tally`."""
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
    been folded (0: never).
    """

    totals: Mapping[str, int]
    links: Mapping[int, Mapping[str, int]]
    overflow: int
    provisional: int
    as_of_ms: int


class Store(Protocol):
    """The log of events and the projections folded from it. Cursors are opaque text; the empty one is the
    beginning."""

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
        """Cut the recipients of a campaign into ranges (after, until] of about so many events, for
        `messages`."""
        ...

    def messages(self, campaign: str, after: str = "", until: str | None = None) -> Iterator[Message]:
        """Whole messages of a campaign in order of recipient, beginning after one, up to and with `until`.
        Streams."""
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
        by a GET whose address was kept, here of `campaign` and not before `since_ms` (since 1970). Streams.
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
        """Delete everything held of a person, take it out of the counters; returns how many events went.

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


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key of the HTTP API as stored: its SHA-256, never itself. `scope` is read or write."""

    name: str
    scope: str
    digest: bytes
    created_at: datetime
    revoked_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A key that signed links, as remembered: its id in tokens (1 to 255) and its fingerprint, which is no secret.

    A `removed` one is no longer waited for, but its id stays taken: tokens of it must not pass for forged ones.
    """

    id: int
    fingerprint: bytes
    removed: bool = False


@dataclass(frozen=True, slots=True)
class LinkRevision:
    """What a link was before it was corrected, when and by whom (an API key's name, or `cli`)."""

    number: int
    url: str
    replaced_at: datetime
    replaced_by: str


MOST_MET_LINKS = 500
"""How many destinations of one campaign become links because a second recipient's mail has them."""
SEEN_SLOTS = 65_536
"""How many destinations of one campaign are remembered until a second recipient's mail has them; a later one takes the
place of an earlier one."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """A destination in the mail of one recipient.

    What is kept of it names nobody: `slot` (0 to 65,535) and `mark` (6 bytes) are made of the destination, `reader`
    (2 bytes) of destination and recipient, all with a secret key.
    """

    url: str
    slot: int
    mark: bytes
    reader: bytes


@dataclass(frozen=True, slots=True)
class RegistryNews:
    """What changed in the registry after a revision: whole campaigns, API keys, opted-out recipients, and the ids of
    deleted campaigns."""

    revision: int
    campaigns: Sequence[Campaign]
    keys: Sequence[ApiKey]
    opted_out: Sequence[str]
    deleted: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class FoldState:
    """The lease of the fold: who folds, until when, and when it last noted that nothing was left to fold (0:
    never). A fold that is idle lets its lease run out."""

    holder: str
    expires_at_ms: int
    caught_up_at_ms: int


class Registry(Protocol):
    """Campaigns, links, API keys, opt-outs and the lease of the fold: small, and changed by people.

    Moments are kept to the millisecond.
    """

    def campaigns(
        self, after: str = "", limit: int = 1000, archived: bool | None = None
    ) -> Sequence[Campaign]:
        """Campaigns with their links in order of id, beginning after one; `archived` asks for only those that are,
        or only those that are not."""
        ...

    def campaign(self, id: str) -> Campaign:
        """One campaign with its links. Raises `NotFound`."""
        ...

    def add_campaign(self, campaign: Campaign) -> None:
        """Add a campaign; it is stale at first, as its events may have come before it.

        Raises `Conflict` when the id is taken.
        """
        ...

    def update_campaign(self, campaign: Campaign, by: str, now: datetime) -> None:
        """Replace a campaign by this one. A link whose destination differs keeps its number; the old
        destination is kept as a revision. When sent_at or a trap differ the campaign is stale, when another link or
        none leads to a destination it is relinked.

        Raises `NotFound`.
        """
        ...

    def change_campaign(
        self, id: str, change: Callable[[Campaign], Campaign], by: str, now: datetime
    ) -> Campaign:
        """`update_campaign` with what `change` makes of the campaign as it is; gives that.

        Nobody else changes it meanwhile: a link that a sender registers is not lost. What `change` raises goes
        through, and then nothing has changed. Raises `NotFound`.
        """
        ...

    def note_signed(self, campaign: str) -> None:
        """Remember that links were signed for a campaign. Cheap when that is known. Raises `NotFound`."""
        ...

    def delete_campaign(self, id: str) -> None:
        """Forget a campaign that was never sent, with its links.

        Raises `NotFound`, and `Conflict` for one that may have been sent: `sent`, `sent_at` or `note_signed` says so.
        """
        ...

    def register_links(self, campaign: str, urls: Sequence[str]) -> Mapping[str, int]:
        """The number of each of these destinations: the one it has already, else the next free one in the order given.

        One transaction, so that two senders at once never give one number to two destinations. A trap's number is
        given to nobody, nor is one that a link had before it was taken away. With a new link the campaign is
        relinked: clicks that carried this destination count for the link from now on.

        Raises `NotFound`, and `InvalidInput` when there is no number left.
        """
        ...

    def meet_links(self, campaign: str, sightings: Sequence[Sighting]) -> Mapping[str, int]:
        """The numbers of those destinations that are links of the campaign, or become links now.

        One becomes a link when the mail of another recipient had it before, as far as that is remembered; the first
        `MOST_MET_LINKS` do. So what only one recipient's mail has, which may be personal, is never written down. What
        is remembered goes when anybody is erased. Takes no longer the more links there are.

        Raises `NotFound`.
        """
        ...

    def link_revisions(self, campaign: str) -> Sequence[LinkRevision]:
        """Former destinations, oldest first."""
        ...

    def news(self, since: int) -> RegistryNews:
        """What changed after a revision (0: everything). Cheap when nothing did."""
        ...

    def stale(self) -> Sequence[str]:
        """Campaigns whose events must be judged again because the campaign itself changed."""
        ...

    def relinked(self) -> Sequence[str]:
        """Campaigns of which messages must be judged again whose clicks carried a destination: others of their links
        lead there now."""
        ...

    def any_stale(self) -> bool:
        """Whether there is a campaign that is stale or relinked."""
        ...

    def settled(self, *campaigns: Campaign) -> None:
        """All events of these campaigns have been judged again, by the campaigns as they read here.

        One that has changed meanwhile stays stale, or is relinked, by what changed.
        """
        ...

    def links_settled(self, *campaigns: Campaign) -> None:
        """The messages of these relinked campaigns have been judged again, by the campaigns as they read here.

        One whose links have changed meanwhile stays relinked.
        """
        ...

    def add_key(self, key: ApiKey) -> None:
        """Raises `Conflict` when the name is in use."""
        ...

    def keys(self) -> Sequence[ApiKey]:
        """All API keys, revoked ones too, in order of name."""
        ...

    def revoke_key(self, name: str, now: datetime) -> None:
        """Raises `NotFound`."""
        ...

    def opt_out(self, recipient: str, now: datetime) -> None:
        """Remember that a person is not to be tracked; a second time changes nothing."""
        ...

    def signing_keys(self) -> Sequence[SigningKey]:
        """The keys that signed links, in order of id."""
        ...

    def remember_keys(self, keys: Sequence[SigningKey]) -> None:
        """Remember these keys as they are here; what was remembered under their ids is replaced."""
        ...

    def check_in_place(self) -> None:
        """Raises `StoreUnavailable` when the files in use are no longer those in the data folder."""
        ...

    def take_lease(self, holder: str, now_ms: int, for_ms: int) -> bool:
        """Become or stay the one fold; False while another's lease runs. One that would run for more than twice
        `for_ms` was taken by a clock that was ahead: it is free."""
        ...

    def drop_lease(self, holder: str) -> None:
        """Let the next fold in at once."""
        ...

    def caught_up(self, holder: str, now_ms: int) -> None:
        """Note that at this moment there was nothing left to fold."""
        ...

    def fold_state(self) -> FoldState:
        """The lease as it stands; holder is empty when nobody ever folded."""
        ...

    def close(self) -> None:
        """Let go of files; the next call opens them again."""
        ...


__all__ = [
    "ApiKey",
    "Changed",
    "Counts",
    "FoldState",
    "Folded",
    "Followed",
    "Link",
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
