"""By which edition of the rules campaigns are judged, noted for whoever reads their figures."""

from collections.abc import Callable, Iterable

from mailpixel.store.projections import Projections


class Editions:
    """Notes it of each campaign once. `now` gives the edition of the rules in force; empty: nothing is noted."""

    def __init__(self, store: Projections, now: Callable[[], str]) -> None:
        self._store = store
        self._noted: set[str] = set()
        self.now = now

    def note(self, campaigns: Iterable[str]) -> None:
        """Note the edition of campaigns seen for the first time, before their first figures are saved."""
        new = set(campaigns) - self._noted
        if new and (edition := self.now()):
            self._store.note_edition(edition, sorted(new))
            self._noted |= new
