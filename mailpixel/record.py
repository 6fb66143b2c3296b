"""`@record(frozen=True, slots=True)`: a dataclass for what is made by the million.

Frozen to the type checker, which reads every line of ours, and plain at run time, where freezing makes each one three
times as dear (eleven fields: 1.9 us against 0.6). Everything else is a frozen `dataclass`.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dataclasses import dataclass as record
else:

    def record(*, frozen, slots):
        """See above; equal and hashed by value like a frozen dataclass."""
        return dataclass(slots=slots, unsafe_hash=frozen)


__all__ = ["record"]
