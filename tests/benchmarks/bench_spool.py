"""The spool: `python -m tests.benchmarks.bench_spool [HITS]`.

What a durable group of hits costs the process that answers, written into the database and into the spool, in turn in
one run. Then how fast hits are moved from the spool into the log.
"""

import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from statistics import median

from msgspec.structs import replace

from mailpixel.event_ids import EventIds
from mailpixel.model import Event
from mailpixel.spool.expanding import Spool
from mailpixel.spool.files import segments_in
from mailpixel.spool.writer import SpoolWriter
from mailpixel.store.sqlite import SqliteStore
from tests.benchmarks.table import print_rows
from tests.support.builders import BROWSER, SENT_AT_MS, an_open

GROUPS = (1, 16, 64, 400)
ROUNDS = 60
HITS = 100_000
AGENTS = [BROWSER.replace("151", str(100 + number)) for number in range(50)]
IDS = EventIds()

Write = Callable[[Sequence[Event]], None]


def hits(count: int, first: int) -> list[Event]:
    """New hits of as many recipients, with tags and some fifty agents."""
    found = []
    for number in range(first, first + count):
        at_ms, id = IDS.next(SENT_AT_MS + number // 10)
        recipient, agent = f"r-{number:08}", AGENTS[number % len(AGENTS)]
        found.append(
            replace(
                an_open(0),
                id=id,
                received_at_ms=at_ms,
                recipient=recipient,
                agent=agent,
                address="",
                tag=id[8:],
            )
        )
    return found


def cost(write: Write, group: Sequence[Event]) -> tuple[float, float]:
    """CPU and clock microseconds of writing a group."""
    began_s, used_s = time.perf_counter(), time.process_time()
    write(group)
    return (time.process_time() - used_s) * 1e6, (time.perf_counter() - began_s) * 1e6


def compare(size: int, writes: Sequence[Write], first: int) -> list[tuple[float, float]]:
    """The medians of each way of writing groups of this size, by turns."""
    found: list[list[tuple[float, float]]] = [[] for _ in writes]
    for turn in range(ROUNDS):
        for number, write in enumerate(writes):
            group = hits(size, first + (turn * len(writes) + number) * size)
            found[number].append(cost(write, group))
    return [(median(cpu for cpu, _ in each), median(wall for _, wall in each)) for each in found]


def print_groups(folder: Path) -> None:
    """One row a size of group."""
    writer = SpoolWriter(folder / "spool", 1 << 40)
    rows = []
    with closing(SqliteStore(folder / "mailpixel.db")) as store:
        store.append(hits(1_000, 0))  # agents are known, and the file has its size
        for place, size in enumerate(GROUPS):
            (a, a_wall), (b, b_wall) = compare(size, (store.append, writer.append), (place + 1) * 1_000_000)
            rows.append(
                (
                    size,
                    f"{a:.0f} ({a_wall:.0f})",
                    f"{b:.0f} ({b_wall:.0f})",
                    f"{b / size:.1f}",
                    f"{a / b:.1f}",
                )
            )
    writer.close()
    columns = ("hits in a group", "database", "spool", "spool, a hit", "times cheaper")
    print_rows("CPU (and clock) us of one durable group, medians", columns, rows)


def print_moving(folder: Path, count: int) -> None:
    """How fast hits get from the spool into the log."""
    writer = SpoolWriter(folder / "spool", 1 << 40)
    for first in range(0, count, 50):
        writer.append(hits(50, 100_000_000 + first))
    writer.close()
    size = sum(segment.size for segment in segments_in(folder / "spool"))
    with closing(SqliteStore(folder / "mailpixel.db")) as store:
        spool = Spool(folder / "spool", store)
        began_s, used_s = time.perf_counter(), time.process_time()
        assert spool.settle(3_600, emptied=True)
        used_s, took_s = time.process_time() - used_s, time.perf_counter() - began_s
    columns = ("hits", "bytes a hit", "hits/s by CPU", "hits/s by the clock")
    row = (f"{count:,}", f"{size / count:.0f}", f"{count / used_s:,.0f}", f"{count / took_s:,.0f}")
    print_rows("From the spool into the log", columns, [row])


def main() -> None:
    """Print both tables."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else HITS
    for bench in (print_groups, lambda folder: print_moving(folder, count)):
        with tempfile.TemporaryDirectory() as folder:
            bench(Path(folder))


if __name__ == "__main__":
    main()
