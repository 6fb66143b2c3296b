"""Decides about what the pages of web sites send: what is logged of it, and what is only counted.

It does no I/O: the caller answers the request and passes the events to the committer.
"""

from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Protocol

from msgspec import Struct
from msgspec.structs import replace

from mailpixel.event_ids import EventIds
from mailpixel.ingest.agent_bounds import AgentBounds
from mailpixel.ingest.caps import DailyCaps
from mailpixel.ingest.consent_changes import ConsentChanges
from mailpixel.ingest.site_cache import SiteCache
from mailpixel.ingest.site_console import Console, SeenEnvelope, SeenEvent
from mailpixel.ingest.site_hit import SiteHit
from mailpixel.ingest.site_tally import FURTHEST_MS
from mailpixel.kinds import EventKind
from mailpixel.model import Event
from mailpixel.privacy.minimise import DaySalts, Minimiser, masked
from mailpixel.site.envelope import read_envelope
from mailpixel.site.gif import read_query
from mailpixel.site.outcomes import Outcome, Reading, Signals
from mailpixel.site_model import OrderClaim, Site, Step, body_of
from mailpixel.times import DAY_MS
from mailpixel.traffic.facts import GPC, REFUSALS, facts_with


class SiteOutcome(StrEnum):
    """What became of a request of a web site's page. Metrics count requests by these."""

    LOGGED = "logged"
    """It was on disk before it was answered."""
    LATE = "late"
    """It was answered first because the store was slow or down. It is still queued."""
    NOTHING = "nothing"
    """Its events are all refused, or there are none."""
    NO_CONSENT = "no_consent"
    WITHDRAWN = "withdrawn"
    """Consent was withdrawn: that is logged, and nothing else."""
    MALFORMED = "malformed"
    UNKNOWN_VERSION = "unknown_version"
    TOO_MANY = "too_many"
    TOO_LARGE = "too_large"
    UNKNOWN_SITE = "unknown_site"
    """No site has this key, or the site is archived."""
    OVERFLOW = "overflow"
    """All its events are past the daily cap of its visitor."""
    QUEUE_FULL = "queue_full"
    """The queue is full because the store was down too long."""
    SCRIPT = "script"
    PREFLIGHT = "preflight"
    WRONG_METHOD = "wrong_method"


class SiteReceipt(Struct, frozen=True, gc=False):
    """What follows from a request: its outcome, and the events to log, all of them or none."""

    outcome: SiteOutcome
    events: Sequence[Event] = ()


UNKNOWN_SITE = SiteReceipt(SiteOutcome.UNKNOWN_SITE)
_OUTCOMES = {outcome: SiteOutcome(outcome.value) for outcome in Outcome}


class SiteKnowledge(Protocol):
    """What deciding about a request of a page needs; see `LiveKnowledge`."""

    @property
    def sites(self) -> SiteCache:
        """The registered sites."""

    def read_click(self, text: str) -> bytes | None:
        """The event id of the click that a page carries on; None for a forged one."""


class SiteIntake:
    """Decides about requests of pages. Holds the caps and the event ids of this process.

    `visit_cap` is the most events of one visitor that are logged a day.
    """

    def __init__(
        self,
        live: SiteKnowledge,
        minimiser: Minimiser,
        salts: DaySalts,
        visit_cap: int,
        agents: AgentBounds | None = None,
    ) -> None:
        self._live = live
        self._minimiser = minimiser
        self._salts = salts
        self._caps = DailyCaps(visit_cap)
        self._agents = agents or AgentBounds(lambda: None)
        self._consents = ConsentChanges()
        self._ids = EventIds()
        self.console = Console()

    def site(self, key: str) -> Site | None:
        """The site of this key."""
        return self._live.sites.of_key(key)

    def receive(self, hit: SiteHit) -> SiteReceipt:
        """What becomes of one request. It keeps nothing of the address."""
        site = self._live.sites.of_key(hit.key)
        if site is None:
            return UNKNOWN_SITE
        reading = read_hit(hit, site, self._live.read_click)
        receipt = SiteReceipt(_OUTCOMES[reading.outcome])
        if reading.outcome in (Outcome.LOGGED, Outcome.WITHDRAWN):
            events = self._events(hit, site, reading)
            receipt = SiteReceipt(receipt.outcome if events else SiteOutcome.OVERFLOW, events)
        self.console.note(_seen(self.console.new_id(), hit, site, reading, receipt))
        return receipt

    def _events(self, hit: SiteHit, site: Site, reading: Reading) -> Sequence[Event]:
        """The events to log, with the change of consent first; none past the cap of the visitor."""
        moment, id = self._ids.next(hit.now_ms)
        day = moment // DAY_MS
        visits = site.visits
        visitor = self._salts.visitors(day).key(site.id, hit.address, hit.agent)
        trace = self._minimiser.network_alone(hit.address)
        agent = self._agents.kept(hit.agent, visits, visitor, day)
        facts = facts_with(hit.facts._value_ & ~REFUSALS | trace.facts._value_)
        events: list[Event] = []

        def add(kind: EventKind, campaign: str, recipient: str, said: Step | OrderClaim) -> None:
            nonlocal moment, id
            if events:  # the first has the id that was made first
                moment, id = self._ids.next(moment)
            events.append(
                Event(id, kind, moment, hit.method, "", agent, facts, campaign, recipient,
                      network=trace.network, body=body_of(said))
            )  # fmt: skip

        change = self._consents.change(visitor, reading, moment, day)
        if change is not None and not self._caps.past((visits, visitor), day):
            add(EventKind.CONSENT, visits, visitor, change)
        for read in reading.events:
            if read.step is not None and not self._caps.past((visits, visitor), day):
                add(EventKind.STEP, visits, visitor, read.step)
                if read.order is not None and hit.method != "HEAD":
                    claim = replace(read.order, visitor=visitor)
                    add(EventKind.PURCHASE, site.orders, read.order_id, claim)
        return events


def read_hit(hit: SiteHit, site: Site, read_click: Callable[[str], bytes | None]) -> Reading:
    """A request as the reader of envelopes judges it."""
    signals = Signals(hit.now_ms, hit.origin, bool(hit.facts._value_ & GPC), read_click)
    if hit.method == "POST":
        return read_envelope(hit.sent, site, signals)
    return read_query(hit.sent, site, signals)


def _seen(id: str, hit: SiteHit, site: Site, reading: Reading, receipt: SiteReceipt) -> SeenEnvelope:
    """What the console remembers of a request. The first event of a receipt is always of the visit."""
    return SeenEnvelope(
        hit.now_ms,
        site.id,
        hit.method,
        receipt.outcome.value,
        reading.problems,
        reading.consent,
        reading.source,
        masked(hit.address),
        hit.agent,
        [SeenEvent(read.name, read.logged, read.problems) for read in reading.events],
        id,
        receipt.events[0].recipient if receipt.events else "",
        None if reading.sent_ms is None else _bounded(hit.now_ms - reading.sent_ms),
        len(hit.sent),
    )


def _bounded(difference_ms: int) -> int:
    """A difference of clocks; one that no clock can have is cut."""
    return max(-FURTHEST_MS, min(difference_ms, FURTHEST_MS))
