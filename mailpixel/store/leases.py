"""What the registry can be asked about leases: which process runs a consumer of the log, and whether it keeps up.

One contract suite (`tests/integration/test_registry_contract.py`) runs on every registry.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class LeaseState:
    """The lease of a consumer: who runs it (empty: nobody ever did), until when, and when the consumer last noted that
    nothing was left to do (0: never). One that is idle lets its lease run out."""

    holder: str = ""
    expires_at_ms: int = 0
    caught_up_at_ms: int = 0


class Leases(Protocol):
    """Who runs each consumer, by its name."""

    def take_lease(self, consumer: str, holder: str, now_ms: int, for_ms: int) -> bool:
        """Become or stay the one who runs a consumer; False while another's lease runs. One that would run for more
        than twice `for_ms` was taken by a clock that was ahead: it is free."""
        ...

    def drop_lease(self, consumer: str, holder: str) -> None:
        """Let the next holder in at once."""
        ...

    def caught_up(self, consumer: str, holder: str, now_ms: int) -> None:
        """Note that at this moment there was nothing left to do, if the lease is still the holder's."""
        ...

    def lease(self, consumer: str) -> LeaseState:
        """The lease as it stands."""
        ...

    def leases(self) -> Mapping[str, LeaseState]:
        """The leases of all consumers that ever ran, by name and in order of it."""
        ...
