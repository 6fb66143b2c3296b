"""Counts without recipients, in memory."""

from collections import Counter
from collections.abc import Mapping, Sequence

from mailpixel.kinds import EventKind
from mailpixel.store.aggregates import (
    NO_DAYS,
    REPORTS_KEPT_DAYS,
    Report,
    ViewCount,
    ViewKey,
    measure_of_report,
    tally_of_views,
)
from mailpixel.store.measures import TallyKey
from mailpixel.store.memory.log import MemoryLog
from mailpixel.store.tombstones import day_of


class MemoryAggregates(MemoryLog):
    """`Aggregates` beside a log in memory. Any thread may call it.

    It does not know the registry, and so not who refuses opens.
    """

    def __init__(self) -> None:
        super().__init__()
        self._views: dict[tuple[ViewKey, bytes], int] = {}
        self._last_opens: dict[str, int] = {}
        self._reports: Counter[tuple[str, EventKind]] = Counter()
        self._reported: dict[tuple[str, EventKind, str], int] = {}

    def raise_views(self, counts: Sequence[ViewCount], last_opens: Mapping[str, int] = NO_DAYS) -> None:
        """See `Aggregates`."""
        with self._lock:
            for each in counts:
                place = each.key, each.edge
                self._views[place] = max(each.number, self._views.get(place, 0))
            for recipient, day in last_opens.items():
                if day > day_of(self._erased_up_to_ms(recipient)):
                    self._last_opens[recipient] = max(day, self._last_opens.get(recipient, 0))
            self._changes.note({each.key.campaign for each in counts})

    def last_open(self, recipient: str) -> int | None:
        """See `Aggregates`."""
        return self._last_opens.get(recipient)

    def count_reports(self, reports: Sequence[Report], today: int) -> None:
        """See `Aggregates`."""
        with self._lock:
            oldest = today - REPORTS_KEPT_DAYS
            self._reported = {key: day for key, day in self._reported.items() if day >= oldest}
            for each in reports:
                said = each.campaign, each.kind, each.recipient
                if said not in self._reported:
                    self._reported[said] = today
                    self._reports[each.campaign, each.kind] += 1
                    self._changes.note([each.campaign])

    def _forget_views(self, campaign: str) -> None:
        """Forget what was counted of a campaign."""
        with self._lock:
            self._views = {key: number for key, number in self._views.items() if key[0].campaign != campaign}
            self._reports = Counter({key: n for key, n in self._reports.items() if key[0] != campaign})
            self._reported = {key: day for key, day in self._reported.items() if key[0] != campaign}

    def _unnamed(self, campaign: str) -> Counter[TallyKey]:
        """What is counted of a campaign without recipients, as counters."""
        with self._lock:
            views = [
                (*key[1:], number) for (key, _), number in self._views.items() if key.campaign == campaign
            ]
            found = tally_of_views(views)
            for (of, kind), number in self._reports.items():
                if of == campaign:
                    found[0, 0, measure_of_report(kind)] += number
        return found
