"""A million old messages go while readers open mail, and while another process holds the log.

Started by hand: `scripts/soak -k "a_million_old" -s` prints the figures.
"""

import csv
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from mailpixel.folder.opening import begin
from mailpixel.projections.fold import Fold
from mailpixel.settings import Settings
from mailpixel.store.retention import Kept
from mailpixel.store.sqlite import SqliteRegistry, SqliteStore
from mailpixel.times import now_ms
from tests.benchmarks.bench_fold import an_event, trivial
from tests.e2e.conftest import rows_of
from tests.e2e.test_erasing_soak import Readers, going_on
from tests.support.builders import a_campaign, an_open, at_ms
from tests.support.service import Service

MANY = int(os.environ.get("OLD_MESSAGES", 1_000_000))
GROUP = 5_000
DAYS = "30"
"""The events are older by the clock of this machine: they were received within 30 days after `SENT_AT_MS`."""
HOLD = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1])
connection.execute("begin")
connection.execute("select count(*) from campaigns").fetchall()
print("held", flush=True)
sys.stdin.read()
"""


def filled(data: Path) -> None:
    """A campaign of old messages, and one whose mail is read now."""
    begin(Settings(data=data))
    path = Settings(data=data).database
    with closing(SqliteStore(path)) as store, closing(SqliteRegistry(path)) as registry:
        for campaign in ("past", "c1"):
            registry.add_campaign(a_campaign(campaign, links=5, sent_at=None))
        for start in range(0, MANY, GROUP):
            store.append([an_event("past", n, n, MANY) for n in range(start, start + GROUP)])
        fold = Fold(store, registry, trivial, "soak")
        while fold.catch_up(now_ms, 3_600_000):
            pass
        fold.leave()
        registry.note_retention(Kept.EVENTS, now_ms(), 0)  # the service leaves it to the command


@contextmanager
def a_holder(data: Path) -> Iterator[None]:
    """A process of its own that reads the database and does not end its transaction while the block lasts."""
    command = [sys.executable, "-c", HOLD, str(data / "mailpixel.db")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield
        process.communicate("")


class Commits:
    """The hot path of another process: 20 hits a commit, and how long each took."""

    def __init__(self, data: Path) -> None:
        self._store = SqliteStore(data / "mailpixel.db")
        self._number = 0
        self.took_ms: list[float] = []

    def commit(self) -> None:
        now_s = (now_ms() - at_ms(0)) / 1000
        hits = [an_open(now_s, campaign="c1", recipient=f"h-{self._number + n}") for n in range(20)]
        began = time.perf_counter()
        self._store.append(hits)
        self.took_ms.append((time.perf_counter() - began) * 1000)
        self._number += 20
        time.sleep(0.005)


def in_words(took_ms: list[float]) -> str:
    took = sorted(took_ms)
    p50, p99 = (took[int(len(took) * share)] for share in (0.5, 0.99))
    return f"{len(took):,}: p50 {p50:.1f}, p99 {p99:.1f}, worst {took[-1]:.1f} ms"


def retention(data: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "mailpixel", "--data", str(data), "retention", *options]
    env = os.environ | {"MAILPIXEL_RETENTION_DAYS": DAYS}
    return subprocess.run(command, env=env, capture_output=True, text=True, check=False)


def past(data: Path) -> int:
    """How many events would go."""
    kinds = json.loads(retention(data, "--dry-run", "--json").stdout)
    return next(int(each["past"]) for each in kinds if each["kind"] == "events")


def left(data: Path) -> dict[str, int]:
    """In how many places an id of an old message stands, by file."""
    return {each.name: each.read_bytes().count(b"r-0000") for each in sorted(data.glob("mailpixel.db*"))}


@pytest.mark.soak
@pytest.mark.parametrize("held", [False, True], ids=["free", "held"])
def test_a_million_old_messages_go_beside_readers(tmp_path: Path, held: bool) -> None:
    data = tmp_path / "data"
    filled(data)
    print(f"\n{MANY:,} messages, {'a process holds the log' if held else 'nothing holds the log'}")
    with Service(data, environment={"MAILPIXEL_RETENTION_DAYS": DAYS}) as service:
        people = "\n".join(f"reader-{n}" for n in range(500))
        listed = list(csv.reader(rows_of(data, people, service.url, []).splitlines()))[1:]
        paths = [[each.replace(service.url, "") for each in row[1:3]] for row in listed]
        store = SqliteStore(data / "mailpixel.db")
        before = store.figures("past", 0, 0)
        began = time.perf_counter()
        told = past(data)
        print(f"the dry run says {told:,}, in {time.perf_counter() - began:.1f} s")
        assert told == MANY
        for name in ("nothing beside", "retention beside"):
            readers, commits = Readers(service, paths), Commits(data)
            with going_on(readers.hit, 2) as failures, going_on(commits.commit) as failed:
                began = time.perf_counter()
                if name == "nothing beside":
                    time.sleep(20)
                elif held:
                    with a_holder(data):
                        done = retention(data)
                else:
                    done = retention(data)
                took_s = time.perf_counter() - began
            assert (failures, failed) == ([], [])
            print(
                f"{name}, {took_s:.0f} s; answers {in_words(readers.took_ms)}; commits {in_words(commits.took_ms)}"
            )
        print(done.stderr, done.stdout)
        assert done.returncode == 0, done.stderr
        after = store.figures("past", 0, 0)
        assert (after.totals, after.links) == (before.totals, before.links)
        assert (list(store.messages("past")), past(data)) == ([], 0)
        print(
            {each.name: each.stat().st_size // 1_000_000 for each in data.glob("mailpixel.db*")}, left(data)
        )
        store.close()
    compacted = retention(data, "--compact")
    assert compacted.returncode == 0, compacted.stderr
    print({each.name: each.stat().st_size // 1_000_000 for each in data.glob("mailpixel.db*")}, left(data))
    assert sum(left(data).values()) == 0
