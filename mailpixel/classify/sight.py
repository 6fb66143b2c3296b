"""An event as the rules see it while a message is judged."""

from dataclasses import dataclass

from mailpixel.classify.agents import Agent, AgentKind
from mailpixel.classify.networks import Network
from mailpixel.model import Event, Facts, Verdict, Via

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

_IMAGE_PROXIES = (AgentKind.MAIL_PROXY, AgentKind.PRIVACY_PREFETCH, AgentKind.GMAIL_PREFETCH)

Source = tuple[str, str]
"""Address and agent; the address is empty for image proxies, whose addresses change from one fetch to the
next.
"""


@dataclass(frozen=True, slots=True)
class Ruling:
    """What a rule says of an event."""

    rule: str
    verdict: Verdict
    via: Via | None = None


@dataclass(slots=True)
class Sight:
    """An event with everything the rules ask about it, and the ruling once there is one.

    `age_ms` is the time since the clock of the message started; None before that, or without a clock.
    `early_ms` is how long that clock allows an image to be fetched ahead. `bits` are the event's facts as a
    plain number.
    """

    event: Event
    click: bool
    at_ms: int
    bits: int
    agent: Agent
    age_ms: int | None
    early_ms: int
    clock: str = "delivery"
    """What started the clock, for people: delivery or sending."""
    network: Network | None = None
    ruling: Ruling | None = None
    soft: tuple[str, ...] = ()
    """Names of the soft rules that speak against the event, in their order."""
    lifted: bool = False
    """Whether evidence of a person outweighs what is soft."""
    distance_ms: int | None = None
    """How far the trap was sprung that took this event down."""
    span: tuple[int, int] | None = None
    """How many different links were followed in how many milliseconds, of the burst that took this event
    down.
    """

    @property
    def early(self) -> bool:
        """Whether the mailbox may have fetched it by itself, by time alone."""
        return self.age_ms is not None and self.age_ms <= self.early_ms

    @property
    def countable(self) -> bool:
        """Whether the event can count at all: a GET on a token that is valid and no preview."""
        return self.event.method == "GET" and not self.bits & (FORGED | PREVIEW)

    @property
    def source(self) -> Source:
        """Who asked."""
        event = self.event
        return ("", event.agent) if self.agent.kind in _IMAGE_PROXIES else (event.address, event.agent)

    @property
    def link(self) -> int | str | None:
        """The link that was followed: its number, or the embedded destination."""
        return self.event.destination if self.event.link is None else self.event.link
