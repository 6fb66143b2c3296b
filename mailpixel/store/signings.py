"""How many recipients of a campaign were signed for, and how. Signing leaves no other trace in the database."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from mailpixel.kinds import EventKind
from mailpixel.model import Facts
from mailpixel.modes import OFF, Treatment, Untracked

RUN_CHARS = 100
"""The longest name of a run."""
ERASED = Treatment(OFF, Untracked.ERASED, Untracked.ERASED)
"""How somebody is counted who was erased."""


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

    def signings_of_all(self) -> Mapping[Treatment, int]:
        """The counts of all campaigns and runs together, by treatment. It reads every count."""
        ...


class Recorded(NamedTuple):
    """What was recorded of a message by name: opens, clicks, or a click while opens were not."""

    opens: bool
    clicks: bool
    no_opens: bool


def recorded(events: Iterable[tuple[EventKind, int]]) -> Recorded:
    """What events show, by their kinds and facts."""
    hits = [event for event in events if event[0] in (EventKind.OPEN, EventKind.CLICK)]
    clicks = [facts for kind, facts in hits if kind is EventKind.CLICK]
    opens = len(clicks) < len(hits)
    return Recorded(opens, bool(clicks), not opens and any(facts & Facts.OPENS_UNSEEN for facts in clicks))


def signed_as(signed: Sequence[Signed], found: Recorded) -> Signed | None:
    """The count that the recipient of such a message is in: of those that fit, the largest. None where none fits.

    Signing leaves no trace of a person, so only their message can say it.
    """
    fitting = [each for each in signed if each.number > 0 and _fits(each.treatment, found)]
    return max(fitting, key=lambda each: each.number, default=None)


def _fits(treatment: Treatment, found: Recorded) -> bool:
    by_name = treatment.opens is None, treatment.clicks is None
    if found.no_opens and by_name[0]:
        return False
    return any(by_name) and by_name[0] >= found.opens and by_name[1] >= found.clicks
