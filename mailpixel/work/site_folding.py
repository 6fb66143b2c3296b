"""The fold of web sites as a consumer at work, by the rules in force, which may change while it runs."""

import time
from collections.abc import Callable

from mailpixel.folder.operator_file import RulesInForce
from mailpixel.ingest.live import LivePart
from mailpixel.projections.site_fold import SiteFold, SiteFoldOptions, SiteRegistry, SiteStore
from mailpixel.store.consumers import Consumers
from mailpixel.store.projections import FOLD
from mailpixel.store.site_projections import SITE_FOLD
from mailpixel.work.consumer_at_work import Clock

PAUSE_S = 0.01
"""How long it waits at a time while messages wait for their fold."""
LONGEST_S = 1.0
"""How long it gives way after each part at most, so that it gets on however much mail comes in."""


class SiteFolding:
    """A `ConsumerAtWork` that folds web sites. `holder` names this process.

    While messages wait for their fold it gives way: a site of heavy traffic must not delay a campaign's figures.
    """

    name = SITE_FOLD

    def __init__(
        self,
        store: SiteStore,
        registry: SiteRegistry,
        in_force: RulesInForce,
        holder: str,
        note_every_ms: int,
    ) -> None:
        self._in_force = in_force
        self._rules = LivePart("rules of sites", in_force.look, time.monotonic)
        options = SiteFoldOptions(note_every_ms=note_every_ms, between=giving_way(store))
        self._fold = SiteFold(store, registry, lambda: in_force.now, holder, options)

    def catch_up(self, clock: Clock, lease_ms: int) -> int | None:
        """See `ConsumerAtWork`."""
        version = self._in_force.now.version
        self._rules.refresh()
        if self._in_force.now.version != version:
            self._fold.rules_changed()
        return self._fold.catch_up(clock, lease_ms)

    def leave(self) -> None:
        """See `ConsumerAtWork`."""
        self._fold.leave()


def giving_way(store: Consumers) -> Callable[[], None]:
    """Waits while messages wait for their fold, but not for long."""
    mail = store.consumer(FOLD)

    def give_way() -> None:
        end_s = time.monotonic() + LONGEST_S
        while mail.waiting().events and time.monotonic() < end_s:
            time.sleep(PAUSE_S)

    return give_way
