"""Retention as a consumer at work: once a day, in small transactions, each followed by a pause of its own length."""

import time
from collections.abc import Callable, Iterator, Sequence

from mailpixel.privacy.retained import Period
from mailpixel.privacy.retaining import Retaining
from mailpixel.projections.lag import RETENTION
from mailpixel.projections.lease import Lease, LeaseLost
from mailpixel.store.leases import Leases
from mailpixel.work.consumer_at_work import Clock

LOOK_MS = 60_000
"""How often it looks whether something is due."""
TURN_MS = 5_000
"""How long one call works."""
PAUSE_S = 0.02
"""The least pause after a transaction."""

Sleep = Callable[[float], None]


class RetentionAtWork:
    """A `ConsumerAtWork` that removes what is past its time. `periods` are those of this moment."""

    name = RETENTION

    def __init__(
        self,
        retaining: Retaining,
        leases: Leases,
        periods: Callable[[], Sequence[Period]],
        holder: str,
        sleep: Sleep = time.sleep,
    ) -> None:
        self._retaining = retaining
        self._leases = leases
        self._periods = periods
        self._lease = Lease(leases, RETENTION, holder, 0)
        self._sleep = sleep
        self._looked_ms: int | None = None
        self._rounds: Iterator[int] | None = None

    def catch_up(self, clock: Clock, lease_ms: int) -> int | None:
        """See `ConsumerAtWork`. Returns how many rows were removed."""
        now_ms = clock()
        if self._rounds is None and not self._begin(now_ms):
            return 0
        try:
            return self._work(clock, lease_ms)
        except LeaseLost:
            self._rounds = None
            return None
        except BaseException:
            self._rounds = None
            raise

    def leave(self) -> None:
        """See `ConsumerAtWork`."""
        self._lease.drop()

    def _begin(self, now_ms: int) -> bool:
        """Look what is due, now and then. Returns whether something is."""
        if self._looked_ms is not None and 0 <= now_ms - self._looked_ms < LOOK_MS:
            return False
        self._looked_ms = now_ms
        due = self._retaining.due(self._periods(), now_ms)
        self._rounds = self._retaining.rounds(due, now_ms) if due else None
        return bool(due)

    def _work(self, clock: Clock, lease_ms: int) -> int:
        removed, end_ms = 0, clock() + TURN_MS
        while self._rounds is not None and (now_ms := clock()) <= end_ms:
            self._lease.hold(now_ms, lease_ms)
            rows = step(self._rounds, self._sleep)
            if rows is None:
                self._rounds = None
                self._lease.drop()
                self._leases.forget_lease(RETENTION)
            removed += rows or 0
        return removed


def step(rounds: Iterator[int], sleep: Sleep) -> int | None:
    """One transaction, and a pause as long as it took. Returns the rows that it removed; None: nothing was left."""
    began_s = time.monotonic()
    rows = next(rounds, None)
    if rows is not None:
        sleep(max(time.monotonic() - began_s, PAUSE_S))
    return rows
