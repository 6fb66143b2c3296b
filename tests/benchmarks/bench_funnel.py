"""The funnel of a site of 200,000 visits with 25 events each: how long it takes, and how much memory.

`BENCH_VISITS=20000 scripts/bench funnel` takes another number of visits. Memory is what the process grew by at most
while it counted, from `/proc/self/status`.
"""

import os
import random
import tempfile
import time
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

from mailpixel.measure.funnel import FunnelQuestion, Funnels
from mailpixel.model import Verdict
from mailpixel.site_model import SITE_CASES, Site, Visit, VisitStep
from mailpixel.store.consumers import News
from mailpixel.store.site_projections import SITE_FOLD, VisitState
from mailpixel.store.sqlite import open_sqlite
from mailpixel.times import DAY_MS
from tests.benchmarks.table import print_rows

VISITS = int(os.environ.get("BENCH_VISITS", "200000"))
EVENTS = 25
BEGIN_MS = 1_790_000_000_000
DAYS = 30
NAMES = ("page_view",) * 6 + ("view_item",) * 3 + ("add_to_cart", "begin_checkout", "purchase")
STEPS = ("view_item", "add_to_cart", "begin_checkout", "purchase")
SITE = Site("shop", "0123456789abcdef", ("shop.example",))


def visits(number: int) -> Iterator[VisitState]:
    """Visits of a month; a tenth are machines', and a fifth agreed to an id."""
    chance = random.Random(1)
    for place in range(number):
        begin_ms = BEGIN_MS + place * DAYS * DAY_MS // number
        steps = tuple(_step(chance, begin_ms, place, event) for event in range(EVENTS))
        verdict = Verdict.BOT if place % 10 == 0 else Verdict.HUMAN
        known_as = f"{place % (number // 20 + 1):022d}" if place % 5 == 0 else ""
        visit = Visit(
            SITE.id, f"{place:022d}", begin_ms, steps[-1].at_ms, verdict, "x", steps, known_as=known_as
        )
        yield VisitState(visit, EVENTS)


def _step(chance: random.Random, begin_ms: int, place: int, event: int) -> VisitStep:
    at_ms = begin_ms + event * 20_000
    id = at_ms.to_bytes(6, "big") + (place * EVENTS + event).to_bytes(10, "big")
    return VisitStep(at_ms, id, chance.choice(NAMES), f"{place}-{event}", "/a/page")


def memory_mb(name: str) -> float:
    """A number of this process in MB: `VmRSS` now, `VmHWM` at most since it was reset."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith(f"{name}:")).split()[1]) / 1024


def measure(funnels: Funnels, steps: Sequence[str], window_ms: int) -> tuple[float, float, int]:
    """(seconds, MB more at most, people of the first step)."""
    Path("/proc/self/clear_refs").write_text("5")  # begin anew with VmHWM
    before, started = memory_mb("VmRSS"), time.perf_counter()
    found = funnels.funnel(FunnelQuestion(steps, window_ms))
    return time.perf_counter() - started, memory_mb("VmHWM") - before, found.steps[0].visitors


def main() -> None:
    """Fill a store, then count."""
    with tempfile.TemporaryDirectory() as folder:
        store, registry = open_sqlite(Path(folder) / "mailpixel.db")
        registry.add_site(SITE)
        since = store.consumer(SITE_FOLD, cases=SITE_CASES).news(0).since
        made = visits(VISITS)
        while part := list(islice(made, 5_000)):
            store.save_site(part, News(since, since, ()))
        funnels = Funnels(store, SITE)
        rows = []
        for window, window_ms in (("24h", DAY_MS), ("7d", 7 * DAY_MS)):
            seconds, more_mb, people = measure(funnels, STEPS, window_ms)
            rate = f"{VISITS * EVENTS / seconds:,.0f}"
            rows.append((window, f"{VISITS:,}", f"{seconds:.2f}", rate, f"{more_mb:.0f}", f"{people:,}"))
        print_rows("funnel", ("window", "visits", "s", "events/s", "MB more", "people, first step"), rows)
        store.close()
        registry.close()


if __name__ == "__main__":
    main()
