"""Evidence across messages: `python -m tests.benchmarks.bench_sources [EVENTS]`.

How hasty gateways of single clicks and crowds behind one address come out, and what the listing costs on a log in
which gateways swept every fifth message: CPU beside a bare read of the same rows, and memory.
"""

import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from itertools import count
from pathlib import Path

import msgspec

from mailpixel.classify import Rules
from mailpixel.classify.sources import SourceEvidence, source_evidence
from mailpixel.model import Campaign, Event, Message
from mailpixel.store.memory import MemoryStore
from mailpixel.store.sqlite import SqliteStore
from mailpixel.store.store import Store
from tests.benchmarks.table import print_rows
from tests.support.builders import BROWSER
from tests.support.crowds import CAMPAIGN, lone_clicks, neighbours, people, to_each
from tests.support.readers import FULL, Source

LEAST, GATEWAYS, EVERY, ROUNDS, GROUP = 10, 40, 5, 20, 500
CAMPAIGNS: Mapping[str, Campaign] = {CAMPAIGN.id: CAMPAIGN}
PLACE = Source("192.0.2.40", BROWSER, FULL)
Crowd = Callable[[int, random.Random, Source], Iterator[Message]]
CROWDS: tuple[tuple[str, Crowd, int], ...] = (
    ("gateway of single clicks, 20 recipients", lone_clicks, 20),
    ("gateway of single clicks, 300 recipients", lone_clicks, 300),
    ("office of 50", neighbours, 50),
    ("town of 5,000 on one address", neighbours, 5_000),
)


def evidence(store: Store) -> Iterator[SourceEvidence]:
    """What the listing is made from."""
    return source_evidence(store.messages_by_source(LEAST), CAMPAIGNS, Rules())


def of_place(crowd: Crowd, readers: int, seed: int) -> SourceEvidence:
    """The evidence of the one address a crowd came from."""
    store = MemoryStore()
    store.append(
        [event for each in to_each(crowd(readers, random.Random(seed), PLACE)) for event in each.events]
    )
    return next(each for each in evidence(store) if each.address == PLACE.address)


def crowds() -> None:
    """Print the haste of each crowd over several draws."""
    rows = []
    for name, crowd, readers in CROWDS:
        found = [of_place(crowd, readers, seed) for seed in range(ROUNDS if readers < 1_000 else 2)]
        hastes = [each.haste for each in found]
        busiest = max(each.busiest for each in found)
        rows.append((name, f"{min(hastes):.0%} to {max(hastes):.0%}", busiest, len(found)))
    print_rows("Haste of a source", ("source", "haste", "busiest minute", "draws"), rows)


def log() -> Iterator[Event]:
    """Events without end: readers, each at home, and of every fifth message a gateway's single click."""
    dice = random.Random(1)
    for number in count():
        (message,) = people(1, dice)
        home = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
        events = [msgspec.structs.replace(event, address=event.address and home) for event in message.events]
        if number % EVERY == 0:
            gateway = replace(PLACE, address=f"198.51.100.{number // EVERY % GATEWAYS}")
            events += next(lone_clicks(1, dice, gateway)).events
        yield from (msgspec.structs.replace(event, recipient=f"r-{number:07}") for event in events)


def fill(store: SqliteStore, events: int) -> None:
    """Append so many events in groups."""
    source = log()
    for start in range(0, events, GROUP):
        store.append([next(source) for _ in range(min(GROUP, events - start))])


def anonymous_mb() -> float:
    """Memory of this process that is no file's."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("RssAnon")) / 1024


def cost(events: int) -> None:
    """Print what the listing costs."""
    with (
        tempfile.TemporaryDirectory(dir=".") as folder,
        closing(SqliteStore(Path(folder) / "bench.db")) as store,
    ):
        fill(store, events)
        before_mb, began = anonymous_mb(), time.process_time()
        with store._database.reading() as connection:
            rows = sum(1 for _ in connection.execute("select * from events"))
        bare_s, began = time.process_time() - began, time.process_time()
        memory_mb = [anonymous_mb() for _ in evidence(store)]
        listed_s = time.process_time() - began
    if rows != events or len(memory_mb) < GATEWAYS:
        raise SystemExit(f"{rows} events and {len(memory_mb)} sources were read")
    told = [
        ("bare read of the same rows", f"{bare_s:.2f} s CPU", ""),
        (
            f"sources with {LEAST} recipients or more: {len(memory_mb)}",
            f"{listed_s:.2f} s CPU",
            f"{listed_s / bare_s:.1f}",
        ),
        ("memory more than before, at most", f"{max(memory_mb) - before_mb:.0f} MB", ""),
    ]
    print_rows(f"Sources in a log of {events:,} events", ("what", "figure", "ratio"), told)


if __name__ == "__main__":
    crowds()
    cost(int(sys.argv[1].replace("_", "")) if len(sys.argv) > 1 else 500_000)
