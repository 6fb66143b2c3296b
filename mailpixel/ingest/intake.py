"""What becomes of a hit: its outcome, where it leads, and the event to log.

Pure of I/O: the caller answers the request and hands the event to the committer.
"""

from enum import StrEnum
from functools import lru_cache
from typing import Protocol

from msgspec import Struct
from msgspec.structs import replace

from mailpixel.claims import Claims
from mailpixel.errors import InvalidInput
from mailpixel.event_ids import EventIds
from mailpixel.ingest.agent_bounds import AgentBounds
from mailpixel.ingest.caps import DailyCaps
from mailpixel.ingest.hit import Hit
from mailpixel.ingest.registry_cache import RegistryCache
from mailpixel.kinds import EventKind
from mailpixel.links.destination import check_destination
from mailpixel.links.passthrough import passed_on
from mailpixel.links.token import Problem, TokenSigner
from mailpixel.model import Event, Facts
from mailpixel.privacy.minimise import minimise
from mailpixel.store.log import Overflow
from mailpixel.times import DAY_MS

FORGED_CAP = 5
"""Hits with a broken signature taken of one message in one day and process: more prove nothing new."""
FORGED_REMEMBERED = 10_000
"""Messages whose broken signatures are counted, in each of two generations: anybody can name messages, so the memory
for them is small."""


class HitOutcome(StrEnum):
    """What ingest did with a hit."""

    LOGGED = "logged"
    """On disk before it was answered."""
    LATE = "late"
    """Answered first because the store was slow or down; still queued."""
    FORGED = "forged"
    """A broken signature on the token of a real campaign: evidence, logged where its message has events, and counted
    as nothing."""
    FORGED_OVERFLOW = "forged_overflow"
    """A broken signature past what is taken of them, of one message or altogether: not logged."""
    OVERFLOW = "overflow"
    """Past the cap of its message and day: counted, not logged."""
    BAD_TOKEN = "bad_token"  # noqa: S105
    """No token of ours, or one of another kind."""
    UNKNOWN_KEY = "unknown_key"
    """A token of a key that the key file does not hold: a removed one, or one of another file. Not a forgery."""
    UNKNOWN_LINK = "unknown_link"
    """A good token for a link that is not registered, or whose destination is not good for a redirect."""
    EXPIRED = "expired"
    """The campaign was sent longer ago than hits are counted."""
    OPTED_OUT = "opted_out"
    """The recipient asked not to be tracked."""
    QUEUE_FULL = "queue_full"
    """The store has been down until the queue was full."""


class Receipt(Struct, frozen=True, gc=False):
    """What becomes of a hit: `destination` to redirect to, `event` to log, `overflow` to count or `evidence`, which is
    logged where its message has events."""

    outcome: HitOutcome
    destination: str | None = None
    event: Event | None = None
    overflow: Overflow | None = None
    evidence: Event | None = None


BAD_TOKEN = Receipt(HitOutcome.BAD_TOKEN)
UNKNOWN_KEY = Receipt(HitOutcome.UNKNOWN_KEY)
UNKNOWN_LINK = Receipt(HitOutcome.UNKNOWN_LINK)
FORGED_OVERFLOW = Receipt(HitOutcome.FORGED_OVERFLOW)


class Named(Struct, frozen=True, gc=False):
    """What the token of a hit names: a message, and of a click its link (None: the embedded one)."""

    kind: EventKind
    claims: Claims
    link: int | None


class Knowledge(Protocol):
    """What deciding about a hit takes: see `LiveKnowledge`. The signer may be another one with every hit."""

    @property
    def signer(self) -> TokenSigner:
        """Verifies tokens."""

    @property
    def registry(self) -> RegistryCache:
        """Knows campaigns, links and opt-outs."""


class Intake:
    """Decides about hits; holds the caps and the ids of this process, whose clock never runs backwards."""

    def __init__(
        self, live: Knowledge, message_cap: int, keep_address: str, agents: AgentBounds | None = None
    ) -> None:
        self._live = live
        self._agents = agents or AgentBounds(lambda: None)
        self.ids = EventIds()
        self._caps = DailyCaps(message_cap)
        self._forged_caps = DailyCaps(FORGED_CAP, FORGED_REMEMBERED)
        self._keep_address = keep_address

    def receive(self, hit: Hit) -> Receipt:
        """The receipt of one hit. No more of its address is kept than the settings allow."""
        surface, token, number, damaged = hit.path
        accepted = surface.tokens if number is None else surface.numbered
        reading = self._live.signer.verify(token, accepted)
        claims = reading.claims
        if reading.problem is Problem.UNKNOWN_KEY:
            return UNKNOWN_KEY
        if claims is None:
            return BAD_TOKEN
        named = Named(surface.event, claims, claims.link if number is None else number)
        if damaged or reading.problem is not None:
            forged = damaged or reading.problem is Problem.BAD_SIGNATURE
            return self._forgery(named, hit) if forged else BAD_TOKEN
        destination = None
        if surface.event is EventKind.CLICK:
            destination = self._destination(named, hit.query)
            if destination is None:
                return UNKNOWN_LINK
        return self._count(named, destination, hit)

    def _destination(self, named: Named, query: bytes) -> str | None:
        claims, link = named.claims, named.link
        url = claims.destination if link is None else self._live.registry.destination(claims.campaign, link)
        destination = None if url is None else location(url)
        if not query or destination is None:
            return destination
        names = self._live.registry.passthrough(claims.campaign)
        return passed_on(destination, query, names) if names else destination

    def _count(self, named: Named, destination: str | None, hit: Hit) -> Receipt:
        """A hit on a good token: log it, unless it may not or need not be."""
        claims, registry = named.claims, self._live.registry
        if registry.opted_out(claims.recipient):
            return Receipt(HitOutcome.OPTED_OUT, destination)
        if registry.is_expired(claims.campaign, hit.now_ms):
            return Receipt(HitOutcome.EXPIRED, destination)
        day = hit.now_ms // DAY_MS
        past = self._caps.past(claims.campaign, claims.recipient, day)
        if past:
            overflow = Overflow(claims.campaign, claims.recipient, day, self.ids.edge, past)
            return Receipt(HitOutcome.OVERFLOW, destination, overflow=overflow)
        if claims.preview:
            hit = hit.but(Facts.PREVIEW)
        agent = self._agents.kept(hit.agent, claims.campaign, claims.recipient, day)
        if agent is not hit.agent:
            hit = replace(hit, agent=agent)
        return Receipt(HitOutcome.LOGGED, destination, self._event(named, hit))

    def _forgery(self, named: Named, hit: Hit) -> Receipt:
        """A broken signature on a campaign of ours: evidence that touches neither the message's cap nor its counts.

        What the token claims is not believed, so no destination is kept of it.
        """
        claims, registry = named.claims, self._live.registry
        if not registry.knows(claims.campaign) or registry.opted_out(claims.recipient):
            return BAD_TOKEN
        if registry.is_expired(claims.campaign, hit.now_ms):
            return BAD_TOKEN
        if self._forged_caps.past(claims.campaign, claims.recipient, hit.now_ms // DAY_MS):
            return FORGED_OVERFLOW
        named = replace(named, claims=claims._replace(destination=None))
        return Receipt(HitOutcome.FORGED, evidence=self._event(named, hit.but(Facts.FORGED)))

    def _event(self, named: Named, hit: Hit) -> Event:
        claims, link = named.claims, named.link
        received_at_ms, id = self.ids.next(hit.now_ms)
        return Event(
            id,
            named.kind,
            received_at_ms,
            hit.method,
            minimise(hit.address, self._keep_address),
            hit.agent,
            hit.facts,
            claims.campaign,
            claims.recipient,
            link,
            claims.destination if link is None else None,
        )


@lru_cache(maxsize=16_384)
def location(url: str) -> str | None:
    """The Location that a destination is redirected with, or None when it is not good for one."""
    try:
        return check_destination(url)
    except InvalidInput:
        return None
