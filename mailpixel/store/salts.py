"""The salts of tags, one a UTC day, and their end.

A tag stands for a client's address only as long as its salt is known. One contract suite
(`tests/integration/test_salts_contract.py`) runs on every store.
"""

from collections.abc import Mapping, Sequence
from typing import Protocol

SALT_BYTES = 16
"""The length of a salt, in bytes."""


class Salts(Protocol):
    """Random salts by day (days since 1970), the same for all processes that use the store."""

    def salts(self, make: Sequence[int] = ()) -> Mapping[int, bytes]:
        """All salts that are kept, after making those of the days in `make` that there are none of.

        Raises `StoreUnavailable`.
        """
        ...

    def drop_salts(self, kept: range) -> bool:
        """Delete the salts of all days but these: of days that are over, and of those to come, from a wrong clock.

        Returns whether no file holds a copy of a deleted salt any more. If a reader prevents that, call it again.
        It does not wait for readers. Raises `StoreUnavailable`.
        """
        ...

    def salt_days(self) -> Sequence[int]:
        """The days whose salts a file may still hold, deleted ones included, in order."""
        ...
