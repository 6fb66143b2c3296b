"""The fold: whole messages that have news are judged and saved.

Nothing here knows the time or the rules: the clock and the judge are passed in.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import islice

from mailpixel.errors import Conflict
from mailpixel.model import Message
from mailpixel.projections.campaigns import Campaigns
from mailpixel.projections.messages import Judge, fold_message, no_collecting
from mailpixel.projections.rebuild import Rebuild, rebuild
from mailpixel.store.protocol import Changed, MessageState, Registry, Store

NEWS = 200_000
"""Events whose messages are judged in one go: each message once, however often it was hit."""

PART = 5_000
"""Messages judged and saved at a time, so that others get the write lock in between."""


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
        the lease is taken for `lease_ms` and renewed with every part.
        """

        def renew() -> bool:
            return self._registry.take_lease(self._holder, clock(), lease_ms)

        judged = 0
        while True:
            now_ms = clock()
            if not renew():
                return None
            folded = self._fold_news(renew)
            if folded:
                judged += folded
            elif not self._refresh_stale(renew):
                # What was logged after `now_ms` may not have been seen.
                self._registry.caught_up(self._holder, now_ms)
                return judged

    def leave(self) -> None:
        """Let the next fold in at once."""
        self._registry.drop_lease(self._holder)

    def _fold_news(self, renew: Callable[[], object]) -> int:
        """Judge what has news; returns how many messages that were.

        It begins anew, with less, when a person was erased or a campaign replaced meanwhile: many small rebuilds in a
        row would never let it through.
        """
        limit = NEWS
        while True:
            changed = self._store.changed(self._store.cursor(), limit)
            if changed.cursor == changed.since:
                return 0
            try:
                return self._fold(changed, renew)
            except Conflict:
                limit = max(limit // 4, 1)

    def _fold(self, changed: Changed, renew: Callable[[], object]) -> int:
        """Judge and save a part at a time; the cursor moves with the last, so that a crash skips nothing."""
        known = Campaigns(self._registry)
        messages = iter(changed.messages)
        judged = 0
        while len(states := self._states(messages, known)) == PART:
            self._store.save(states, replace(changed, cursor=changed.since))
            judged += PART
            renew()
        self._store.save(states, changed)
        return judged + len(states)

    def _states(self, messages: Iterator[Message], known: Campaigns) -> list[MessageState]:
        with no_collecting():
            return [
                fold_message(message, self._judge(message, known[message.campaign]))
                for message in islice(messages, PART)
            ]

    def _refresh_stale(self, renew: Callable[[], object]) -> bool:
        """Judge campaigns again that changed; whether there were any."""
        stale = self._registry.stale()
        rebuild(self._store, self._registry, self._judge, stale, Rebuild(processes=1, between=renew))
        return bool(stale)
