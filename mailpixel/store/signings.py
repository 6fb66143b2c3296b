"""How many recipients of a campaign were signed for, and how. Signing leaves no other trace in the database."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from mailpixel.modes import Treatment

RUN_CHARS = 100
"""The longest name of a run."""


@dataclass(frozen=True, slots=True)
class Signed:
    """Recipients who were signed for alike in one run."""

    run: str
    treatment: Treatment
    number: int


class Signings(Protocol):
    """Counts of signed recipients by campaign and run."""

    def note_signings(
        self, campaign: str, run: str, numbers: Mapping[Treatment, int], *, replace: bool
    ) -> None:
        """Add to the counts of a run, or `replace` them all. A campaign that is not registered is left out."""
        ...

    def signings(self, campaign: str) -> Sequence[Signed]:
        """The counts of a campaign, by run and treatment."""
        ...
