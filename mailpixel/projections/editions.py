"""Notes which edition of the rules judged each campaign, for the readers of its figures."""

from collections.abc import Callable, Iterable

from mailpixel.store.projections import Projections
from mailpixel.store.registry import RulesEditions


class Editions:
    """Knows the number of the rules in force, and notes their edition once for each campaign.

    `now` gives the edition of the rules in force. Empty: they have no number, and nothing is noted.
    """

    def __init__(self, store: Projections, registry: RulesEditions, now: Callable[[], str]) -> None:
        self._store = store
        self._registry = registry
        self._noted: set[str] = set()
        self._numbered = ("", 0)
        self.now = now

    def number(self) -> int:
        """The number of the rules in force; 0 when they have none. It asks the registry only after a change."""
        edition = self.now()
        if edition != self._numbered[0]:
            self._numbered = (edition, self._registry.edition_number(edition) if edition else 0)
        return self._numbered[1]

    def note(self, campaigns: Iterable[str]) -> None:
        """Note the edition of new campaigns, before their first figures are saved."""
        new = set(campaigns) - self._noted
        if new and (edition := self.now()):
            self._store.note_edition(edition, sorted(new))
            self._noted |= new
