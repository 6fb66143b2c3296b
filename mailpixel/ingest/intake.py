"""Decides about a hit: its outcome, its destination, and the event to log.

It does no I/O: the caller answers the request and passes the event to the committer.
"""

from enum import StrEnum
from functools import lru_cache

from msgspec import Struct
from msgspec.structs import replace

from mailpixel.errors import InvalidInput
from mailpixel.event_ids import EventIds
from mailpixel.ingest.agent_bounds import AgentBounds
from mailpixel.ingest.caps import DailyCaps
from mailpixel.ingest.cases import OF_NOBODY, OPENS_UNSEEN, Cases, Decided, Named, decide
from mailpixel.ingest.held import Counted
from mailpixel.ingest.hit import Hit
from mailpixel.ingest.knowledge import Knowledge
from mailpixel.ingest.registry_cache import KnownCampaign
from mailpixel.kinds import EventKind
from mailpixel.links.carrying import Place, place_in
from mailpixel.links.destination import check_destination
from mailpixel.links.passthrough import passed_on
from mailpixel.links.surfaces import ReplyKind
from mailpixel.links.token import Problem
from mailpixel.model import Event, Facts
from mailpixel.privacy.minimise import Minimiser
from mailpixel.privacy.written import NOTHING, Written
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


CARRIED, FORGED = int(Facts.CARRIED), int(Facts.FORGED)
BAD_TOKEN = Receipt(HitOutcome.BAD_TOKEN)
UNKNOWN_KEY = Receipt(HitOutcome.UNKNOWN_KEY)
UNKNOWN_LINK = Receipt(HitOutcome.UNKNOWN_LINK)
FORGED_OVERFLOW = Receipt(HitOutcome.FORGED_OVERFLOW)


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
        self._spent_ids, self._spent_caps = EventIds(), DailyCaps(1, 1)
        self._minimiser = minimiser
        self._case = Cases(live).case

    def receive(self, hit: Hit) -> Receipt:
        """The receipt of one hit. It keeps no more of the address than the mode in force allows."""
        path = hit.path
        surface, number = path.surface, path.link
        accepted = surface.tokens if number is None else surface.numbered
        parts, problem = self._live.signer.read(path.token, accepted)
        if parts is None or problem is Problem.UNKNOWN_KEY:
            if surface.reply is ReplyKind.PIXEL:
                self._spend_as_usual(hit)
            return UNKNOWN_KEY if problem is Problem.UNKNOWN_KEY else BAD_TOKEN
        case = self._case(surface.event, parts.opening)
        named = Named(case, parts, parts.link if number is None else number)
        if path.damaged or problem is not None:
            forged = path.damaged or problem is Problem.BAD_SIGNATURE
            return self._forgery(named, hit) if forged else BAD_TOKEN
        destination = None
        if case.kind is EventKind.CLICK:
            destination = _destination(named, hit.query)
            if destination is None:
                return UNKNOWN_LINK
        return self._count(named, destination, hit)

    def _spend_as_usual(self, hit: Hit) -> None:
        """Do what a hit on a good token costs, and keep nothing: the image comes no sooner for a bad token."""
        signer = self._live.signer
        parts, _ = signer.read(signer.stand_in, hit.path.surface.tokens)
        if parts is not None:
            named = Named(self._case(EventKind.OPEN, parts.opening), parts, None)
            self._spend(named, hit, self._decided(named, hit).keeps)

    def _spend(self, named: Named, hit: Hit, keeps: Written) -> None:
        """Do what logging a hit costs, and keep nothing of it: the time of an answer does not tell."""
        self._spent_caps.past(b"", hit.now_ms // DAY_MS)
        self._event(named, hit, keeps, 0, self._spent_ids)

    def _count(self, named: Named, destination: str | None, hit: Hit) -> Receipt:
        """A hit on a good token: log it, unless its mode forbids that, retention is over or the cap is reached."""
        case, parts, decided = named.case, named.parts, self._decided(named, hit)
        keeps, facts = decided.keeps, decided.facts
        expired = hit.now_ms > case.known.expires_at_ms
        if keeps is NOTHING or expired:
            self._spend(named, hit, keeps)
            return Receipt(HitOutcome.UNTRACKED if keeps is NOTHING else HitOutcome.EXPIRED, destination)
        if not keeps.event:
            return Receipt(HitOutcome.UNTRACKED, destination, counted=self._counted(named, hit, keeps))
        day, campaign = hit.now_ms // DAY_MS, case.opening.campaign
        past = self._caps.past(parts.message, day)
        if past:
            overflow = Overflow(campaign, parts.recipient, day, self.ids.edge, past)
            return Receipt(HitOutcome.OVERFLOW, destination, overflow=overflow)
        agent = self._agents.kept(hit.agent, campaign, parts.recipient, day)
        if agent is not hit.agent:
            hit = replace(hit, agent=agent)
        place = self._place(case.known, destination)
        if place is None:
            return Receipt(HitOutcome.LOGGED, destination, self._event(named, hit, keeps, facts))
        event = self._event(named, hit, keeps, facts | CARRIED)
        return Receipt(HitOutcome.LOGGED, place.with_id(self._live.click_ids.sign(event.id)), event)

    def _place(self, known: KnownCampaign, destination: str | None) -> Place | None:
        """Where a logged click of a campaign puts its click id in the destination; None where it carries none.

        A click that is not logged never comes here. It gets no id that names nothing either: who refused is to be
        given none at all, and can see that.
        """
        if destination is None or not known.carries:
            return None
        place = place_in(destination)
        return place if place is not None and self._live.registry.sites.takes_clicks(place.host) else None

    def _decided(self, named: Named, hit: Hit) -> Decided:
        """What the modes in force for a hit say of it."""
        case, recipient, live = named.case, named.parts.recipient, self._live
        resolver = case.resolver
        of_person = live.people.state(recipient) if recipient else OF_NOBODY
        refuses = hit.facts._value_ & resolver.refusals != 0
        key = (
            of_person << 3 | refuses << 2 | (recipient in resolver.policy.seeds) << 1 | live.is_sure_of_people
        )
        decided = case.decided.get(key)
        if decided is None:
            decided = case.decided[key] = decide(case, key)
        return decided

    def _counted(self, named: Named, hit: Hit, keeps: Written) -> Counted | None:
        """What to count of a hit that is not logged; None for a campaign that is not registered."""
        case, link = named.case, named.link
        if not case.known.is_registered:
            return None
        received_at_ms, id = self.ids.next(hit.now_ms)
        seen = Event(
            id,
            case.kind,
            received_at_ms,
            hit.method,
            hit.address,
            hit.agent,
            facts_with(hit.facts._value_ & ~REFUSALS | OPENS_UNSEEN),
            case.opening.campaign,
            "",
            link,
            named.parts.destination if link is None else None,
        )
        return Counted(seen, named.parts.recipient if keeps.day else None)

    def _forgery(self, named: Named, hit: Hit) -> Receipt:
        """A broken signature on a known campaign: evidence that touches neither the message's cap nor its counts.

        The token's claims are not trusted, so its destination is not kept.
        """
        known, parts = named.case.known, named.parts
        keeps = self._decided(named, hit).keeps
        is_of_nobody = not parts.recipient or not known.is_registered
        if is_of_nobody or not keeps.event or hit.now_ms > known.expires_at_ms:
            self._spend(named, hit, keeps)
            return BAD_TOKEN
        if self._forged_caps.past(parts.message, hit.now_ms // DAY_MS):
            self._spend(named, hit, keeps)
            return FORGED_OVERFLOW
        named = replace(named, parts=parts._replace(destination=None))
        return Receipt(HitOutcome.FORGED, evidence=self._event(named, hit, keeps, FORGED))

    def _event(
        self, named: Named, hit: Hit, keeps: Written, more_facts: int, ids: EventIds | None = None
    ) -> Event:
        case, parts, link = named.case, named.parts, named.link
        campaign, recipient = case.opening.campaign, parts.recipient
        received_at_ms, id = (ids or self.ids).next(hit.now_ms)
        chosen = None if case.resolver.policy.legacy else keeps
        kept = self._minimiser.trace(hit.address, received_at_ms, campaign, recipient, chosen)
        return Event(
            id,
            case.kind,
            received_at_ms,
            hit.method,
            kept.address,
            hit.agent,
            facts_with(hit.facts._value_ & ~REFUSALS | kept.facts._value_ | more_facts),
            campaign,
            recipient,
            link,
            parts.destination if link is None else None,
            None,
            kept.tag,
            kept.former_tag,
            kept.network,
        )


def _destination(named: Named, query: bytes) -> str | None:
    """Where a click leads; None where its link is not registered or cannot be redirected to."""
    link, known = named.link, named.case.known
    url = named.parts.destination if link is None else known.destinations.get(link)
    destination = None if url is None else location(url)
    if not query or destination is None or not known.passthrough:
        return destination
    return passed_on(destination, query, known.passthrough)


@lru_cache(maxsize=16_384)
def location(url: str) -> str | None:
    """The Location header for a redirect to this destination; None when it cannot be redirected to."""
    try:
        return check_destination(url)
    except InvalidInput:
        return None
