"""Counts of signed recipients in memory."""

import threading
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from mailpixel.kinds import EventKind
from mailpixel.modes import Treatment, treatment_of
from mailpixel.store.signings import ERASED, Signed, recorded, signed_as


class MemorySignings:
    """`Signings` in memory. Any thread may call it. `campaigns` says which there are."""

    _campaigns: Mapping[str, object]

    def __init__(self) -> None:
        super().__init__()
        self._signings_lock = threading.Lock()
        self._signings: dict[tuple[str, str], Counter[str]] = {}

    def note_signings(
        self, campaign: str, run: str, numbers: Mapping[Treatment, int], *, replace: bool
    ) -> None:
        """See `Signings`."""
        with self._signings_lock:
            if campaign not in self._campaigns:
                return
            if replace:
                self._signings.pop((campaign, run), None)
            counts = self._signings.setdefault((campaign, run), Counter())
            counts.update({treatment.text: number for treatment, number in numbers.items()})

    def signings(self, campaign: str) -> Sequence[Signed]:
        """See `Signings`."""
        with self._signings_lock:
            return [
                Signed(run, treatment_of(text), number)
                for (of, run), counts in sorted(self._signings.items())
                for text, number in sorted(counts.items())
                if of == campaign and number
            ]

    def signings_of_all(self) -> Mapping[Treatment, int]:
        """See `Signings`."""
        with self._signings_lock:
            counts = sum(self._signings.values(), Counter[str]())
            return {treatment_of(text): number for text, number in counts.items() if number > 0}

    def move_to_erased(self, campaign: str, events: Iterable[tuple[EventKind, int]]) -> None:
        """Count the recipient of a message with these events with those who were erased."""
        found = signed_as(self.signings(campaign), recorded(events))
        if found is not None:
            with self._signings_lock:
                self._signings[campaign, found.run].update({found.treatment.text: -1, ERASED.text: 1})

    def _forget_signings(self, campaign: str) -> None:
        for key in [key for key in self._signings if key[0] == campaign]:
            del self._signings[key]
