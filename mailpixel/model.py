"""The types that cross stages: logged events, judged events, and campaigns.

Types made by the million are a `Struct` with `gc=False`: frozen, at a tenth of the
cost of a frozen dataclass, and never visited by the garbage collector. Such a type
must hold no mutable reference back to itself.

Times are aware UTC `datetime` where people set them, and integer milliseconds since 1970
(`*_ms`) where they are stored or compared.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntFlag, StrEnum

from msgspec import Struct

from mailpixel.kinds import EventKind, Reason
from mailpixel.modes import Modes
from mailpixel.times import to_ms


class Facts(IntFlag):
    """Yes-or-no facts of a request that the rules use; they are stored instead of the request's headers."""

    NONE = 0
    PREVIEW = 1 << 0
    """The sender minted the token for a preview."""
    FORGED = 1 << 1
    """The token names a message, but its signature is broken."""
    PREFETCH = 1 << 2
    """Sec-Purpose, Purpose, X-Purpose or X-Moz says prefetch, prerender or preview."""
    REFERER = 1 << 3
    NAVIGATE = 1 << 4
    """Sec-Fetch-Mode: navigate."""
    USER_ACTIVATED = 1 << 5
    """Sec-Fetch-User: ?1. A browser sends it when a person's gesture started the navigation."""
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
    """The public address is plain http. There browsers send no Sec-Fetch-* and no Sec-CH-UA."""
    UNSEEN = 1 << 15
    """The headers were not kept, as in an access log. A missing header proves nothing."""
    FRAMED = 1 << 16
    """Sec-Fetch-Dest: iframe, frame, embed or object. A page embedded the link."""
    OPENS_UNSEEN = 1 << 17
    """Opens of the message are not measured, so the lack of one proves nothing."""
    OWN_NETWORK = 1 << 18
    """From a network of the operator, by the settings at the moment of the hit."""
    CARRIED = 1 << 19
    """A redirect to a web site: it carried the id of this click on."""


class Verdict(StrEnum):
    """What an event was."""

    HUMAN = "human"
    PRIVACY_PREFETCH = "privacy_prefetch"
    """Apple Mail Privacy Protection fetches every image, whether or not the mail is read."""
    PREFETCH = "prefetch"
    SCANNER = "scanner"
    BOT = "bot"
    INTERNAL = "internal"
    """From the sender: a seed recipient, an operator network or a preview."""


class Via(StrEnum):
    """The mailbox proxy that fetched on someone's behalf."""

    # Stored by position: add new members at the end.
    GMAIL = "gmail"
    YAHOO = "yahoo"
    APPLE = "apple"
    MICROSOFT = "microsoft"
    SEZNAM = "seznam"


class Scope(StrEnum):
    """Which hits an entry applies to."""

    CLICKS = "clicks"
    """Machines follow links from there, but images may be fetched from there when a person looks."""
    ALL = "all"


class Certainty(StrEnum):
    """How much an entry proves."""

    CERTAIN = "certain"
    """Only machines use it: this alone decides."""
    PROBABLE = "probable"
    """People may sit behind it: one piece of evidence among others."""
    PEOPLE = "people"
    """People do sit behind it (a privacy relay): never evidence, and a shield against wider entries."""


@dataclass(frozen=True, slots=True)
class Network:
    """One entry: a prefix in CIDR notation, its owner, what it proves about which hits, and who published it when.

    `via` names the mailbox that fetches images from there when its reader looks.
    """

    prefix: str
    name: str
    scope: Scope = Scope.CLICKS
    certainty: Certainty = Certainty.PROBABLE
    source: str = ""
    date: str = ""
    via: Via | None = None


class Envelope(Struct, frozen=True, gc=False):
    """What the log keeps of every event, whatever its kind.

    `id` has 16 bytes, received_at (6), edge (4) and position (6), so ids are unique over machines and sorted
    by time. The other fields describe the HTTP request. `method` is empty where there was no request.
    `address` is the client's IP in canonical text, or empty where it is not kept.
    """

    id: bytes
    kind: EventKind
    received_at_ms: int
    method: str
    address: str
    agent: str
    facts: Facts


class Decision(Struct, frozen=True, gc=False):
    """What a hit was found to be, for a hit that no longer has what was needed to judge it.

    `client` is the number of its program and device, see `mailpixel.traffic.programs`.
    """

    verdict: Verdict
    rule: str
    via: Via | None = None
    dup: bool = False
    client: int = 0


class Event(Envelope, frozen=True, gc=False):
    """A logged hit, opt-out, report of the ESP (delivery, bounce, complaint) or event of a web site.

    It is never changed but for one thing.

    A click has the number of a registered `link` or an embedded `destination`. A judged click may have both:
    a destination that it carried can match a link registered later. Events of other kinds have neither.
    Bounces and complaints have a `reason`.

    Where exact addresses are not kept, a hit has a `tag` instead: eight bytes that stand for the client's address
    (the first four) and for its network (the others) within this message and UTC day. Soon after midnight it also
    has the `former_tag` of the day before. `network` is the published entry that the address belonged to at the
    moment of the hit. `address` is then empty or the first address of a /24 or /48.

    An event of a web site has a `body`: what happened, as JSON; see `mailpixel.site_model`. Its campaign and
    recipient name its visit or order. Events of messages have an empty body.

    The one change: 48 hours after the hit its details are dropped. Then the agent is empty, the facts of headers
    are gone, the tag is four bytes of the source alone, and the hit carries its decision in `decided`.
    """

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


class Message(Struct, frozen=True, gc=False):
    """One campaign to one recipient, with all its events in order of their ids."""

    campaign: str
    recipient: str
    events: Sequence[Event]


class Judged(Struct, frozen=True, gc=False):
    """An event with its verdict.

    `rule` names the rule that decided; it is `default` for a human that no rule rejected. `dup`
    is true for a repeat of an event that counted. `reasons` are short sentences for people that
    say what was considered and what was rejected.
    """

    event: Event
    verdict: Verdict
    rule: str
    via: Via | None = None
    dup: bool = False
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Link:
    """A numbered destination of a campaign. A `trap` is hidden from readers, so only machines follow it.

    `label` is what readers see of it, the text of the link or of its picture, at most 80 characters; empty where
    it is not known. Links of one destination that differ in number are its places in the mail.
    """

    number: int
    url: str
    trap: bool = False
    label: str = ""


@dataclass(frozen=True, slots=True)
class Campaign:
    """One mailing. `sent` is the number of messages sent and `sent_at` the time of sending; None until known.

    `base_url` overrides the public address of the service in minted URLs. `passthrough` names the
    query parameters that a tracked link passes on to its destination. An `archived` campaign is
    left out of lists but otherwise works as before. A `demonstration` was sent to nobody: its
    recipients, readers and machines are simulated. It is marked wherever it is shown. `mode` is the most that may
    be recorded of its recipients, set at `mode_since`; None leaves that to the installation. With `carry` its clicks
    are carried on to registered sites.
    """

    id: str
    name: str
    sent_at: datetime | None = None
    sent: int | None = None
    base_url: str | None = None
    links: tuple[Link, ...] = field(default=())
    passthrough: tuple[str, ...] = ()
    archived: bool = False
    demonstration: bool = False
    mode: Modes | None = None
    carry: bool = False
    mode_since: datetime | None = None
    traps: frozenset[int] = field(init=False, repr=False, compare=False)
    """The numbers of the hidden links."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "traps", frozenset(link.number for link in self.links if link.trap))

    @property
    def sent_at_ms(self) -> int | None:
        """`sent_at` in milliseconds since 1970: the queue clock of the campaign's messages. None until known."""
        return None if self.sent_at is None else to_ms(self.sent_at)
