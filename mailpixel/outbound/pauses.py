"""How long to wait after failures. Pure."""

from dataclasses import dataclass

FIRST_MS = 1_000
LONGEST_MS = 300_000
SPREAD = 0.2
HOUR_MS = 3_600_000
GIVE_UP_MS = 5 * 24 * HOUR_MS
"""A receiver that failed for this long is no longer tried."""


@dataclass(frozen=True, slots=True)
class Pauses:
    """The waits of a webhook, in milliseconds: `letters` before each further try of a refused event.

    A receiver that is down is tried again after `first_ms`, then twice as long each time, up to `longest_ms`.
    """

    first_ms: int = FIRST_MS
    longest_ms: int = LONGEST_MS
    give_up_ms: int = GIVE_UP_MS
    letters_ms: tuple[int, ...] = (30_000, 120_000, 360_000, 900_000, 2_400_000)

    @property
    def most_attempts(self) -> int:
        """How often an event is tried before it is dead."""
        return len(self.letters_ms) + 1

    def after_failure(self, failures: int, chance: float, retry_after_ms: int | None = None) -> int:
        """The pause after this number of failures in a row. `chance`, 0 to 1, spreads it by a fifth."""
        pause_ms: int = min(self.first_ms << min(failures - 1, 30), self.longest_ms)
        spread_ms = round(pause_ms * (1 + SPREAD * (2 * chance - 1)))
        return max(spread_ms, min(retry_after_ms or 0, HOUR_MS))
