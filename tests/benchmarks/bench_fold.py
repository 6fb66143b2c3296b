"""Rates of the log and the fold: `python -m tests.benchmarks.bench_fold [events] [events of the large campaign]`.

Prints append, fold and rebuild beside the bare read of the same rows (a plain `select` of every row, grouped by
message), the bytes of an event on disk, and how long summary and timeline take of a small and of a large campaign.
The judge is trivial, so that the figures are those of the fold alone.
"""

import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path

from mailpixel.kinds import EventKind
from mailpixel.model import Campaign, Event, Facts, Judged, Message, Verdict
from mailpixel.projections.fold import Fold
from mailpixel.projections.rebuild import Rebuild, rebuild
from mailpixel.store.measures import Step
from mailpixel.store.memory import MemoryRegistry
from mailpixel.store.sqlite import SqliteStore
from mailpixel.store.sqlite.rows import READ
from tests.support.builders import SENT_AT_MS, an_id

GROUP = 500
PER_MESSAGE = 4
AGENTS = 400
AT_ONCE = 500
NOW_MS = SENT_AT_MS + 90 * 86_400_000


def trivial(message: Message, campaign: Campaign) -> list[Judged]:
    """Everybody is human."""
    return [Judged(event, Verdict.HUMAN, "default") for event in message.events]


def history(campaign: str, events: int, at_once: int = AT_ONCE) -> Iterator[list[Event]]:
    """Groups of events over thirty days, four a message, whose recipients come in no order of their names.

    `at_once` readers are busy with their mail at a time: the fewer, the closer together stand a message's events.
    """
    messages = events // PER_MESSAGE + at_once
    for start in range(0, events, GROUP):
        numbers = range(start, min(start + GROUP, events))
        readers = [n // (PER_MESSAGE * at_once) * at_once + n % at_once for n in numbers]
        yield [
            an_event(campaign, n, reader * 7919 % messages, events)
            for n, reader in zip(numbers, readers, strict=True)
        ]


def an_event(campaign: str, number: int, message: int, events: int) -> Event:
    """One open or, every fourth time, a click."""
    at_ms = SENT_AT_MS + number * (30 * 86_400_000 // events)
    kind, link = (EventKind.CLICK, 1 + number % 5) if number % 4 == 3 else (EventKind.OPEN, None)
    address, agent = (
        f"198.51.{number % 100}.{number % 250}",
        f"Mozilla/5.0 agent number {number * 31 % AGENTS}",
    )
    recipient = f"r-{message:010}"
    return Event(
        an_id(at_ms, campaign[:4].encode(), number),
        kind,
        at_ms,
        "GET",
        address,
        agent,
        Facts.ACCEPT,
        campaign,
        recipient,
        link,
    )


def timed(what: str, events: int, work: Callable[[], object]) -> float:
    """Run, print rates by wall time and by this process's processor time, return the latter."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    print(
        f"{what:<34} {events / wall:>10,.0f} events/s by the clock {events / cpu:>10,.0f} by this process's CPU"
    )
    return events / cpu


def bare_read(store: SqliteStore, campaign: str) -> None:
    """Every row of a campaign by message, as tuples."""
    query = f"select {READ} from events e where campaign = ? order by recipient"
    grouped: dict[str, list[Sequence[object]]] = {}
    with store._database.reading() as connection:
        for row in connection.execute(query, (campaign,)):
            grouped.setdefault(row[1], []).append(row)


def append(store: SqliteStore, groups: Sequence[list[Event]]) -> None:
    """Append group by group."""
    for group in groups:
        store.append(group)


def catch_up(store: SqliteStore, registry: MemoryRegistry) -> None:
    """Fold whatever is new."""
    Fold(store, registry, trivial, "bench").catch_up(lambda: NOW_MS, 60_000)


def hammered(store: SqliteStore, registry: MemoryRegistry, hits: int) -> Callable[[], None]:
    """Many hits on one message, folded after every thousand."""

    def work() -> None:
        for start in range(0, hits, 1_000):
            at = [SENT_AT_MS + start + n for n in range(1_000)]
            store.append(
                [
                    Event(
                        an_id(at_ms, b"hamm", at_ms - SENT_AT_MS),
                        EventKind.OPEN,
                        at_ms,
                        "GET",
                        "",
                        "",
                        Facts.NONE,
                        "hammered",
                        "r-1",
                    )
                    for at_ms in at
                ]
            )
            catch_up(store, registry)

    return work


def check(store: SqliteStore, campaign: str, events: int) -> None:
    """A rate of work that was not done is no rate: every event must have been folded."""
    totals = store.figures(campaign, NOW_MS, 0).totals
    folded = totals["opens.events"] + totals["clicks.events"]
    if folded != events:
        raise SystemExit(f"{campaign}: {folded} of {events} events were folded")


ASKED: dict[str, Callable[[SqliteStore, str], object]] = {
    "summary": lambda store, campaign: store.figures(campaign, NOW_MS, 15_000),
    "timeline, 72 hours": lambda store, campaign: store.timeline(
        campaign, SENT_AT_MS, SENT_AT_MS + 3 * 86_400_000
    ),
    "timeline, 30 days": lambda store, campaign: store.timeline(campaign, step=Step.DAY),
}
"""What a reader asks of a campaign, which must not take longer for a large one."""


def asked_ms(store: SqliteStore, campaign: str) -> list[float]:
    """Milliseconds of the median of each question in `ASKED`."""
    return [_median_ms(partial(ask, store, campaign)) for ask in ASKED.values()]


def figures_ms(store: SqliteStore, campaign: str) -> float:
    """Milliseconds of the median `figures`."""
    return _median_ms(partial(ASKED["summary"], store, campaign))


def _median_ms(ask: Callable[[], object]) -> float:
    took = []
    for _ in range(21):
        start = time.perf_counter()
        ask()
        took.append(time.perf_counter() - start)
    return sorted(took)[10] * 1000


def main(events: int, large: int) -> None:
    """Everything once."""
    with (
        tempfile.TemporaryDirectory(dir=".") as folder,
        closing(SqliteStore(Path(folder) / "bench.db")) as store,
    ):
        registry = MemoryRegistry()
        groups = list(history("spring", events))
        timed(f"append, groups of {GROUP}", events, lambda: append(store, groups))
        store._database.truncate_log()
        print(
            f"{'bytes an event, log and indexes':<34} {(Path(folder) / 'bench.db').stat().st_size / events:>10.1f}"
        )
        read = timed("bare read of the same rows", events, lambda: bare_read(store, "spring"))
        fold = timed("fold", events, lambda: catch_up(store, registry))
        append(store, list(history("scattered", events, events // PER_MESSAGE)))
        timed("fold, events of a message far apart", events, lambda: catch_up(store, registry))
        check(store, "scattered", events)
        again = timed("rebuild, one process", events, rebuilding(store, registry, 1))
        timed("rebuild, cores judge, this writes", events, rebuilding(store, registry, 0))
        check(store, "spring", events)
        print(f"{'fold and rebuild of the bare read':<34} {fold / read:>10.2f} {again / read:.2f}")
        append(store, list(history("small", 10_000)))
        catch_up(store, registry)
        for group in history("large", large):
            store.append(group)
        catch_up(store, registry)
        few, many = asked_ms(store, "small"), asked_ms(store, "large")
        check(store, "small", 10_000)
        check(store, "large", large)
        for what, little, much in zip(ASKED, few, many, strict=True):
            print(
                f"{what}: {little:.2f} ms at 10,000 events, {much:.2f} ms at {large:,}: ratio {much / little:.2f}"
            )
        timed("hammered message, to its cap", 10_000, hammered(store, registry, 10_000))
        check(store, "hammered", 10_000)


def rebuilding(store: SqliteStore, registry: MemoryRegistry, processes: int) -> Callable[[], object]:
    """A rebuild to be timed."""
    return lambda: rebuild(store, registry, trivial, ["spring"], Rebuild(processes=processes))


if __name__ == "__main__":
    numbers = [int(argument.replace("_", "")) for argument in sys.argv[1:]]
    main(*(numbers + [200_000, 500_000][len(numbers) :]))
