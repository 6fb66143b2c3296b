"""The lease of a consumer, held with few writes: taken when there is work, renewed when half of it is over."""

from mailpixel.store.leases import Leases

LEASE_MS = 5_000
"""How long a holder may be silent before another takes its place."""


class Stop(Exception):
    """The work ends here, between two steps: a clock raises it when time is up, say."""


class LeaseLost(Stop):
    """Another process has the lease, or took it meanwhile."""


class Lease:
    """The right of one holder to run a consumer, and its word that nothing is left to do.

    An idle holder writes nothing: its lease runs out, and what it last noted is repeated every `note_every_ms`.
    """

    def __init__(self, leases: Leases, consumer: str, holder: str, note_every_ms: int) -> None:
        self._leases = leases
        self._consumer = consumer
        self._holder = holder
        self._note_every_ms = note_every_ms
        self._until_ms = 0
        self._noted_ms: int | None = None

    def hold(self, now_ms: int, for_ms: int) -> None:
        """Become or stay the one who runs it. Raises `LeaseLost`. A clock that was set back is noticed: the lease is
        taken again at once."""
        if for_ms // 2 < self._until_ms - now_ms <= for_ms:
            return
        if not self._leases.take_lease(self._consumer, self._holder, now_ms, for_ms):
            self._until_ms = 0
            raise LeaseLost
        self._until_ms = now_ms + for_ms

    def note_caught_up(self, now_ms: int, for_ms: int) -> None:
        """Note that nothing was left to do at this moment, unless that was noted shortly before. Raises
        `LeaseLost`."""
        if self._noted_ms is not None and 0 <= now_ms - self._noted_ms < self._note_every_ms:
            return
        self.hold(now_ms, for_ms)
        self._leases.caught_up(self._consumer, self._holder, now_ms)
        self._noted_ms = now_ms

    def drop(self) -> None:
        """Let the next holder in at once."""
        self._until_ms = 0
        self._leases.drop_lease(self._consumer, self._holder)
