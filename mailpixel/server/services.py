"""What the handlers of the app work with, made once when it starts and carried by the lifespan state."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from mailpixel.classify import Rules
from mailpixel.ingest.committer import Committer
from mailpixel.ingest.live import LiveKnowledge
from mailpixel.server.metrics import Metrics
from mailpixel.server.refreshing import Refreshing
from mailpixel.server.threads import Threads
from mailpixel.settings import Settings
from mailpixel.store.registry import Registry
from mailpixel.store.store import Store
from mailpixel.times import moment_of


@dataclass(frozen=True, slots=True)
class Services:
    """Found in `request.state.services`. `clock` gives milliseconds since 1970."""

    settings: Settings
    store: Store
    registry: Registry
    live: LiveKnowledge
    refreshing: Refreshing
    committer: Committer
    metrics: Metrics
    threads: Threads
    clock: Callable[[], int]

    @property
    def now(self) -> datetime:
        """This moment, on the clock."""
        return moment_of(self.clock())

    @property
    def rules(self) -> Rules:
        """The rules of this moment: the operator's lists may change while the app runs."""
        return self.live.rules
