"""Which envelopes change what a visitor agreed to: each change is an event of the visit, and no repetition is.

A process remembers the visitors of the day that it saw last. Another process, or one that has forgotten, logs the
state once more, which changes nothing.
"""

from mailpixel.site.consent import NONE_NEEDED
from mailpixel.site.outcomes import Reading
from mailpixel.site_model import Step

CONSENT = "consent"
REMEMBERED = 50_000
"""Visitors in each of two generations. They and their states are known by hashes: 9 MB for all."""
State = tuple[tuple[str, ...], str, str]
"""Purposes, source and version."""


class ConsentChanges:
    """The last state of each visitor of a day, in bounded memory."""

    def __init__(self, remembered: int = REMEMBERED) -> None:
        self._remembered = remembered
        self._day = 0
        self._young: dict[int, int] = {}
        self._old: dict[int, int] = {}

    def change(self, visitor: str, reading: Reading, now_ms: int, day: int) -> Step | None:
        """The step of a `CONSENT` event when an envelope brings another state than the one before, else None.

        Where a site need not ask, nobody decided anything, and there is none.
        """
        state, who = state_of(reading), hash(visitor)
        if state is None or hash(state) == self._last(who, day):
            return None
        self._young[who] = hash(state)
        if len(self._young) > self._remembered:
            self._young, self._old = {}, self._young
        purposes, source, version = state
        return reading.withdrawal or Step(
            CONSENT, "", now_ms, consent=purposes, source=source, version=version
        )

    def _last(self, visitor: int, day: int) -> int | None:
        if day != self._day:
            self._day, self._young, self._old = day, {}, {}
        return self._young.get(visitor, self._old.get(visitor))


def state_of(reading: Reading) -> State | None:
    """What a visitor decided, as an envelope says it; None where nobody decided anything."""
    if reading.withdrawal is not None:
        return (), reading.withdrawal.source, reading.withdrawal.version
    step = next((read.step for read in reading.events if read.step is not None), None)
    if step is None or step.source == NONE_NEEDED:
        return None
    return step.consent, step.source, step.version
