"""The fold: whole messages that have news are judged and saved.

Nothing here knows the time or the rules: the clock and the judge are passed in.
"""

from collections.abc import Callable

from mailpixel.errors import Conflict
from mailpixel.projections.campaigns import Campaigns
from mailpixel.projections.messages import Judge, fold_message, no_collecting
from mailpixel.projections.rebuild import Rebuild, rebuild
from mailpixel.store.protocol import Registry, Store

BATCH = 20_000
"""Events read at a time. A message is judged once a batch, however often it was hit."""


class Fold:
    """One fold of possibly several: it works while it holds the lease. `holder` names it, `judge` gives
    verdicts."""

    def __init__(self, store: Store, registry: Registry, judge: Judge, holder: str) -> None:
        self._store = store
        self._registry = registry
        self._judge = judge
        self._holder = holder

    def catch_up(self, clock: Callable[[], int], lease_ms: int) -> int | None:
        """Fold until there is no news and no stale campaign; returns how many messages were judged.

        None when another fold has the lease, or took it meanwhile. `clock` gives milliseconds since 1970;
        the lease is taken for `lease_ms` and renewed with every batch.
        """
        judged = 0
        while True:
            now_ms = clock()
            if not self._registry.take_lease(self._holder, now_ms, lease_ms):
                return None
            with no_collecting():
                batch = self._fold_batch()
            if batch:
                judged += batch
            elif not self._refresh_stale(clock, lease_ms):
                # What was logged after `now_ms` may not have been seen.
                self._registry.caught_up(self._holder, now_ms)
                return judged

    def leave(self) -> None:
        """Let the next fold in at once."""
        self._registry.drop_lease(self._holder)

    def _fold_batch(self) -> int:
        """Judge the next batch; returns how many messages it had. Read again when something came in
        between."""
        while True:
            changed = self._store.changed(self._store.cursor(), BATCH)
            if not changed.messages:
                return 0
            known = Campaigns(self._registry)
            states = [
                fold_message(message, self._judge(message, known[message.campaign]))
                for message in changed.messages
            ]
            try:
                self._store.save(states, changed)
            except Conflict:
                continue
            return len(states)

    def _refresh_stale(self, clock: Callable[[], int], lease_ms: int) -> bool:
        """Judge campaigns again that changed; whether there were any."""

        def renew() -> None:
            self._registry.take_lease(self._holder, clock(), lease_ms)

        stale = self._registry.stale()
        rebuild(self._store, self._registry, self._judge, stale, Rebuild(processes=1, between=renew))
        return bool(stale)
