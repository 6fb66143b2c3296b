"""What the registry offers for webhooks: receivers of events, how posting to them goes, and what they refused.

One contract suite (`tests/integration/test_webhooks_contract.py`) runs on every registry.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

CONSUMER_PREFIX = "webhook "
"""The consumer of a webhook is called by this and its name."""


class WebhookState(StrEnum):
    """Whether a webhook posts."""

    RUNNING = "running"
    STOPPED = "stopped"


class PostOutcome(StrEnum):
    """What came of one post."""

    ACCEPTED = "accepted"
    """2xx."""
    REFUSED = "refused"
    """An answer that says this event is not wanted as it is: 3xx, and 4xx but for the following."""
    UNAVAILABLE = "unavailable"
    """5xx, 408, 425 or 429: not now."""
    UNREACHABLE = "unreachable"
    """No answer: no connection, an invalid certificate, or too late."""
    FORBIDDEN = "forbidden"
    """Nothing was sent, because the receiver's name leads to an address that webhooks may not reach."""
    GONE = "gone"
    """410: never again."""


@dataclass(frozen=True, slots=True)
class Webhook:
    """A receiver of events.

    `events` are types such as `opened`, `campaigns` are ids (empty: all). `verdicts` is `human` or `all`. A
    post holds up to `batch` events. `insecure` allows http. The secrets are sealed; the old one signs, too,
    until `old_until_ms`. `start_at` is the position in the log to begin at, until the consumer took it
    up. `revision` is set by the registry and rises with each change. `stopped_because` is empty while it runs.
    """

    name: str
    url: str
    events: tuple[str, ...]
    created_at_ms: int
    secret: bytes = field(repr=False, default=b"")
    verdicts: str = "human"
    campaigns: tuple[str, ...] = ()
    batch: int = 1
    insecure: bool = False
    old_secret: bytes | None = field(repr=False, default=None)
    old_until_ms: int | None = None
    state: WebhookState = WebhookState.RUNNING
    stopped_because: str = ""
    start_at: str | None = None
    revision: int = 0

    @property
    def consumer(self) -> str:
        """The name of its consumer, under which its lease and position are kept."""
        return CONSUMER_PREFIX + self.name


def starts_anew(former: Webhook, changed: Webhook) -> bool:
    """Whether past failures no longer count: the webhook was started again, or posts to another URL."""
    started = former.state is WebhookState.STOPPED and changed.state is WebhookState.RUNNING
    return started or former.url != changed.url


@dataclass(frozen=True, slots=True)
class Posting:
    """How posting to a webhook goes.

    `failures` counts the windows in a row that failed as a whole since `failing_since_ms`; the next try is at
    `retry_at_ms`. `last_status` is the last HTTP status (None: no answer), which took `last_took_ms`.
    `posts` counts posts by outcome.
    """

    failures: int = 0
    failing_since_ms: int | None = None
    retry_at_ms: int | None = None
    last_outcome: PostOutcome | None = None
    last_status: int | None = None
    last_took_ms: int | None = None
    last_at_ms: int | None = None
    posts: Mapping[PostOutcome, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Letter:
    """An event that a receiver refused while it took others: tried again at `next_at_ms`, until it is `dead`."""

    webhook: str
    event_id: bytes
    campaign: str
    recipient: str
    attempts: int
    next_at_ms: int
    last_status: int | None = None
    dead: bool = False


@dataclass(frozen=True, slots=True)
class LetterCount:
    """How many letters of a webhook wait for another try, and how many are dead."""

    waiting: int = 0
    dead: int = 0


class Webhooks(Protocol):
    """The receivers, by name."""

    def webhooks(self) -> Sequence[Webhook]:
        """All webhooks in order of name."""
        ...

    def webhook(self, name: str) -> Webhook:
        """One webhook. Raises `NotFound`."""
        ...

    def add_webhook(self, webhook: Webhook) -> None:
        """Add a webhook. Raises `Conflict` when the name is in use."""
        ...

    def change_webhook(self, name: str, change: Callable[[Webhook], Webhook]) -> Webhook:
        """Replace a webhook by what `change` makes of it. Its name, `created_at_ms` and `revision` stay ours.

        A webhook that becomes running or gets another URL starts without failures. Raises `NotFound`,
        and any error of `change`.
        """
        ...

    def remove_webhook(self, name: str) -> None:
        """Remove a webhook with its letters, counts and lease. Raises `NotFound`."""
        ...

    def forget_start(self, webhook: Webhook) -> bool:
        """Forget `start_at`; the revision stays. Returns False when the webhook changed since it was read."""
        ...


class Postings(Protocol):
    """How posting goes, by webhook."""

    def posting(self, name: str) -> Posting:
        """How posting to a webhook goes; the empty one before the first post."""
        ...

    def note_posting(self, name: str, posting: Posting) -> None:
        """Replace this note, and add its `posts` to the counts. It may be lost in a power cut.

        Nothing is written for a webhook that does not exist.
        """
        ...


class Letters(Protocol):
    """The events that receivers refused. Their content stays in the log."""

    def letters(self, name: str, after: bytes = b"", limit: int = 1_000) -> Sequence[Letter]:
        """Letters of a webhook in order of event id, after this one."""
        ...

    def due_letters(self, name: str, now_ms: int, limit: int) -> Sequence[Letter]:
        """The letters that are to be tried now, the longest waiting first."""
        ...

    def count_letters(self, name: str) -> LetterCount:
        """How many letters a webhook has."""
        ...

    def put_letters(self, letters: Sequence[Letter]) -> None:
        """Write letters, replacing those of the same webhook and event."""
        ...

    def drop_letters(self, name: str, event_ids: Sequence[bytes]) -> None:
        """Delete letters."""
        ...

    def retry_letters(self, name: str, event_id: bytes | None, now_ms: int) -> int:
        """Try a letter again now (None: all), as if it were new. Returns how many there are."""
        ...

    def letters_about(self, recipient: str) -> Sequence[Letter]:
        """Every letter about a person, in order of webhook and event id."""
        ...


class WebhookRegistry(Webhooks, Postings, Letters, Protocol):
    """Everything that is kept of webhooks."""
