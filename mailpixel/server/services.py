"""What the app's handlers work with. It is made once at the start and carried by the lifespan state."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime

from mailpixel.classify import Rules
from mailpixel.errors import StoreUnavailable
from mailpixel.ingest.committer import Committer
from mailpixel.ingest.live import LiveKnowledge
from mailpixel.ingest.site_intake import SiteIntake
from mailpixel.ingest.sns_certificates import Certificates
from mailpixel.model import Campaign
from mailpixel.privacy.minimise import Minimiser
from mailpixel.report.reporting import Reporting
from mailpixel.report.summary import Summary
from mailpixel.report.timeline import Timeline, TimelineWindow
from mailpixel.server.inbound_notes import InboundNotes
from mailpixel.server.live.hub import Hub
from mailpixel.server.metrics import Metrics
from mailpixel.server.refreshing import Refreshing
from mailpixel.server.signing import Signing
from mailpixel.server.threads import Threads
from mailpixel.server.wrong_keys import WrongKeys
from mailpixel.settings import Settings
from mailpixel.spool.expanding import Spool
from mailpixel.store.projections import Figures
from mailpixel.store.registry import Registry
from mailpixel.store.store import Store
from mailpixel.times import moment_of

LATEST_WITHIN_S = 2.0
"""How long a request waits for hits that it can do without."""


def reporting_of(registry: Registry, live: LiveKnowledge) -> Reporting:
    """What makes reports, by the rules and modes in force now."""
    return Reporting(registry, live.resolver.policy, live.rules)


@dataclass(frozen=True, slots=True)
class Services:
    """The services of one process, found in `request.state.services`. `clock` gives milliseconds since 1970."""

    settings: Settings
    store: Store
    spool: Spool
    registry: Registry
    live: LiveKnowledge
    refreshing: Refreshing
    committer: Committer
    metrics: Metrics
    threads: Threads
    hub: Hub
    signing: Signing
    minimiser: Minimiser
    site_intake: SiteIntake
    clock: Callable[[], int]
    wrong_keys: WrongKeys
    wrong_api_keys: WrongKeys
    inbound_notes: InboundNotes
    certificates: Certificates = field(default_factory=Certificates)

    def settled(self) -> Store:
        """The store, once every hit that was answered up to now is in its log. For whoever reads the log.

        Raises `StoreUnavailable`.
        """
        if not self.spool.settle():
            raise StoreUnavailable(
                "hits that were answered are not in the log yet; see that `mailpixel work` runs, and try again"
            )
        return self.store

    def latest(self) -> Store:
        """The store, with the hits that were answered last where the log takes them in time. For who shows one case.

        While another program holds the database, the log can be read all the same; readiness tells what waits.
        """
        with suppress(StoreUnavailable):
            self.spool.settle(LATEST_WITHIN_S)
        return self.store

    def figures(self, campaign: str) -> Figures:
        """The counters of a campaign now."""
        return self.store.figures(campaign, self.clock(), self.settings.settle_ms)

    def summary(self, campaign: Campaign) -> Summary:
        """The summary of a campaign now, by the rules in force."""
        return self.reporting.summary(campaign, self.figures(campaign.id))

    def timeline(self, campaign: Campaign, asked: TimelineWindow) -> Timeline:
        """The timeline of a campaign. Raises `InvalidInput` for a bad bucket, time zone or window."""
        return self.reporting.timeline(self.store, campaign, self.figures(campaign.id), asked)

    @property
    def reporting(self) -> Reporting:
        """What makes reports, by the rules and modes in force."""
        return reporting_of(self.registry, self.live)

    @property
    def now(self) -> datetime:
        """The present moment, aware UTC, by `clock`."""
        return moment_of(self.clock())

    @property
    def rules(self) -> Rules:
        """The rules in force now. They may change while the app runs, with the operator's lists."""
        return self.live.rules
