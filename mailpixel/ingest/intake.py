"""Decides about a hit: its outcome, its destination, and the event to log.

It does no I/O: the caller answers the request and passes the event to the committer.
"""

from enum import StrEnum
from functools import lru_cache
from typing import Protocol

from msgspec import Struct
from msgspec.structs import replace

from mailpixel.claims import Claims, TokenKind
from mailpixel.errors import InvalidInput
from mailpixel.event_ids import EventIds
from mailpixel.ingest.agent_bounds import AgentBounds
from mailpixel.ingest.caps import DailyCaps
from mailpixel.ingest.held import Counted
from mailpixel.ingest.hit import Hit
from mailpixel.ingest.people_cache import PeopleCache
from mailpixel.ingest.registry_cache import RegistryCache
from mailpixel.kinds import EventKind
from mailpixel.links.carrying import Place, place_in
from mailpixel.links.click_id import ClickIds
from mailpixel.links.destination import check_destination
from mailpixel.links.passthrough import passed_on
from mailpixel.links.surfaces import ReplyKind
from mailpixel.links.token import Problem, TokenSigner
from mailpixel.model import Event, Facts
from mailpixel.modes import OFF, Mode, Modes
from mailpixel.privacy.minimise import Minimiser
from mailpixel.privacy.resolve import AGGREGATE, NOBODY, Resolver, Signals
from mailpixel.privacy.written import NOTHING, OPENS, Written, written
from mailpixel.store.log import Overflow
from mailpixel.times import DAY_MS
from mailpixel.traffic.facts import REFUSALS, facts_with

FORGED_CAP = 5
"""Most hits with a broken signature of one message, per day and process. More prove nothing new."""
FORGED_REMEMBERED = 10_000
"""Messages in each of two generations whose broken signatures are counted. It is small,
because anyone can name messages."""


class HitOutcome(StrEnum):
    """What ingest did with a hit. Metrics count hits by these."""

    LOGGED = "logged"
    """It was on disk before it was answered."""
    LATE = "late"
    """It was answered first because the store was slow or down. It is still queued."""
    FORGED = "forged"
    """A broken signature on the token of a real campaign. It is logged as evidence where its message
    has events, and never counted."""
    FORGED_OVERFLOW = "forged_overflow"
    """A broken signature past the cap of its message or of all messages: not logged."""
    OVERFLOW = "overflow"
    """Past the daily cap of its message: counted, not logged."""
    BAD_TOKEN = "bad_token"  # noqa: S105
    """Not a token of ours, or a token of another kind."""
    UNKNOWN_KEY = "unknown_key"
    """Signed with a key that is not in the key file: a removed key or another file's. Not a forgery."""
    UNKNOWN_LINK = "unknown_link"
    """A good token, but its link is not registered or its destination cannot be redirected to."""
    EXPIRED = "expired"
    """The campaign was sent longer ago than `retention_days`."""
    UNTRACKED = "untracked"
    """By the modes in force nothing about its recipient is logged: it is counted for the campaign, or not at all."""
    QUEUE_FULL = "queue_full"
    """The queue is full because the store was down too long."""


class Receipt(Struct, frozen=True, gc=False):
    """What follows from a hit.

    `destination` is where to redirect to, `event` goes to the log and `overflow` is counted. `evidence` is
    logged only where its message has events. `counted` is for the counts of a campaign.
    """

    outcome: HitOutcome
    destination: str | None = None
    event: Event | None = None
    overflow: Overflow | None = None
    evidence: Event | None = None
    counted: Counted | None = None


CARRIED = int(Facts.CARRIED)
BAD_TOKEN = Receipt(HitOutcome.BAD_TOKEN)
UNKNOWN_KEY = Receipt(HitOutcome.UNKNOWN_KEY)
UNKNOWN_LINK = Receipt(HitOutcome.UNKNOWN_LINK)
FORGED_OVERFLOW = Receipt(HitOutcome.FORGED_OVERFLOW)


class Named(Struct, frozen=True, gc=False):
    """What a hit's token names: a message, and for a click its link (None: the embedded destination)."""

    kind: EventKind
    claims: Claims
    link: int | None


class Knowledge(Protocol):
    """What deciding about a hit needs; see `LiveKnowledge`. Its properties may change from one hit to the next."""

    @property
    def signer(self) -> TokenSigner:
        """Verifies tokens."""

    @property
    def click_ids(self) -> ClickIds:
        """Signs click ids."""

    @property
    def registry(self) -> RegistryCache:
        """Campaigns, links and sites."""

    @property
    def people(self) -> PeopleCache:
        """What people agreed to."""

    @property
    def resolver(self) -> Resolver:
        """Which modes are in force."""

    @property
    def is_sure_of_people(self) -> bool:
        """Whether what people said was read of late."""


class Intake:
    """Decides about hits. Holds the caps and the event ids of this process, whose clock never runs backwards."""

    def __init__(
        self, live: Knowledge, message_cap: int, minimiser: Minimiser, agents: AgentBounds | None = None
    ) -> None:
        self._live = live
        self._agents = agents or AgentBounds(lambda: None)
        self.ids = EventIds()
        self._caps = DailyCaps(message_cap)
        self._forged_caps = DailyCaps(FORGED_CAP, FORGED_REMEMBERED)
        self._minimiser = minimiser

    def receive(self, hit: Hit) -> Receipt:
        """The receipt of one hit. It keeps no more of the address than the mode in force allows."""
        surface, token, number, damaged = hit.path
        accepted = surface.tokens if number is None else surface.numbered
        reading = self._live.signer.verify(token, accepted)
        claims = reading.claims
        unknown_key = reading.problem is Problem.UNKNOWN_KEY
        if claims is None or unknown_key:
            if surface.reply is ReplyKind.PIXEL:
                self._spend_as_usual(hit)
            return UNKNOWN_KEY if unknown_key else BAD_TOKEN
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

    def _spend_as_usual(self, hit: Hit) -> None:
        """Do what a hit on a good token costs, and keep nothing: the image comes no sooner for a bad token."""
        signer = self._live.signer
        claims = signer.verify(signer.stand_in, hit.path.surface.tokens).claims
        if claims is not None:
            self._in_force(Named(EventKind.OPEN, claims, None), hit)

    def _destination(self, named: Named, query: bytes) -> str | None:
        claims, link = named.claims, named.link
        url = claims.destination if link is None else self._live.registry.destination(claims.campaign, link)
        destination = None if url is None else location(url)
        if not query or destination is None:
            return destination
        names = self._live.registry.passthrough(claims.campaign)
        return passed_on(destination, query, names) if names else destination

    def _count(self, named: Named, destination: str | None, hit: Hit) -> Receipt:
        """A hit on a good token: log it, unless its mode forbids that, retention is over or the cap is reached."""
        claims, modes = named.claims, self._in_force(named, hit)
        keeps = written(named.kind, modes)
        if keeps is NOTHING:
            return Receipt(HitOutcome.UNTRACKED, destination)
        if self._live.registry.is_expired(claims.campaign, hit.now_ms):
            return Receipt(HitOutcome.EXPIRED, destination)
        if not keeps.event:
            return Receipt(HitOutcome.UNTRACKED, destination, counted=self._counted(named, hit, keeps))
        if not OPENS[modes.opens].event:
            hit = hit.but(Facts.OPENS_UNSEEN)
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
        place = self._place(claims.campaign, destination)
        if place is None:
            return Receipt(HitOutcome.LOGGED, destination, self._event(named, hit, keeps))
        event = self._event(named, hit, keeps, CARRIED)
        return Receipt(HitOutcome.LOGGED, place.with_id(self._live.click_ids.sign(event.id)), event)

    def _place(self, campaign: str, destination: str | None) -> Place | None:
        """Where a logged click of a campaign puts its click id in the destination; None where it carries none.

        A click that is not logged never comes here. It gets no id that names nothing either: who refused is to be
        given none at all, and can see that.
        """
        registry = self._live.registry
        if destination is None or not registry.carries(campaign):
            return None
        place = place_in(destination)
        return place if place is not None and registry.sites.takes_clicks(place.host) else None

    def _in_force(self, named: Named, hit: Hit) -> Modes:
        """The modes in force for a hit."""
        live, claims = self._live, named.claims
        if claims.kind is TokenKind.CAMPAIGN:
            return self._of_nobody(claims, hit)
        resolver = live.resolver
        signals = Signals(
            modes_said(claims),
            bool(hit.facts._value_ & resolver.refusals),
            claims.preview or claims.recipient in resolver.policy.seeds,
            live.is_sure_of_people,
        )
        consent = live.people.consent(claims.recipient)
        return resolver.in_force(live.registry.limits(claims.campaign), consent, signals)

    def _of_nobody(self, claims: Claims, hit: Hit) -> Modes:
        """Those for a hit on the token of a campaign. A preview is not counted."""
        if claims.preview:
            return OFF
        resolver = self._live.resolver
        signals = Signals(AGGREGATE, bool(hit.facts._value_ & resolver.refusals))
        return resolver.in_force(self._live.registry.limits(claims.campaign), NOBODY, signals)

    def _counted(self, named: Named, hit: Hit, keeps: Written) -> Counted | None:
        """What to count of a hit that is not logged; None for a campaign that is not registered."""
        claims, link = named.claims, named.link
        if not self._live.registry.knows(claims.campaign):
            return None
        received_at_ms, id = self.ids.next(hit.now_ms)
        seen = Event(
            id,
            named.kind,
            received_at_ms,
            hit.method,
            hit.address,
            hit.agent,
            facts_with(hit.facts._value_ & ~REFUSALS | Facts.OPENS_UNSEEN),
            claims.campaign,
            "",
            link,
            claims.destination if link is None else None,
        )
        return Counted(seen, claims.recipient if keeps.day else None)

    def _forgery(self, named: Named, hit: Hit) -> Receipt:
        """A broken signature on a known campaign: evidence that touches neither the message's cap nor its counts.

        The token's claims are not trusted, so its destination is not kept.
        """
        claims, registry = named.claims, self._live.registry
        if claims.kind is TokenKind.CAMPAIGN or not registry.knows(claims.campaign):
            return BAD_TOKEN
        keeps = written(named.kind, self._in_force(named, hit))
        if not keeps.event:
            return BAD_TOKEN
        if registry.is_expired(claims.campaign, hit.now_ms):
            return BAD_TOKEN
        if self._forged_caps.past(claims.campaign, claims.recipient, hit.now_ms // DAY_MS):
            return FORGED_OVERFLOW
        named = replace(named, claims=claims._replace(destination=None))
        return Receipt(HitOutcome.FORGED, evidence=self._event(named, hit.but(Facts.FORGED), keeps))

    def _event(self, named: Named, hit: Hit, keeps: Written, more_facts: int = 0) -> Event:
        claims, link = named.claims, named.link
        received_at_ms, id = self.ids.next(hit.now_ms)
        chosen = None if self._live.resolver.policy.legacy else keeps
        kept = self._minimiser.trace(hit.address, received_at_ms, claims.campaign, claims.recipient, chosen)
        return Event(
            id,
            named.kind,
            received_at_ms,
            hit.method,
            kept.address,
            hit.agent,
            facts_with(hit.facts._value_ & ~REFUSALS | kept.facts._value_ | more_facts),
            claims.campaign,
            claims.recipient,
            link,
            claims.destination if link is None else None,
            None,
            kept.tag,
            kept.former_tag,
            kept.network,
        )


def modes_said(claims: Claims) -> Modes | None:
    """The modes that a token was signed with; a click's token says nothing of opens, so it limits none."""
    modes = claims.modes
    if modes is None or claims.kind is not TokenKind.CLICK:
        return modes
    return modes._replace(opens=Mode.FULL)


@lru_cache(maxsize=16_384)
def location(url: str) -> str | None:
    """The Location header for a redirect to this destination; None when it cannot be redirected to."""
    try:
        return check_destination(url)
    except InvalidInput:
        return None
