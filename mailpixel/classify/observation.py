"""An event as the rules see it while a message is judged."""

from dataclasses import dataclass

from msgspec import Struct

from mailpixel.kinds import EventKind
from mailpixel.model import Event, Facts, Verdict, Via
from mailpixel.traffic.agents import Agent, AgentKind, read_agent
from mailpixel.traffic.facts import is_countable
from mailpixel.traffic.networks import Network

PREVIEW = int(Facts.PREVIEW)
FORGED = int(Facts.FORGED)
PREFETCH = int(Facts.PREFETCH)
REFERER = int(Facts.REFERER)
NAVIGATE = int(Facts.NAVIGATE)
USER_ACTIVATED = int(Facts.USER_ACTIVATED)
CLIENT_HINTS = int(Facts.CLIENT_HINTS)
UPGRADE_INSECURE = int(Facts.UPGRADE_INSECURE)
PLAIN_HTTP = int(Facts.PLAIN_HTTP)
UNSEEN = int(Facts.UNSEEN)
FRAMED = int(Facts.FRAMED)
GESTURE = NAVIGATE | USER_ACTIVATED
"""What a browser shows when a person's own gesture started the navigation."""

_IMAGE_PROXIES = (AgentKind.MAIL_PROXY, AgentKind.PRIVACY_PREFETCH, AgentKind.GMAIL_PREFETCH)

Source = tuple[str, str]
"""Address and agent; the address is empty for image proxies, whose addresses change from one fetch to the next."""

DeliveryClock = tuple[int | None, int, str]
"""When the clock of a message started (None: no clock), how long an image may be fetched ahead on it, and what
started it."""

NO_CLOCK: DeliveryClock = (None, 0, "")


@dataclass(frozen=True, slots=True)
class Ruling:
    """What a rule says of an event."""

    rule: str
    verdict: Verdict
    via: Via | None = None


class Observation(Struct, gc=False):
    """An event with everything the rules ask about it, and the ruling once there is one.

    `bits` are the event's facts as a plain number; `link` is the number of the link that was followed, or the embedded
    destination; `countable` says whether the event can count at all: a GET on a token that is valid and no preview.
    `age_ms` is the time since delivery, or since sending while the message was not delivered yet; None before both.
    `early_ms` is how long that clock allows an image to be fetched ahead. `in_transit` says that the hit came after
    sending and before the delivery.
    """

    event: Event
    click: bool
    at_ms: int
    bits: int
    agent: Agent
    source: Source
    link: int | str | None
    countable: bool
    age_ms: int | None
    early_ms: int
    clock: str
    """What started the clock, for people: delivery or sending."""
    in_transit: bool
    network: Network | None = None
    ruling: Ruling | None = None
    soft: tuple[str, ...] = ()
    """Names of the soft rules that speak against the event, in their order."""
    lifted: bool = False
    """Whether evidence of a person outweighs what is soft."""
    distance_ms: int | None = None
    """How far the trap was sprung that took this event down."""
    span: tuple[int, int] | None = None
    """How many different links were followed in how many milliseconds, of the burst that took this event down."""

    @property
    def gesture(self) -> bool:
        """Whether the browser reports that a person's own gesture followed the link."""
        return self.click and self.bits & GESTURE == GESTURE

    @property
    def early(self) -> bool:
        """Whether the mailbox may have fetched it by itself, by time alone."""
        return self.age_ms is not None and self.age_ms <= self.early_ms


def sight_of(event: Event, clock: DeliveryClock = NO_CLOCK, before: DeliveryClock = NO_CLOCK) -> Observation:
    """An open or click on the clock of its message, or on the one `before` while that has not started; what came
    before both has no age.
    """
    start_ms, early_ms, name = clock
    at_ms = event.received_at_ms
    in_transit = start_ms is not None and at_ms < start_ms
    if in_transit:
        start_ms, early_ms, name = before
    bits = event.facts._value_
    agent = read_agent(event.agent)
    return Observation(
        event,
        event.kind is EventKind.CLICK,
        at_ms,
        bits,
        agent,
        ("" if agent.kind in _IMAGE_PROXIES else event.address, event.agent),
        event.destination if event.link is None else event.link,
        is_countable(event.method, bits),
        None if start_ms is None or at_ms < start_ms else at_ms - start_ms,
        early_ms,
        name,
        in_transit,
    )
