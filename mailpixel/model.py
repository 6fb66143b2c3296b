"""The types that cross stages: what was logged, what was judged, and campaigns.

What is made by the million is a `Struct` with `gc=False`: truly frozen, a tenth of the cost of a frozen dataclass, and
nothing that the garbage collector would walk through. Such a type holds no mutable reference back to itself.
Times are aware UTC `datetime` where people set them and integer milliseconds since 1970 (`*_ms`)
where they are stored or compared.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntFlag, StrEnum

from msgspec import Struct

from mailpixel.kinds import EventKind
from mailpixel.times import to_ms


class Facts(IntFlag):
    """Yes-or-no facts of a request that the rules ask for, kept instead of its headers."""

    NONE = 0
    PREVIEW = 1 << 0
    """The token was minted for a preview by the sender."""
    FORGED = 1 << 1
    """The token names a message, but its signature is broken."""
    PREFETCH = 1 << 2
    """Sec-Purpose, Purpose, X-Purpose or X-Moz says prefetch, prerender or preview."""
    REFERER = 1 << 3
    NAVIGATE = 1 << 4
    """Sec-Fetch-Mode: navigate."""
    USER_ACTIVATED = 1 << 5
    """Sec-Fetch-User: ?1, sent by a browser when a person's gesture started the navigation."""
    SEC_FETCH = 1 << 6
    """Any Sec-Fetch-* header."""
    CLIENT_HINTS = 1 << 7
    """Sec-CH-UA."""
    ACCEPT = 1 << 8
    ACCEPT_LANGUAGE = 1 << 9
    ACCEPT_ENCODING = 1 << 10
    ACCEPT_HTML = 1 << 11
    """Accept names text/html."""
    ACCEPT_IMAGE = 1 << 12
    """Accept names image/."""
    UPGRADE_INSECURE = 1 << 13
    """Upgrade-Insecure-Requests: 1."""
    PLAIN_HTTP = 1 << 14
    """The public address is plain http, where browsers hold back Sec-Fetch-* and Sec-CH-UA."""
    UNSEEN = 1 << 15
    """The headers were not kept, as in an access log: a missing one proves nothing."""
    FRAMED = 1 << 16
    """Sec-Fetch-Dest: iframe, frame, embed or object: a page loaded it into itself."""


class Verdict(StrEnum):
    """What an event was."""

    HUMAN = "human"
    PRIVACY_PREFETCH = "privacy_prefetch"
    """Apple Mail Privacy Protection: fetched whether or not anyone looked."""
    PREFETCH = "prefetch"
    SCANNER = "scanner"
    BOT = "bot"
    INTERNAL = "internal"
    """The sender's own: seed recipient, operator network, preview."""


class Via(StrEnum):
    """The mailbox proxy that fetched on someone's behalf. Stored by place: new ones go to the end."""

    GMAIL = "gmail"
    YAHOO = "yahoo"
    APPLE = "apple"
    MICROSOFT = "microsoft"
    SEZNAM = "seznam"


class Envelope(Struct, frozen=True, gc=False):
    """What the log keeps of every event, whatever the event says.

    `id` is 16 bytes: received_at (6), edge (4), position (6): unique over machines, sorted by time. The rest shows the
    HTTP request: its `method` (empty where there was none), the client's IP in canonical text (empty where it is not
    kept), the user agent and the facts.
    """

    id: bytes
    kind: EventKind
    received_at_ms: int
    method: str
    address: str
    agent: str
    facts: Facts


class Event(Envelope, frozen=True, gc=False):
    """A logged hit, delivery or opt-out of mail; never changed.

    A click has the number of a registered `link` or an embedded `destination`; once judged it may have both: it carried
    what is a link of the campaign by now. No other kind has either.
    """

    campaign: str
    recipient: str
    link: int | None = None
    destination: str | None = None


class Message(Struct, frozen=True, gc=False):
    """One campaign to one recipient, with all its events in order of their ids."""

    campaign: str
    recipient: str
    events: Sequence[Event]


class Judged(Struct, frozen=True, gc=False):
    """An event with its verdict.

    `rule` names what decided (`default` for a human no rule spoke against); `dup` is true for a repeat of an
    event that counted; `reasons` are short sentences for people: what was considered, and what was rejected.
    """

    event: Event
    verdict: Verdict
    rule: str
    via: Via | None = None
    dup: bool = False
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Link:
    """A numbered destination of a campaign. A `trap` is hidden from readers, so only a machine follows it."""

    number: int
    url: str
    trap: bool = False


@dataclass(frozen=True, slots=True)
class Campaign:
    """One mailing. `sent` is how many messages went out, `sent_at` when; both None until known.

    `base_url` overrides the public address of the service in minted URLs. `passthrough` are names of query parameters
    that a tracked link passes through to its destination. `archived` leaves it out of lists, and out of nothing else.
    """

    id: str
    name: str
    sent_at: datetime | None = None
    sent: int | None = None
    base_url: str | None = None
    links: tuple[Link, ...] = field(default=())
    passthrough: tuple[str, ...] = ()
    archived: bool = False

    @property
    def sent_at_ms(self) -> int | None:
        """The queue clock of the campaign's messages."""
        return None if self.sent_at is None else to_ms(self.sent_at)
