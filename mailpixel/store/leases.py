"""What the registry can be asked about the lease of the fold.

One contract suite (`tests/integration/test_registry_contract.py`) runs on every registry.
"""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class FoldState:
    """The lease of the fold: who folds, until when, and when it last noted that nothing was left to fold (0:
    never). A fold that is idle lets its lease run out."""

    holder: str
    expires_at_ms: int
    caught_up_at_ms: int


class Leases(Protocol):
    """Who folds."""

    def take_lease(self, holder: str, now_ms: int, for_ms: int) -> bool:
        """Become or stay the one fold; False while another's lease runs. One that would run for more than twice
        `for_ms` was taken by a clock that was ahead: it is free."""
        ...

    def drop_lease(self, holder: str) -> None:
        """Let the next fold in at once."""
        ...

    def caught_up(self, holder: str, now_ms: int) -> None:
        """Note that at this moment there was nothing left to fold."""
        ...

    def fold_state(self) -> FoldState:
        """The lease as it stands; holder is empty when nobody ever folded."""
        ...
