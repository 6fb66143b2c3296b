"""The lease of a consumer, held with few writes: taken when there is work, renewed at half time."""

from mailpixel.store.leases import Leases

LEASE_MS = 5_000
"""How long a holder may be silent before another takes its place."""


class Stop(Exception):
    """Ends the work here, between two steps. A clock raises it, for example when time is up."""


class LeaseLost(Stop):
    """Another process has the lease, or took it meanwhile."""


class Lease:
    """One holder's right to run a consumer, and its note that nothing is left to do.

    An idle holder lets its lease run out and writes its last note again every `note_every_ms`.
    """

    def __init__(self, leases: Leases, consumer: str, holder: str, note_every_ms: int) -> None:
        self._leases = leases
        self._consumer = consumer
        self._holder = holder
        self._note_every_ms = note_every_ms
        self._until_ms = 0
        self._noted_ms: int | None = None

    def hold(self, now_ms: int, for_ms: int) -> None:
        """Take or renew the lease. Raises `LeaseLost`.

        A clock that was set back is noticed: the lease is taken again at once.
        """
        if for_ms // 2 < self._until_ms - now_ms <= for_ms:
            return
        if not self._leases.take_lease(self._consumer, self._holder, now_ms, for_ms):
            self._until_ms = 0
            raise LeaseLost
        self._until_ms = now_ms + for_ms

    def note_caught_up(self, now_ms: int, for_ms: int) -> None:
        """Note that nothing was left to do at this moment, unless that was noted shortly before.

        Raises `LeaseLost`.
        """
        if self._noted_ms is not None and 0 <= now_ms - self._noted_ms < self._note_every_ms:
            return
        self.hold(now_ms, for_ms)
        self._leases.caught_up(self._consumer, self._holder, now_ms)
        self._noted_ms = now_ms

    def drop(self) -> None:
        """Give up the lease, so that the next holder can start at once."""
        self._until_ms = 0
        self._leases.drop_lease(self._consumer, self._holder)
