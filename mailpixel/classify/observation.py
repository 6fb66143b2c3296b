"""An event as the rules see it while a message is judged."""

from dataclasses import dataclass

from msgspec import Struct

from mailpixel.classify.origins import PLAIN, Origin, Origins, Source
from mailpixel.kinds import EventKind
from mailpixel.model import Event, Facts, Network, Verdict, Via
from mailpixel.traffic.agents import Agent, AgentKind, read_agent
from mailpixel.traffic.facts import is_countable

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
OWN_NETWORK = int(Facts.OWN_NETWORK)
OPENS_UNSEEN = int(Facts.OPENS_UNSEEN)
GESTURE = NAVIGATE | USER_ACTIVATED
"""The facts that a browser shows when a person's gesture started the navigation."""

_IMAGE_PROXIES = (AgentKind.MAIL_PROXY, AgentKind.PRIVACY_PREFETCH, AgentKind.GMAIL_PREFETCH)

DeliveryClock = tuple[int | None, int, str]
"""The start of a message's clock (None: no clock), how long afterwards a mailbox may fetch an image
ahead, and what started the clock."""

NO_CLOCK: DeliveryClock = (None, 0, "")


@dataclass(frozen=True, slots=True)
class Ruling:
    """The decision of a rule about an event."""

    rule: str
    verdict: Verdict
    via: Via | None = None


class Observation(Struct, gc=False):
    """An event with everything that the rules use, and the ruling once there is one.

    `bits` are the event's facts as a plain number. `origin` is what is kept of the address, also of image
    proxies. `link` is the number of the followed link, or the embedded destination. `countable` says whether the
    event can count at all: a GET on a valid token that is not a preview. `age_ms` is the time since delivery, or
    since sending while the message was not delivered yet; None before both. `early_ms` is how long that clock
    allows an image to be fetched ahead. `in_transit` says that the hit came after sending and before the delivery.
    """

    event: Event
    click: bool
    at_ms: int
    bits: int
    agent: Agent
    origin: Origin
    source: Source
    origins: Origins
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
    """Names of the soft rules with evidence against the event, in their order."""
    lifted: bool = False
    """Whether evidence of a person outweighs soft evidence."""
    distance_ms: int | None = None
    """The distance in milliseconds to the trap hit that decided this event."""
    span: tuple[int, int] | None = None
    """Different links, and milliseconds, of the burst that decided this event."""

    @property
    def gesture(self) -> bool:
        """Whether the browser reports that a person's gesture followed the link."""
        return self.click and self.bits & GESTURE == GESTURE

    @property
    def early(self) -> bool:
        """Whether, by time alone, the mailbox may have fetched it by itself."""
        return self.age_ms is not None and self.age_ms <= self.early_ms


def sight_of(
    event: Event,
    clock: DeliveryClock = NO_CLOCK,
    before: DeliveryClock = NO_CLOCK,
    origins: Origins = PLAIN,
) -> Observation:
    """An open or click on the clock of its message, or on the clock `before` while that has not started.

    A hit before both has no age.
    """
    start_ms, early_ms, name = clock
    at_ms = event.received_at_ms
    in_transit = start_ms is not None and at_ms < start_ms
    if in_transit:
        start_ms, early_ms, name = before
    bits = event.facts._value_
    agent = read_agent(event.agent)
    origin = event.address if not event.tag else origins.of(event)
    source = "" if agent.kind in _IMAGE_PROXIES else origin, event.agent
    if origins is not PLAIN:
        source = origins.source(source[0], event)
    return Observation(
        event,
        event.kind is EventKind.CLICK,
        at_ms,
        bits,
        agent,
        origin,
        source,
        origins,
        event.destination if event.link is None else event.link,
        is_countable(event.method, bits),
        None if start_ms is None or at_ms < start_ms else at_ms - start_ms,
        early_ms,
        name,
        in_transit,
    )
