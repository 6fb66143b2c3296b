"""Counts hits without their recipients, in a thread of its own: no answer waits for it.

A hit is in the counts of its campaign within fifteen seconds. What is held is lost when the process is killed. A hit
that another worker process took is not among its neighbours.
"""

import asyncio
import logging
import os
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterable

from mailpixel.classify import Rules
from mailpixel.errors import MailpixelError
from mailpixel.ingest.held import MOST_HELD, READ, Case, Counted, Held, views
from mailpixel.model import Campaign
from mailpixel.privacy.resolve import ENOUGH
from mailpixel.store.aggregates import HOUR_MS, Aggregates, ViewCount, ViewKey
from mailpixel.times import DAY_MS

LOOK_EVERY_S = 0.5
HOURS_KEPT = 2
"""How long the running count of an hour is kept after it is over. No hit of that hour comes later."""

log = logging.getLogger(__name__)


class Tallies:
    """The running counts of this process, and which of them are not written yet."""

    def __init__(self, edge: bytes) -> None:
        self._edge = edge
        self._numbers: Counter[ViewKey] = Counter()
        self._unwritten: set[ViewKey] = set()
        self._last_opens: dict[str, int] = {}

    def add(self, counted: Counted, key: ViewKey, few: bool = False) -> None:
        """Count one hit. The count of a campaign of `few` people would tell of one of them, so it is not raised."""
        if not few:
            self._numbers[key] += 1
            self._unwritten.add(key)
        if counted.recipient is not None and key.view in READ:
            day = counted.hit.received_at_ms // DAY_MS
            self._last_opens[counted.recipient] = max(day, self._last_opens.get(counted.recipient, 0))

    def write(self, store: Aggregates) -> None:
        """Write what is not written yet. Raises `StoreUnavailable`; it is written the next time then."""
        if not (self._unwritten or self._last_opens):
            return
        counts = [ViewCount(key, self._edge, self._numbers[key]) for key in sorted(self._unwritten)]
        store.raise_views(counts, self._last_opens)
        self._unwritten, self._last_opens = set(), {}

    def forget_before(self, hour: int) -> None:
        """Forget written counts of earlier hours."""
        for key in [key for key in self._numbers if key.hour < hour and key not in self._unwritten]:
            del self._numbers[key]


class Counting:
    """Takes hits on the event loop; its thread holds, judges and counts them, and writes the counts.

    `campaign` gives a campaign by its id and may read a store, `rules` the rules in force. `clock` gives milliseconds
    since 1970.
    """

    def __init__(
        self,
        store: Aggregates,
        campaign: Callable[[str], Campaign],
        rules: Callable[[], Rules],
        clock: Callable[[], int],
    ) -> None:
        self._store = store
        self._campaign = campaign
        self._rules = rules
        self._clock = clock
        self._arrived: deque[Counted] = deque()
        self._held = Held()
        self._tallies = Tallies(os.urandom(4))
        self._failing = False
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="mailpixel-counting", daemon=True)
        self._thread.start()

    def take(self, counted: Counted) -> bool:
        """Count a hit. Returns False when there is no room for it, because the thread does not come after."""
        if len(self._arrived) >= MOST_HELD:
            return False
        self._arrived.append(counted)
        return True

    async def stop(self, within_s: float) -> None:
        """Count everything that is held, then end the thread."""
        self._stopping.set()
        await asyncio.to_thread(self._thread.join, within_s)
        if self._thread.is_alive() or self._failing:
            log.error("stopped before all hits without recipients were counted")

    # The methods from here on run in the thread.

    def _run(self) -> None:
        while not self._stopping.wait(LOOK_EVERY_S):
            self._look(lambda: self._held.due(self._clock()))
        self._look(self._held.all)

    def _look(self, due: Callable[[], Iterable[Case]]) -> None:
        """Count what is due. An error does not end the thread, and is logged once."""
        try:
            self._hold()
            self._count(due())
            self._tallies.write(self._store)
        except MailpixelError as error:
            self._failed("counts without recipients cannot be written now and wait: %s", error)
        except Exception as error:
            self._failed("hits without recipients could not be counted: %s", type(error).__name__)
        else:
            self._failing = False

    def _failed(self, text: str, problem: object) -> None:
        if not self._failing:
            log.error(text, problem)
        self._failing = True

    def _hold(self) -> None:
        alone = []
        while self._arrived:
            counted = self._arrived.popleft()
            if not self._held.add(counted):
                alone.append([counted])
        self._count(alone)

    def _count(self, cases: Iterable[Case]) -> None:
        campaigns: dict[str, Campaign] = {}
        for case in cases:
            id = case[0].hit.campaign
            campaign = campaigns.get(id)
            if campaign is None:
                campaign = campaigns[id] = self._campaign_of(id)
            few = campaign.sent is not None and campaign.sent < ENOUGH
            for counted, key in views(case, campaign, self._rules()):
                self._tallies.add(counted, key, few)
        self._tallies.forget_before(self._clock() // HOUR_MS - HOURS_KEPT)

    def _campaign_of(self, id: str) -> Campaign:
        """The campaign. While it cannot be read, its hits are judged without its clock and its links."""
        try:
            return self._campaign(id)
        except MailpixelError:
            return Campaign(id, id)
