"""A million old messages go while readers open mail, and while another process holds the log.

Started by hand: `scripts/soak -k "a_million_old" -s` prints the figures.
"""

import csv
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, nullcontext
from functools import partial
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
from tests.support.processes import wait_until
from tests.support.service import Service

MANY = int(os.environ.get("OLD_MESSAGES", 1_000_000))
GROUP = 5_000
SETTINGS = {"MAILPIXEL_RETENTION_DAYS": "30"}
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
    env = os.environ | SETTINGS
    return subprocess.run(command, env=env, capture_output=True, text=True, check=False)


def past(data: Path) -> int:
    """How many events would go."""
    kinds = json.loads(retention(data, "--dry-run", "--json").stdout)
    return next(int(each["past"]) for each in kinds if each["kind"] == "events")


def left(data: Path) -> dict[str, tuple[int, int]]:
    """In how many places an id of an old message stands, and the size in MB, by file."""
    files = {each.name: each.read_bytes() for each in sorted(data.glob("mailpixel.db*"))}
    return {name: (content.count(b"r-0000"), len(content) // 1_000_000) for name, content in files.items()}


def has_run(data: Path) -> bool:
    """Whether the service has gone through every kind."""
    with closing(SqliteRegistry(data / "mailpixel.db")) as registry:
        return set(registry.retention_runs()) == set(Kept)


def beside(service: Service, what: str, work: Callable[[], None]) -> None:
    """Print how long answers and commits take while this is done."""
    people = "\n".join(f"reader-{n}" for n in range(500))
    listed = list(csv.reader(rows_of(service.data, people, service.url, []).splitlines()))[1:]
    paths = [[each.replace(service.url, "") for each in row[1:3]] for row in listed]
    readers, commits = Readers(service, paths), Commits(service.data)
    with going_on(readers.hit, 2) as failures, going_on(commits.commit) as failed:
        began = time.perf_counter()
        work()
        took_s = time.perf_counter() - began
    assert (failures, failed) == ([], [])
    print(f"{what}, {took_s:.0f} s; answers {in_words(readers.took_ms)}; commits {in_words(commits.took_ms)}")


def goes_beside_readers(data: Path, held: bool) -> None:
    """Let the service remove all old messages, and look at what is left."""
    with closing(SqliteStore(data / "mailpixel.db")) as store:
        before, began = store.figures("past", 0, 0), time.perf_counter()
        assert past(data) == MANY
        print(f"\n{MANY:,} messages, held: {held}; a dry run takes {time.perf_counter() - began:.1f} s")
        with a_holder(data) if held else nullcontext(), Service(data, environment=SETTINGS) as service:

            def until_it_has_run() -> None:
                wait_until(partial(has_run, data), "retention did not end", 1_800)

            beside(service, "retention beside", until_it_has_run)
            beside(service, "nothing beside", partial(time.sleep, 20))
            print(f"bytes while it runs: {left(data)}")
        after = store.figures("past", 0, 0)
        assert (after.totals, after.links) == (before.totals, before.links)
        assert (list(store.messages("past")), past(data)) == ([], 0)
    done = retention(data)
    assert (done.returncode, "another program" in done.stderr) == (0, False), done.stderr
    print(f"after another run: {left(data)}")
    assert retention(data, "--compact").returncode == 0
    print(f"after --compact: {left(data)}")
    assert sum(places for places, _ in left(data).values()) == 0


@pytest.mark.soak
@pytest.mark.parametrize("held", [False, True], ids=["free", "held"])
def test_a_million_old_messages_go_beside_readers(tmp_path: Path, held: bool) -> None:
    filled(tmp_path / "data")
    goes_beside_readers(tmp_path / "data", held)
