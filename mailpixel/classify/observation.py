"""An event as the rules see it while a message is judged."""

from msgspec import Struct

from mailpixel.classify.appearance import Appearance, Ruling
from mailpixel.classify.origins import Origin, Origins, Source
from mailpixel.model import Event, Facts, Network
from mailpixel.traffic.agents import Agent

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


class Observation(Struct, gc=False):
    """An event with everything that the rules use, and the ruling once there is one.

    `shows` is what it shows by itself; `click`, `bits` and `countable` are of that. `origin` is what is kept of the
    address, also of image proxies. `link` is the number of the followed link, or the embedded destination. `age_ms`
    is the time since delivery, or since sending while the message was not delivered yet; None before both.
    `early_ms` is how long that clock allows an image to be fetched ahead. `in_transit` says that the hit came after
    sending and before the delivery.
    """

    event: Event
    shows: Appearance
    click: bool
    at_ms: int
    bits: int
    countable: bool
    origin: Origin
    source: Source
    origins: Origins
    link: int | str | None
    age_ms: int | None
    early_ms: int
    clock: str
    """What started the clock, for people: delivery or sending."""
    in_transit: bool
    ruling: Ruling | None = None
    network: Network | None = None
    soft: tuple[str, ...] = ()
    """Names of the soft rules with evidence against the event, in their order."""
    distance_ms: int | None = None
    """The distance in milliseconds to the trap hit that decided this event."""
    span: tuple[int, int] | None = None
    """Different links, and milliseconds, of the burst that decided this event."""

    @property
    def agent(self) -> Agent:
        """The agent as read."""
        return self.shows.agent

    @property
    def gesture(self) -> bool:
        """Whether the browser reports that a person's gesture followed the link."""
        return self.shows.gesture

    @property
    def early(self) -> bool:
        """Whether, by time alone, the mailbox may have fetched it by itself."""
        return self.age_ms is not None and self.age_ms <= self.early_ms
