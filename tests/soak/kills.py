"""kill -9 at random points of everything that writes: `scripts/soak kills [NUMBER [SEED]]`, 200 points by default.

Each step is killed after a random part of the time that it usually takes, and then what its user would restart is
restarted. Every answered hit must be in the log once, `check` finds nothing, a rebuild changes nothing, whoever was
erased stands in no file, a migration completes, and the database opens.
"""

import asyncio
import json
import os
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

from mailpixel.spool.expanding import Spool
from mailpixel.store.sqlite import SqliteStore
from tests.benchmarks.table import print_rows
from tests.e2e.test_nothing_lost import signed_paths
from tests.soak.killing import Folder, Found, Killing
from tests.soak.killing_migrations import migrations, starts
from tests.support.load import load
from tests.support.processes import descendants
from tests.support.service import Service

HITS = 500
RENEWED = 6
"""After so many kills, a kind of step gets a new data folder, so that the checks stay quick."""
ERASED = "4711-gone-"
PAST = "4711-past-"
MOMENTS = ("as_of", "people_gone_before", "provisional")
"""What a report says differently as time passes."""
Points = Iterator[Folder]
"""One kill after another. What it gives is judged."""


def commits(killing: Killing, folder: Folder) -> Points:
    """The whole service, under load on the pixel and the redirect."""
    while True:
        paths = signed_paths(folder.data, killing.found.points, 12_000)
        with Service(folder.data, ["--workers", "2"]) as service:
            killer = threading.Timer(killing.chance.uniform(0.02, 0.5), kill_all, [service])
            killer.start()
            answers = asyncio.run(load(service.port, paths, connections=32))
            killer.join()
        killing.note(len(answers) > 0)
        folder.answered += [paths[path] for path, status in answers if status in (200, 302)]
        yield folder


def kill_all(service: Service) -> None:
    """The web processes, and the one that works, at once."""
    processes = [int(each.name) for each in descendants(service.process.pid)]
    for process in (service.process.pid, *processes):
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)
    service.process.communicate()


def expansions(killing: Killing, folder: Folder) -> Points:
    """Moving the spool into the log."""

    def expand() -> None:
        store = SqliteStore(folder.data / "mailpixel.db")
        assert Spool(folder.data / "spool", store).settle(60, emptied=True)

    folder.answered += folder.spool("first", HITS)
    killing.measure(expand)
    while True:
        folder.answered += folder.spool(f"e{killing.found.points}", HITS)
        killing.kill(expand)
        yield folder


def folds(killing: Killing, folder: Folder) -> Points:
    """Judging and counting what is new in the log."""
    fold = folder.step("report", "c1")
    for number in count():
        folder.answered += folder.spool(f"f{killing.found.points}-{number}", HITS)
        with closing(SqliteStore(folder.data / "mailpixel.db")) as store:
            assert Spool(folder.data / "spool", store).settle(60)
        if number == 0:
            killing.measure(fold)
            continue
        killing.kill(fold)
        yield folder


def rebuilds(killing: Killing, folder: Folder) -> Points:
    """Judging everything again."""
    folder.answered += folder.spool("r", HITS)
    folder.fold()
    rebuild = folder.step("rebuild")
    killing.measure(rebuild)
    while True:
        killing.kill(rebuild)
        yield folder


def retentions(killing: Killing, folder: Folder) -> Points:
    """Removing messages that are past their time."""
    sweep = folder.step("retention")
    for number in count():
        folder.spool(f"{PAST}{killing.found.points}-{number}", HITS, days_ago=800)
        folder.answered += folder.spool(f"kept{killing.found.points}-{number}", 200)
        folder.fold()
        said = folder.run("report", "c1", "--json")
        if number == 0:
            killing.measure(sweep)
            continue
        killing.kill(sweep)
        _is_swept(killing, folder, said)
        yield folder


def _is_swept(killing: Killing, folder: Folder, said: str) -> None:
    folder.run_again("retention")
    with closing(SqliteStore(folder.data / "mailpixel.db")) as store:
        if any(message.recipient.startswith(PAST) for message in store.messages("c1")):
            killing.problem("what is past its time is still in the log")
    before, after = _figures(said), _figures(folder.run("report", "c1", "--json"))
    others = [name for name in before if before[name] != after[name]]
    if others:
        killing.problem(f"figures are others after a retention: {others}")


def _figures(said: str) -> dict[str, Any]:
    return {name: value for name, value in json.loads(said).items() if name not in MOMENTS}


def erasures(killing: Killing, folder: Folder) -> Points:
    """Erasing a person."""
    folder.answered += folder.spool("stays", HITS)
    for number in count():
        name = f"{ERASED}{killing.found.points}-{number}"
        folder.spool(name, 1)
        gone = f"{name}-0"
        folder.run("person", "optout", gone)
        erase = folder.step("person", "erase", gone, "--yes")
        if number == 0:
            killing.measure(erase)
            continue
        killing.kill(erase)
        folder.let_lease_run_out("erasures")
        folder.run("person", "erase", "--finish")
        folder.run("person", "erase", gone, "--yes")
        if held := folder.holds(gone):
            killing.problem(f"an erased person is in {held}")
        yield folder


def backups(killing: Killing, folder: Folder) -> Points:
    """Taking a backup, while hits wait in the spool."""
    place = folder.data.parent
    folder.answered += folder.spool("before", HITS)
    killing.measure(folder.step("backup", str(place / "whole")))
    for number in count():
        folder.answered += folder.spool(f"b{killing.found.points}-{number}", 200)
        killed, after = (str(place / f"backup-{number}-{word}") for word in ("killed", "after"))
        if killing.kill(folder.step("backup", killed)) and (Path(killed) / "backup.json").exists():
            folder.run("restore", "--check", killed)  # it counts, so it must be whole
        folder.run("backup", after)
        folder.run("restore", "--check", after)
        yield folder


def restores(killing: Killing, folder: Folder) -> Points:
    """Restoring a backup that knows people who were erased since."""
    place, gone = str(folder.data.parent / "backup"), []
    folder.answered += folder.spool("kept", HITS)
    people = folder.spool(ERASED, RENEWED + 1)
    folder.run("backup", place)
    restore = folder.step("restore", place, "--yes")
    for number, person in enumerate(people):
        folder.spool(f"since-{number}", 100)
        folder.run("person", "erase", person, "--yes")
        gone.append(person)
        if number == 0:
            killing.measure(restore)
        else:
            killing.kill(restore)
            folder.run("report", "c1")  # opens, whatever is there
            folder.run_again("restore", place, "--yes")
            _is_restored(killing, folder, gone)
            yield folder


def _is_restored(killing: Killing, folder: Folder, gone: list[str]) -> None:
    for path in sorted((folder.data / "replaced").rglob("*"), reverse=True):  # as `doctor` says
        path.rmdir() if path.is_dir() else path.unlink()
    for person in gone:
        if held := folder.holds(person):
            killing.problem(f"an erased person is in {held}")


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of step, and how many of 200 kills it gets."""

    points: Callable[[Killing, Folder], Points]
    share: int


KINDS: Mapping[str, Kind] = {
    "commit": Kind(commits, 12),
    "expansion": Kind(expansions, 50),
    "fold": Kind(folds, 40),
    "migration": Kind(migrations, 25),
    "start of an old folder": Kind(starts, 3),
    "rebuild": Kind(rebuilds, 20),
    "retention": Kind(retentions, 15),
    "erase": Kind(erasures, 15),
    "backup": Kind(backups, 10),
    "restore": Kind(restores, 10),
}


def killed(kind: Kind, number: int, chance: Random) -> Found:
    """What was found after so many kills."""
    killing, began_s = Killing(chance), time.monotonic()
    while killing.found.points < number:
        with tempfile.TemporaryDirectory(prefix="kills-") as place:
            folder = Folder(Path(place) / "data")
            for each in kind.points(killing, folder):
                killing.judge(each)
                if killing.found.points in (number, RENEWED * (killing.found.points // RENEWED)):
                    break
        killing.found.took_s = time.monotonic() - began_s
        print(kind.points.__name__, killing.found, file=sys.stderr, flush=True)
    return killing.found


def run(number: int, seed: int, names: list[str]) -> int:
    """Print a row for each kind. Returns how many problems there were."""
    rows, problems = [], []
    for name, kind in KINDS.items():
        if names and name not in names:
            continue
        found = killed(kind, max(round(number * kind.share / 200), 1), Random(f"{seed} {name}"))
        row = (found.answered, found.lost, found.doubled, found.differing, len(found.problems))
        rows.append((name, found.points, found.inside, *row, f"{found.took_s / found.points:.1f} s"))
        problems += [f"{name}: {problem}" for problem in found.problems]
    columns = (
        "killed in",
        "points",
        "at work then",
        "answered",
        "lost",
        "doubled",
        "differing",
        "problems",
        "each",
    )
    print_rows(f"kill -9, seed {seed}", columns, rows)
    print(*problems, sep="\n")
    return len(problems) + sum(lost + doubled for _, _, _, _, lost, doubled, *_ in rows)


if __name__ == "__main__":
    number, seed, *_ = [*(int(each) for each in sys.argv[1:] if each.isdigit()), 200, 1][:2]
    only = [each for each in sys.argv[1:] if not each.isdigit()]
    sys.exit(run(number, seed, only) > 0)
