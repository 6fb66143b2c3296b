"""The fold as a consumer at work, by the rules in force, which may change while it runs."""

import time

from mailpixel.classify import judge
from mailpixel.folder.operator_file import RulesInForce
from mailpixel.ingest.live import LivePart
from mailpixel.model import Campaign, Judged, Message
from mailpixel.projections.fold import Fold, FoldOptions
from mailpixel.store.projections import FOLD
from mailpixel.store.registry import FoldRegistry
from mailpixel.store.store import Store
from mailpixel.work.consumer_at_work import Clock


class Folding:
    """A `ConsumerAtWork` that folds. `holder` names this process.

    An idle fold notes every `note_every_ms` that it is up to date.
    """

    name = FOLD

    def __init__(
        self, store: Store, registry: FoldRegistry, in_force: RulesInForce, holder: str, note_every_ms: int
    ) -> None:
        self._in_force = in_force
        self._rules = LivePart("rules", in_force.look, time.monotonic)
        options = FoldOptions(note_every_ms=note_every_ms, edition=lambda: in_force.now.version)
        self._fold = Fold(store, registry, self._judge, holder, options)

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

    def _judge(self, message: Message, campaign: Campaign) -> tuple[Judged, ...]:
        return judge(message, campaign, self._in_force.now)
