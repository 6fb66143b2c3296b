"""What the registry offers for leases: which process runs a consumer of the log, and whether it keeps up.

One contract suite (`tests/integration/test_registry_contract.py`) runs on every registry.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class LeaseState:
    """The lease of a consumer.

    It says who runs the consumer (empty: it never ran), until when, and when the consumer last noted that
    nothing was left to do (0: never). An idle consumer lets its lease run out.
    """

    holder: str = ""
    expires_at_ms: int = 0
    caught_up_at_ms: int = 0


class Leases(Protocol):
    """Who runs each consumer, by consumer name."""

    def take_lease(self, consumer: str, holder: str, now_ms: int, for_ms: int) -> bool:
        """Take or renew the lease of a consumer. Returns False while another holder's lease runs.

        A lease that would run for more than twice `for_ms` was taken by a clock that was ahead, and is free.
        """
        ...

    def drop_lease(self, consumer: str, holder: str) -> None:
        """Give up the lease, so that the next holder can start at once."""
        ...

    def forget_lease(self, consumer: str) -> None:
        """Forget a consumer that is no more."""
        ...

    def caught_up(self, consumer: str, holder: str, now_ms: int) -> None:
        """Note that nothing was left to do at this moment, if the holder still has the lease."""
        ...

    def lease(self, consumer: str) -> LeaseState:
        """The present lease of a consumer."""
        ...

    def leases(self) -> Mapping[str, LeaseState]:
        """The leases of all consumers that ever ran, by name and in order of name."""
        ...
