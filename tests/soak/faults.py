"""Faults of the machine beneath a running service: no answered hit is lost or doubled but those that are counted, the
figures are those of a rebuild, and readiness or the log says what is wrong. `scripts/soak faults [NAME]`.
"""

import os
import resource
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path

from mailpixel import TokenKind
from mailpixel.claims import Claims
from mailpixel.folder.key_file import load_keyring
from mailpixel.links.token import TokenSigner
from tests.benchmarks.table import print_rows
from tests.support.flood import metric
from tests.support.service import Service, rows
from tests.support.stores import open_settled

HITS = 300
SETTLE_S = 3.0
Fault = Callable[[Service], AbstractContextManager[None]]


@contextmanager
def limited(service: Service, kind: int, soft: int) -> Iterator[None]:
    """A lowered limit of the process that serves."""
    before = resource.prlimit(service.process.pid, kind)
    resource.prlimit(service.process.pid, kind, (soft, before[1]))
    yield
    resource.prlimit(service.process.pid, kind, before)


def disk_full(service: Service) -> AbstractContextManager[None]:
    """Every write fails."""
    return limited(service, resource.RLIMIT_FSIZE, 0)


def out_of_descriptors(service: Service) -> AbstractContextManager[None]:
    """No further file or connection can be opened."""
    used = len(list(Path(f"/proc/{service.process.pid}/fd").iterdir()))
    return limited(service, resource.RLIMIT_NOFILE, used + 2)


@contextmanager
def locked(service: Service) -> Iterator[None]:
    """Another program holds the database."""
    lock = sqlite3.connect(service.data / "mailpixel.db", isolation_level=None)
    lock.execute("begin immediate")
    yield
    lock.execute("rollback")
    lock.close()


@contextmanager
def second_service(service: Service) -> Iterator[None]:
    """Another service runs on the same folder."""
    with Service(service.data) as other:
        other.wait_for("/readyz")
        yield


@contextmanager
def killed(service: Service) -> Iterator[None]:
    """Nothing, until the service is killed at once."""
    yield
    service.kill()


@contextmanager
def nothing(service: Service) -> Iterator[None]:
    """For comparison."""
    yield


FAULTS: tuple[Fault, ...] = (nothing, disk_full, out_of_descriptors, locked, second_service, killed)
CLOCKS: Mapping[str, str] = {"clock a day ahead": "+1d", "clock a day behind": "-1d"}
"""Run under faketime, between two runs by the right clock."""


def ask(service: Service, signer: TokenSigner, name: str, number: int) -> list[str]:
    """The recipients whose pixel was answered."""
    answered = []
    for each in range(number):
        recipient = f"{name}-{each}"
        path = f"/o/{signer.sign(Claims(TokenKind.OPEN, 'c1', recipient))}.gif"
        with suppress(OSError):
            if service.status(path) == 200:
                answered.append(recipient)
    return answered


def judged(data: Path, answered: list[str]) -> tuple[int, int, str]:
    """How many answered hits are missing, how many are there twice, and whether a rebuild changes anything."""
    logged = Counter(
        message.recipient
        for message in open_settled(data / "mailpixel.db")[0].messages("c1")
        for _ in message.events
    )
    rows(data, "report", "c1")  # folds what is left
    changes = rows(data, "rebuild", "--dry-run")
    lost = len(set(answered) - logged.keys())
    return lost, sum(count > 1 for count in logged.values()), " ".join(changes.split())[-60:]


def tried(fault: Fault) -> list[object]:
    """A row: hits before, during and after a fault."""
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        rows(data, "campaign", "add", "c1", "--name", "One", "--link", "https://shop.example/")
        signer = TokenSigner(load_keyring(data / "keys.json"))
        with Service(data, environment={"MAILPIXEL_READY_LAG_S": "2"}) as service:
            service.wait_for("/readyz")
            answered = ask(service, signer, "before", HITS)
            with fault(service):
                answered += ask(service, signer, "during", HITS)
                time.sleep(SETTLE_S)
                ready = service.status("/readyz")
            dropped = 0.0
            if service.process.poll() is None:
                service.wait_for("/readyz")
                answered += ask(service, signer, "after", HITS)
                dropped = metric(service, 'mailpixel_hits_total{outcome="queue_full"')
        lost, doubled, changes = judged(data, answered)
        return [fault.__name__, len(answered), lost, int(dropped), doubled, ready, changes]


def by_clock(name: str, shift: str) -> list[object]:
    """A row: hits by the right clock, by a wrong one, and by the right one again."""
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        rows(data, "campaign", "add", "c1", "--name", "One", "--link", "https://shop.example/")
        signer = TokenSigner(load_keyring(data / "keys.json"))
        answered: list[str] = []
        for word in ("", shift, ""):
            library = next(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"), None)
            wrong = {"LD_PRELOAD": str(library), "FAKETIME": word, "DONT_FAKE_MONOTONIC": "1"} if word else {}
            with Service(data, environment=wrong) as service:
                service.wait_for("/healthz")
                answered += ask(service, signer, f"clock{len(answered)}", HITS)
                ready = service.status("/readyz")
        lost, doubled, changes = judged(data, answered)
        return [name, len(answered), lost, 0, doubled, ready, changes]


def run(names: list[str]) -> None:
    """Print a row for each fault."""
    found = [tried(fault) for fault in FAULTS if not names or fault.__name__ in names]
    if any(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1")):
        found += [by_clock(name, shift) for name, shift in CLOCKS.items() if not names or name in names]
    else:
        print("clocks: not tried, faketime is not installed", file=sys.stderr)
    columns = (
        "fault",
        "answered",
        "missing",
        "counted as dropped",
        "twice",
        "readyz meanwhile",
        "a rebuild says",
    )
    print_rows(f"faults, user {os.getuid()}", columns, found)


if __name__ == "__main__":
    run(sys.argv[1:])
