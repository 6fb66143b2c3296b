"""Salts in memory."""

from collections.abc import Mapping, Sequence
from secrets import token_bytes
from threading import RLock

from mailpixel.store.salts import SALT_BYTES


class MemorySalts:
    """`Salts` in memory. Any thread may call it."""

    def __init__(self) -> None:
        super().__init__()
        self._salts: dict[int, bytes] = {}
        self._making = RLock()

    def salts(self, make: Sequence[int] = ()) -> Mapping[int, bytes]:
        """See `Salts`."""
        with self._making:
            for day in make:
                self._salts.setdefault(day, token_bytes(SALT_BYTES))
            return dict(self._salts)

    def drop_salts(self, kept: range) -> bool:
        """See `Salts`; nothing is left in files."""
        with self._making:
            self._salts = {day: salt for day, salt in self._salts.items() if day in kept}
        return True

    def salt_days(self) -> Sequence[int]:
        """See `Salts`."""
        return sorted(self._salts)
