"""The salts of tags in memory: read from the store ahead of time, so that a hit waits for nothing.

A process that cannot read a salt uses one of its own until it can. Its tags are then as good, but cannot be compared
with those of other processes, so a machine may be missed.
"""

from collections.abc import Callable
from secrets import token_bytes

from mailpixel.privacy.tags import Tags
from mailpixel.site.visitor import VisitorKeys
from mailpixel.store.salts import SALT_BYTES, Salts
from mailpixel.times import DAY_MS

KEPT_DAYS = 2
"""Salts are kept on the day that they are of, and on the next."""
AHEAD_MS = 600_000
"""How long before midnight (UTC) the salt of the next day is made."""
AGAIN_MS = 10_000
"""How often dropping salts is tried again while a reader of the database prevents it."""


def kept_days(today: int) -> range:
    """The days whose salts are kept on a day: the day before, itself, and the next, made shortly before it begins."""
    return range(today - KEPT_DAYS + 1, today + 2)


class OwnSalts:
    """Salts of this process alone, which are never written: for simulated hits, and for tests."""

    def __init__(self) -> None:
        self._own: dict[int, bytes] = {}
        self._made: dict[int, tuple[bytes, VisitorKeys, Tags]] = {}

    def salt(self, day: int) -> bytes:
        """The salt of a day (days since 1970)."""
        found = self._own.get(day)
        return found if found is not None else self._own.setdefault(day, token_bytes(SALT_BYTES))

    def former(self, day: int) -> bytes | None:
        """The salt of the day before."""
        return self.salt(day - 1)

    def visitors(self, day: int) -> VisitorKeys:
        """What makes the keys of the visitors of a day."""
        return self._made_of(day)[1]

    def tags(self, day: int) -> Tags:
        """What makes the tags of a day."""
        return self._made_of(day)[2]

    def _made_of(self, day: int) -> tuple[bytes, VisitorKeys, Tags]:
        """The salt of a day, and what is made of it."""
        salt, held = self.salt(day), self._made.get(day)
        if held is None or held[0] != salt:
            self._made[day] = held = salt, VisitorKeys(salt), Tags(salt)
        return held


class LiveSalts(OwnSalts):
    """The salts of a store as of the last look. `clock` gives milliseconds since 1970."""

    def __init__(self, store: Salts, clock: Callable[[], int]) -> None:
        super().__init__()
        self._store = store
        self._clock = clock
        self._known: dict[int, bytes] = {}
        self._clean_day = 0
        self._try_at_ms = 0

    def salt(self, day: int) -> bytes:
        """The salt of a day (days since 1970), of this process alone where the store's is not known."""
        return self._known.get(day) or super().salt(day)

    def former(self, day: int) -> bytes | None:
        """The salt of the day before, None where it is not known."""
        return self._known.get(day - 1) or self._own.get(day - 1)

    def look(self) -> None:
        """Make sure that the salts of today, and soon those of tomorrow, are known; drop those of the past.

        It reads the store when a day begins or is about to begin, and writes when a salt is to be made or dropped.
        Raises `StoreUnavailable`; what was known stays.
        """
        now_ms = self._clock()
        today = now_ms // DAY_MS
        wanted = {today, (now_ms + AHEAD_MS) // DAY_MS}
        if not wanted <= self._known.keys():
            found = self._store.salts(sorted(wanted))
            kept = kept_days(today)
            self._known = {day: salt for day, salt in found.items() if day in kept}
            self._own = {day: salt for day, salt in self._own.items() if day in kept}
            self._made = {day: made for day, made in self._made.items() if day in kept}
        tried_lately = 0 < self._try_at_ms - now_ms <= AGAIN_MS  # else the clock was set back since
        if self._clean_day != today and not tried_lately:
            self._try_at_ms = now_ms + AGAIN_MS
            if self._store.drop_salts(kept_days(today)):
                self._clean_day = today
