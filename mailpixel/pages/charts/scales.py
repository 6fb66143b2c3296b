"""The ends and the ticks of axes."""

from collections.abc import Iterable
from math import ceil, log10

RATE_TOPS = (0.1, 0.2, 0.4, 0.6, 0.8, 1.0)
"""Where an axis of rates may end."""
RATE_STEPS = {0.1: 5, 0.2: 4, 0.4: 4, 0.6: 3, 0.8: 4, 1.0: 5}
"""The number of equal steps from 0 to each of them, all whole per cents."""


def rate_top(rates: Iterable[float | None]) -> float:
    """The least end of an axis that has room for all these rates. With none known, the least of all."""
    highest = max((rate for rate in rates if rate is not None), default=0.0)
    return next((top for top in RATE_TOPS if highest <= top), 1.0)


def rate_ticks(top: float) -> list[float]:
    """The ticks of an axis of rates, from 0 to its end."""
    steps = RATE_STEPS[top]
    return [top * step / steps for step in range(steps + 1)]


def count_ticks(most: int, steps: int = 4) -> list[int]:
    """The ticks of an axis of whole numbers, from 0 to the first that is not below `most`; at most `steps` + 1.

    Neighbours differ by 1, 2 or 5 times a power of ten.
    """
    step = _round_step(max(most, 1), steps)
    return list(range(0, step * ceil(max(most, 1) / step) + 1, step))


def _round_step(most: int, steps: int) -> int:
    power: int = 10 ** max(int(log10(most)) - 1, 0)
    while True:
        for leading in (1, 2, 5):
            if leading * power * steps >= most:
                return leading * power
        power *= 10


def tick_anchor(x: float) -> str:
    """How the words of a tick are placed: centred, but inside at the ends of the axis."""
    return "from" if x <= 0 else "until" if x >= 1 else "around"
