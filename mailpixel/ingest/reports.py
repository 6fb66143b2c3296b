"""Which reports are logged, and which are only counted because nothing else is kept of their recipients."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from mailpixel.model import Event
from mailpixel.modes import Consent, Mode
from mailpixel.privacy.resolve import Limits, Resolver
from mailpixel.store.aggregates import Report


class Sorted(NamedTuple):
    """Deliveries, bounces and complaints: those to log, and those to count."""

    named: list[Event]
    unnamed: list[Report]


class ReportSorting:
    """Sorts reports by the modes in force now. A report is logged where opens or clicks of its recipient would be."""

    def __init__(
        self, resolver: Resolver, limits: Callable[[str], Limits], consent: Callable[[str], Consent]
    ) -> None:
        self._resolver = resolver
        self._limits = limits
        self._consent = consent

    def is_named(self, event: Event) -> bool:
        """Whether this report is logged."""
        if event.recipient in self._resolver.policy.seeds:
            return True
        modes = self._resolver.signed(self._limits(event.campaign), self._consent(event.recipient))
        return max(modes) >= Mode.INDIVIDUAL

    def sort(self, events: Sequence[Event]) -> Sorted:
        """The reports to log, and those to count; each in order."""
        named = [event for event in events if self.is_named(event)]
        unnamed = [
            Report(event.campaign, event.kind, event.recipient)
            for event in events
            if not self.is_named(event)
        ]
        return Sorted(named, unnamed)
