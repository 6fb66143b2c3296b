"""Retention of visits and orders in memory."""

from collections import Counter, defaultdict
from collections.abc import Mapping

from mailpixel.store.memory.consumers import parse_cursor
from mailpixel.store.memory.retention import MemoryRetention
from mailpixel.store.memory.site_projections import MemorySiteProjections
from mailpixel.store.retention import Removed, views_of
from mailpixel.store.site_projections import SITE_FOLD, VisitState


class MemorySiteRetention(MemoryRetention, MemorySiteProjections):
    """Removes old visits and orders, and keeps how many pages were viewed."""

    def __init__(self) -> None:
        super().__init__()
        self._site_days: Counter[tuple[str, int, str]] = Counter()

    def forget_site_past(self, before_ms: int, after: bytes = b"", limit: int = 500) -> Removed:
        """See `Retention`."""
        with self._lock:
            folded = parse_cursor(self.cursor(SITE_FOLD))[0]
            old = sorted(
                (event.id, (event.campaign, event.recipient))
                for event in self._site_log.values()
                if event.id > after and event.received_at_ms < before_ms
            )[:limit]
            past = {key for _, key in old if self._is_over(key, before_ms, folded)}
            events = sum(self._forget_case(key) for key in past)
        return Removed(len(past), events, old[-1][0] if len(old) == limit else b"")

    def _is_over(self, key: tuple[str, str], before_ms: int, folded: int) -> bool:
        mine = {at: event for at, event in self._site_log.items() if (event.campaign, event.recipient) == key}
        return max(mine) <= folded and all(event.received_at_ms < before_ms for event in mine.values())

    def _forget_case(self, key: tuple[str, str]) -> int:
        state = self._cases.get(key)
        if isinstance(state, VisitState):
            self._site_days.update(views_of(state.visit))
        events = self._of_message.pop(key)
        ids = {event.id for event in events}
        self._site_log = {at: event for at, event in self._site_log.items() if event.id not in ids}
        self._ids -= ids
        self.forget_cases([key])
        return len(events)

    def kept_page_views(self, site: str) -> Mapping[int, Mapping[str, int]]:
        """See `Retention`."""
        found: defaultdict[int, dict[str, int]] = defaultdict(dict)
        for (of, day, measure), number in sorted(self._site_days.items()):
            if of == site:
                found[day][measure] = number
        return dict(found)
