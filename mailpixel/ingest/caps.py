"""How often each message was hit today, in bounded memory. It caps messages that are hammered."""

from collections.abc import Hashable

REMEMBERED = 50_000
"""Messages in each of two generations. A message keeps its count if 50,000 others at most came since.

They are known by the hash of their names: 11 MB for all. The hash is seeded in each process, so nobody can look for two
messages that share a count."""


class DailyCaps:
    """Counts hits by message and day. Past the cap a hit is only counted, in O(1).

    `remembered` bounds the memory: each of two generations holds this many messages.
    """

    def __init__(self, cap: int, remembered: int = REMEMBERED) -> None:
        self._cap = cap
        self._remembered = remembered
        self._day = 0
        self._young: dict[int, int] = {}
        self._old: dict[int, int] = {}

    def __len__(self) -> int:
        """The number of messages remembered."""
        return len(self._young) + len(self._old)

    def past(self, message: Hashable, day: int) -> int:
        """How many hits of the message are past its cap, including this one; 0 while it is below.

        Name a message always in the same way: there is one cap for each name.
        """
        if day != self._day:
            self._day, self._young, self._old = day, {}, {}
        key = hash(message)
        young = self._young
        hits = (young.get(key) or self._old.get(key, 0)) + 1
        young[key] = hits
        if len(young) > self._remembered:
            self._young, self._old = {}, young
        return hits - self._cap if hits > self._cap else 0
