"""A message that is hammered: `python -m tests.benchmarks.bench_hammered [HITS]`.

Hits on one token go through the whole intake, in process: what a hit costs just past the cap and at the end, and
what is left of them in the log. Then other campaigns are folded with the hammered message among them and without it.
"""

import asyncio
import random
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import closing
from functools import partial
from pathlib import Path

from msgspec.structs import replace

from mailpixel.claims import Claims, TokenKind
from mailpixel.classify import Rules, judge
from mailpixel.folder.key_file import create_keyring
from mailpixel.ingest.committer import Committer
from mailpixel.ingest.hit import Hit
from mailpixel.ingest.intake import Intake
from mailpixel.ingest.registry_cache import RegistryCache
from mailpixel.kinds import EventKind
from mailpixel.links.token import TokenSigner
from mailpixel.links.urls import parse_path
from mailpixel.model import Event, Facts
from mailpixel.projections.fold import Fold
from mailpixel.settings import Settings
from mailpixel.store.registry import Registry
from mailpixel.store.sqlite import SqliteStore
from mailpixel.times import now_ms
from tests.benchmarks.table import print_rows
from tests.support.builders import BROWSER, MINIMISER, SENT_AT_MS, Known, a_campaign, an_id
from tests.support.crowds import CAMPAIGN, people
from tests.support.stores import open_settled

CAP = Settings().message_cap
SAMPLE, GROUP, READERS, ROUNDS = 10_000, 500, 10_000, 3
NOW_MS = SENT_AT_MS + 90 * 86_400_000
ADDRESS = "192.0.2.10"


class Hammer:
    """The intake of one process, as a server runs it, and one path to hit."""

    def __init__(self, data: Path) -> None:
        self.store, registry = open_settled(data / "mailpixel.db")
        registry.add_campaign(a_campaign("hammered"))
        signer = TokenSigner(create_keyring(data / "keys.json"))
        cache = RegistryCache(registry, 0)
        cache.refresh()
        settings = Settings()
        self.intake = Intake(Known(signer, cache), CAP, MINIMISER)
        self.committer = Committer(
            self.store, settings.answer_within_ms, settings.queue_hits, lambda *_: None
        )
        self.path = "/o/" + signer.sign(Claims(TokenKind.OPEN, "hammered", "r-1")) + ".gif"

    async def strike(self, hits: int) -> float:
        """So many hits, the commits they need among them; returns CPU microseconds a hit."""
        started = time.process_time()
        for number in range(hits):
            path = parse_path(self.path)
            if path is None:
                raise SystemExit("the path of the benchmark is none of ours")
            receipt = self.intake.receive(Hit(path, b"", now_ms(), "GET", ADDRESS, BROWSER, Facts.ACCEPT))
            if receipt.event is not None:
                self.committer.join(receipt.event, lambda durable: None)
            elif receipt.overflow is not None:
                self.committer.count_overflow(receipt.overflow)
            if number % GROUP == GROUP - 1:
                await asyncio.sleep(0)
        return (time.process_time() - started) / hits * 1e6


async def hammer(data: Path, hits: int) -> None:
    """Print what hits cost at the beginning and at the end, and what is kept."""
    it = Hammer(data)
    await it.strike(CAP)
    first = await it.strike(SAMPLE)
    middle = await it.strike(hits - CAP - 2 * SAMPLE)
    last = await it.strike(SAMPLE)
    left = await it.committer.stop(10)
    (message,) = it.store.messages("hammered")
    past = it.store.figures("hammered", NOW_MS, 0).overflow
    size_bytes = sum(file.stat().st_size for file in data.glob("mailpixel.db*"))
    it.store.close()
    rows = [
        (f"the first {SAMPLE:,} past the cap", f"{first:.2f} us of CPU a hit"),
        (f"the {hits - CAP - 2 * SAMPLE:,} between", f"{middle:.2f} us of CPU a hit"),
        (f"the last {SAMPLE:,}", f"{last:.2f} us of CPU a hit, ratio {last / first:.2f}"),
        ("events in the log", f"{len(message.events):,} of {hits:,}, {past:,} past the cap, {left} lost"),
        ("database", f"{size_bytes:,} bytes"),
    ]
    print_rows(f"{hits:,} hits on one token", ("what", "figure"), rows)


def folding(hammered: bool, at_once: int) -> float:
    """CPU seconds to fold the other campaigns, folded after every `at_once` groups of their events."""
    groups = crowd_groups()
    with tempfile.TemporaryDirectory(dir=".") as folder:
        store, registry = open_settled(Path(folder) / "mailpixel.db")
        with closing(store):
            registry.add_campaign(CAMPAIGN)
            registry.settled(registry.campaign(CAMPAIGN.id))
            return sum(
                _fold_round(store, registry, groups, start, start + at_once, hammered)
                for start in range(0, len(groups), at_once)
            )


def crowd_groups() -> Sequence[list[Event]]:
    """Events of readers in order of time, as groups that are appended together."""
    crowd = enumerate(people(READERS, random.Random(3)))
    events = [replace(event, recipient=f"r-{n}") for n, message in crowd for event in message.events]
    events.sort(key=lambda event: event.id)
    return [events[start : start + GROUP] for start in range(0, len(events), GROUP)]


def _fold_round(
    store: SqliteStore,
    registry: Registry,
    groups: Sequence[list[Event]],
    start: int,
    end: int,
    hammered: bool,
) -> float:
    """Append some groups, with the share of the hammered message's events that falls to them, and fold."""
    for number in range(start, min(end, len(groups))):
        share = range(number * CAP // len(groups), (number + 1) * CAP // len(groups))
        store.append([*groups[number], *(_blow(n) for n in share if hammered)])
    fold = Fold(store, registry, partial(judge, rules=Rules()), "bench")
    began = time.process_time()
    fold.catch_up(lambda: NOW_MS, 600_000)
    return time.process_time() - began


def _blow(number: int) -> Event:
    at_ms = SENT_AT_MS + number * 1_000
    return Event(
        an_id(at_ms, b"hamm", number), EventKind.OPEN, at_ms, "GET", ADDRESS, BROWSER, Facts.ACCEPT,
        "hammered", "r-1",
    )  # fmt: skip


def beside() -> None:
    """Print what the hammered message costs those who fold beside it."""
    rows = []
    for name, at_once in (("at once", 1_000_000), (f"after every {GROUP} events", 1)):
        without, with_it = (
            min(folding(hammered, at_once) for _ in range(ROUNDS)) for hammered in (False, True)
        )
        rows.append((name, f"{without:.3f} s CPU", f"{with_it:.3f} s CPU", f"{with_it / without:.2f}"))
    events = sum(map(len, crowd_groups()))
    title = f"Folding {events:,} events of others beside a message at its cap of {CAP}"
    print_rows(title, ("folded", "without it", "with it", "ratio"), rows)


def main(hits: int) -> None:
    """Everything once."""
    with tempfile.TemporaryDirectory(dir=".") as folder:
        asyncio.run(hammer(Path(folder), hits))
    beside()


if __name__ == "__main__":
    main(int(sys.argv[1].replace("_", "")) if len(sys.argv) > 1 else 1_000_000)
