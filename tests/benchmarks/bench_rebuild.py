"""Folding and rebuilding by the real rules: `python -m tests.benchmarks.bench_rebuild [EVENTS]`.

Readers and scanner bursts as they are simulated for the rules, read bare, judged alone, folded and rebuilt, on one
core and on all. CPU time of the process and its workers; the machine may be busy with other things. Of more than
`MANY` events each is measured once. The bar of a rebuild on all cores is by the clock.
"""

import os
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from itertools import chain
from pathlib import Path

from msgspec.structs import replace

import mailpixel
from mailpixel.classify import Rules, judge
from mailpixel.model import Event
from mailpixel.projections.fold import Fold
from mailpixel.projections.rebuild import Rebuild, rebuild
from mailpixel.store.registry import Registry
from mailpixel.store.sqlite import SqliteStore, open_sqlite
from tests.benchmarks.bench_fold import bare_read
from tests.benchmarks.table import print_rows
from tests.support.builders import SENT_AT_MS
from tests.support.crowds import CAMPAIGN, bursts, people

BARS = {"fold": 55_000, "rebuild, one process": 50_000}
CLOCK_BAR = 70_000
GROUP, ROUNDS, MANY = 500, 3, 500_000
NOW_MS = SENT_AT_MS + 90 * 86_400_000
JUDGE = partial(judge, rules=Rules())


def history(events: int) -> Iterator[Event]:
    """Events of nine readers to every gateway, each message of a recipient of its own, in order of message."""
    chance = random.Random(17)
    made = 0
    for n in range(events):
        crowd = bursts(1, chance) if n % 10 == 9 else people(1, chance)
        for event in chain.from_iterable(message.events for message in crowd):
            yield replace(event, recipient=f"r-{n * 7919 % 1_000_003:07}")
            made += 1
        if made >= events:
            return


def log_history(store: SqliteStore, events: int) -> int:
    """Write them in order of time; returns how many there are."""
    logged = sorted(history(events), key=lambda event: event.id)
    for start in range(0, len(logged), GROUP):
        store.append(logged[start : start + GROUP])
    return len(logged)


def cpu_s(work: Callable[[], object]) -> float:
    """CPU seconds of this process and of the workers it waited for."""
    before = _spent_s()
    work()
    return _spent_s() - before


def _spent_s() -> float:
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def fold_all(store: SqliteStore, registry: Registry) -> None:
    """Fold whatever is new."""
    if Fold(store, registry, JUDGE, "bench").catch_up(lambda: NOW_MS, 600_000) is None:
        raise SystemExit("another fold has the lease")


def judge_all(store: SqliteStore) -> float:
    """CPU seconds of the judgement alone."""
    messages = list(store.messages(CAMPAIGN.id))
    return cpu_s(lambda: [JUDGE(message, CAMPAIGN) for message in messages])


def measured(folder: Path, events: int) -> tuple[int, dict[str, float], float]:
    """How many events there were, CPU seconds by what was done, and wall seconds of a rebuild on all cores."""
    logged = write(folder / "log.db", events)
    rounds = ROUNDS if logged <= MANY else 1
    took = {"fold": _best(partial(fold_anew, folder), rounds)}
    store, registry = open_sqlite(folder / "folded.db")
    with closing(store):
        again = partial(rebuild, store, registry, JUDGE, [CAMPAIGN.id])
        took["bare read of the same rows"] = _best(
            lambda: cpu_s(lambda: bare_read(store, CAMPAIGN.id)), rounds
        )
        took["judge alone"] = _best(lambda: judge_all(store), rounds)
        took["rebuild, one process"] = _best(lambda: cpu_s(lambda: again(how=Rebuild(processes=1))), rounds)
        began = time.perf_counter()
        took["rebuild, a process a core"] = cpu_s(lambda: again(how=Rebuild()))
        wall_s = time.perf_counter() - began
        totals = store.figures(CAMPAIGN.id, NOW_MS, 0).totals
        if sum(totals[each] for each in ("opens.events", "clicks.events", "delivered")) != logged:
            raise SystemExit("not every event was folded")
    return logged, took, wall_s


def write(path: Path, events: int) -> int:
    """A log that nobody has folded; returns how many events it has."""
    store, registry = open_sqlite(path)
    with closing(store), closing(registry):
        registry.add_campaign(CAMPAIGN)
        registry.settled(registry.campaign(CAMPAIGN.id))
        return log_history(store, events)


def fold_anew(folder: Path) -> float:
    """CPU seconds of folding a copy of the log, which becomes `folded.db`."""
    shutil.copy(folder / "log.db", folder / "folded.db")
    store, registry = open_sqlite(folder / "folded.db")
    with closing(store), closing(registry):
        return cpu_s(lambda: fold_all(store, registry))


def _best(seconds: Callable[[], float], rounds: int) -> float:
    return min(seconds() for _ in range(rounds))


def main(events: int) -> None:
    """Everything once."""
    with tempfile.TemporaryDirectory(dir=".") as folder:
        logged, took, wall_s = measured(Path(folder), events)
    bare = took["bare read of the same rows"]
    rows = [
        (
            what,
            f"{logged / seconds:,.0f}",
            f"{bare / seconds:.2f}",
            f"{BARS[what]:,}" if what in BARS else "",
        )
        for what, seconds in took.items()
    ]
    print_rows(
        f"{logged:,} events by the real rules",
        ("what", "events/s of one core", "of the bare read", "bar"),
        rows,
    )
    print(f"\nrebuild on all cores: {logged / wall_s:,.0f} events/s of wall time (bar {CLOCK_BAR:,})")
    print(f"measured: {mailpixel.__file__}")


if __name__ == "__main__":
    main(int(sys.argv[1].replace("_", "")) if len(sys.argv) > 1 else 200_000)
