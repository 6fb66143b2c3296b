"""The faults of `scripts/soak faults`: what is done to a running service, or to its files while it is down.

A fault is a block. When it ends, everything is as its user puts it right again.
"""

import asyncio
import os
import resource
import secrets
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from mailpixel.spool.files import DAMAGED, segments_in
from mailpixel.spool.frames import Frame
from mailpixel.spool.reading import read_new
from mailpixel.spool.records import events_of
from tests.soak.killing import Folder
from tests.support.load import load
from tests.support.processes import descendants
from tests.support.service import Service, mailpixel

HERE = Path(__file__).parent
LOCKED_S = 60.0
LOADED_S = 15.0
SMALL_DISK = "24m"


class Unable(Exception):
    """This machine or user cannot make the fault."""


@dataclass(slots=True)
class Trial:
    """A folder and its service, and what that `said` so far on stderr.

    `forgiven` are hits that nobody can bring back, as somebody says.
    """

    folder: Folder
    environment: dict[str, str]
    service: Service | None = None
    arguments: tuple[str, ...] = ()
    forgiven: set[str] = field(default_factory=set)
    said: str = ""

    def start(self, **environment: str) -> Service:
        """Start the service."""
        self.service = Service(self.folder.data, self.arguments, self.environment | environment)
        self.service.wait_for("/healthz")
        return self.service

    def stop(self) -> None:
        """End the service politely, and keep what it said."""
        self.said += self.running.stop()

    def kill(self) -> None:
        """Kill the web processes, and keep what they said. Then the process that works ends, too."""
        os.killpg(self.running.process.pid, signal.SIGKILL)
        self.said += self.running.process.communicate()[1]

    @property
    def running(self) -> Service:
        """The service that runs."""
        assert self.service is not None
        return self.service

    @property
    def database(self) -> Path:
        """The database."""
        return self.folder.data / "mailpixel.db"


Fault = Callable[[Trial], AbstractContextManager[None]]


@contextmanager
def nothing(trial: Trial) -> Iterator[None]:
    """For comparison."""
    yield


@contextmanager
def limited(trial: Trial, kind: int, soft: Callable[[int], int]) -> Iterator[None]:
    """A lowered limit of every process that answers."""
    pid = trial.running.process.pid
    web = [pid, *(int(each.name) for each in descendants(pid) if b"spawn_main" in _command(each))]
    before = {each: resource.prlimit(each, kind) for each in web}
    for each, (_, hard) in before.items():
        resource.prlimit(each, kind, (soft(each), hard))
    yield
    for each, limits in before.items():
        with suppress(ProcessLookupError):
            resource.prlimit(each, kind, limits)


def _command(process: Path) -> bytes:
    try:
        return (process / "cmdline").read_bytes()
    except OSError:
        return b""


def disk_full(trial: Trial) -> AbstractContextManager[None]:
    """No file can grow."""
    return limited(trial, resource.RLIMIT_FSIZE, lambda pid: 0)


def out_of_descriptors(trial: Trial) -> AbstractContextManager[None]:
    """No further file or connection can be opened."""
    return limited(
        trial, resource.RLIMIT_NOFILE, lambda pid: len(list(Path(f"/proc/{pid}/fd").iterdir())) + 1
    )


@contextmanager
def out_of_memory(trial: Trial) -> Iterator[None]:
    """No process that answers gets more memory, while many ask for large answers at once."""
    paths = ["/metrics", "/readyz", "/static/missing", f"/{'x' * 4_000}"] * 500
    with limited(trial, resource.RLIMIT_AS, lambda pid: _bytes_of(pid) + 65_536):
        with suppress(TimeoutError):
            asyncio.run(asyncio.wait_for(load(trial.running.port, paths, connections=200), LOADED_S))
        yield


def _bytes_of(pid: int) -> int:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[0])
    return pages * os.sysconf("SC_PAGE_SIZE")


@contextmanager
def sync_fails(trial: Trial) -> Iterator[None]:
    """Durable writes and syncs fail; every other write is in the file all the same."""
    failing = Path(trial.environment["FAILING_DISK"])
    failing.touch()
    yield
    failing.unlink()


def failing_disk(folder: Path) -> dict[str, str]:
    """The settings of a service whose disk can fail. Raises `Unable` without a compiler."""
    library = folder / "failing_disk.so"
    compiler = shutil.which("cc")
    if compiler is None:
        raise Unable("needs a C compiler")
    subprocess.run([compiler, "-shared", "-fPIC", "-o", library, HERE / "failing_disk.c", "-ldl"], check=True)
    return {"LD_PRELOAD": str(library), "FAILING_DISK": str(folder / "failing")}


@contextmanager
def locked(trial: Trial) -> Iterator[None]:
    """Another program holds the database for a minute."""
    lock = sqlite3.connect(trial.database, isolation_level=None)
    lock.execute("begin immediate")
    until_s = time.monotonic() + LOCKED_S
    yield
    time.sleep(max(until_s - time.monotonic(), 0))
    lock.execute("rollback")
    lock.close()


@contextmanager
def second_service(trial: Trial) -> Iterator[None]:
    """Another service runs on the same folder."""
    with Service(trial.folder.data) as other:
        other.wait_for("/readyz")
        yield


@contextmanager
def killed(trial: Trial) -> Iterator[None]:
    """Nothing, until the service is killed at once."""
    yield
    trial.kill()
    trial.start()


@contextmanager
def wal_deleted(trial: Trial) -> Iterator[None]:
    """Somebody removes the write-ahead log. As the log says, the service is stopped and started again."""
    trial.database.with_name("mailpixel.db-wal").unlink()
    yield
    trial.stop()
    trial.start()


@contextmanager
def read_only_folder(trial: Trial) -> Iterator[None]:
    """The data folder may only be read."""
    with mounted(trial.folder.data, "--bind", str(trial.folder.data)):
        trial.stop()
        _mount("-o", "remount,bind,ro", str(trial.folder.data))
        trial.start()
        yield
        _mount("-o", "remount,bind,rw", str(trial.folder.data))
        trial.running.wait_for("/readyz")
        trial.stop()
    trial.start()


@contextmanager
def read_only_file(trial: Trial) -> Iterator[None]:
    """The database may only be read, and files beside it may be written."""
    trial.stop()
    with mounted(trial.database, "--bind", str(trial.database)):
        _mount("-o", "remount,bind,ro", str(trial.database))
        trial.start()
        yield
        _mount("-o", "remount,bind,rw", str(trial.database))
        trial.running.wait_for("/readyz")
        trial.stop()
    trial.start()


@contextmanager
def small_disk_full(trial: Trial) -> Iterator[None]:
    """A small disk is full, for the database as for the spool."""
    data, aside = trial.folder.data, trial.folder.data.with_name("aside")
    trial.stop()
    with mounted(data, "-t", "tmpfs", "-o", f"size={SMALL_DISK},mode=700", "tmpfs", before=aside):
        trial.start().wait_for("/readyz")
        fill(data / "filler")
        yield
        (data / "filler").unlink()
        trial.running.wait_for("/readyz")
        trial.stop()
        shutil.copytree(data, aside, dirs_exist_ok=True)
    shutil.copytree(aside, data, dirs_exist_ok=True)
    trial.start()


def fill(path: Path) -> None:
    """Fill the disk with a file."""
    with path.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(4096))


@contextmanager
def mounted(place: Path, *words: str, before: Path | None = None) -> Iterator[None]:
    """Something is mounted over a place, with what was in it where it is kept `before`."""
    if before is not None:
        shutil.copytree(place, before)
    _mount(*words, str(place))
    try:
        if before is not None:
            shutil.copytree(before, place, dirs_exist_ok=True)
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


def _mount(*words: str) -> None:
    program = shutil.which("mount")
    if program is None or subprocess.run([program, *words], capture_output=True, check=False).returncode:
        raise Unable("needs the right to mount")


@contextmanager
def table_damaged(trial: Trial) -> Iterator[None]:
    """A page of the table of events is overwritten. A backup of before is restored."""
    backup = str(trial.folder.data.with_name("backup"))
    trial.stop()
    trial.folder.run("backup", backup)
    page = _page_of(trial.database, "events", "internal") or _page_of(trial.database, "events", "leaf")
    _change(trial.database, page, lambda content: secrets.token_bytes(len(content)))
    trial.start()
    yield
    trial.stop()
    done = mailpixel(trial.folder.data, "restore", backup, "--yes")
    if done.returncode:
        print(f"restore says: {done.stderr.strip()}", file=sys.stderr)
        trial.folder.run("restore", backup, "--yes", "--without-refusals")
    trial.start()


@contextmanager
def index_damaged(trial: Trial) -> Iterator[None]:
    """An entry of an index does not fit its table. `mailpixel check --repair` makes it anew."""
    trial.stop()
    page = _page_of(trial.database, "events_of_message", "leaf")
    _change(trial.database, page, lambda content: content.replace(b"before-", b"befora-", 1))
    trial.start()
    yield
    mailpixel(trial.folder.data, "check", "--repair")


def _page_of(database: Path, name: str, kind: str) -> int:
    """The last page of a table or an index; 0 where there is none of this kind."""
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("pragma wal_checkpoint(truncate)").fetchall()
        asked = "select max(pageno) from dbstat where name = ? and pagetype = ?"
        return int(connection.execute(asked, (name, kind)).fetchone()[0] or 0)


def _change(database: Path, page: int, change: Callable[[bytes], bytes]) -> None:
    size = 4096
    with database.open("r+b") as file:
        file.seek((page - 1) * size)
        content = change(file.read(size))
        file.seek((page - 1) * size)
        file.write(content)


@contextmanager
def spool_damaged(trial: Trial, cut: bool = False) -> Iterator[None]:
    """A byte in the middle of the spool flips before it is read. Only the hits of that write are gone."""
    trial.stop()
    trial.folder.answered += trial.folder.spool("spooled", 100)
    (segment,) = segments_in(trial.folder.data / "spool")
    frames = [each for each in read_new(segment, 0, True) if isinstance(each, Frame)]
    hit = frames[-1 if cut else len(frames) // 2]
    trial.forgiven |= {event.recipient for event in events_of(hit.content)}
    if cut:
        os.truncate(segment.path, hit.end - 50)
    else:
        with segment.path.open("r+b") as file:
            file.seek(hit.start + 100)
            file.write(bytes([segment.path.read_bytes()[hit.start + 100] ^ 1]))
    trial.start()
    yield
    shutil.rmtree(trial.folder.data / "spool" / DAMAGED, ignore_errors=True)  # as `check` says


def spool_cut(trial: Trial) -> AbstractContextManager[None]:
    """The last file of a writer lost its end."""
    return spool_damaged(trial, cut=True)


@contextmanager
def wrong_clock(trial: Trial, shift: str) -> Iterator[None]:
    """The service is started by a wrong clock, and then by the right one again."""
    library = next(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"), None)
    if library is None:
        raise Unable("needs faketime")
    trial.stop()
    trial.start(LD_PRELOAD=str(library), FAKETIME=shift, DONT_FAKE_MONOTONIC="1")
    yield
    trial.stop()
    trial.start()


@dataclass(frozen=True, slots=True)
class Expected:
    """What must be seen of a fault: the answer of readiness (None: any), words in the log, and a kind of `check`."""

    fault: Fault
    ready: int | None = 200
    says: str = ""
    found: str = ""
    workers: int = 1


FAULTS: Mapping[str, Expected] = {
    "nothing": Expected(nothing),
    "disk full": Expected(disk_full, 503, "the spool cannot be written: File too large; free some space"),
    "small disk full": Expected(
        small_disk_full, 503, "the spool cannot be written: No space left on device; free some space"
    ),
    "sync fails": Expected(
        sync_fails, 503, "the spool cannot be written: Input/output error; check the disk"
    ),
    "read-only folder": Expected(
        read_only_folder, 503, "the spool cannot be written: Read-only file system; make"
    ),
    "read-only file": Expected(read_only_file, 503, "the database is read-only; make the file"),
    "database locked": Expected(locked, 503, "the database is locked by another process; stop the program"),
    "write-ahead log deleted": Expected(wal_deleted, 503, "stop the service, put the right files in place"),
    "table damaged": Expected(table_damaged, 503, "is damaged; restore it from a backup", "file"),
    "index damaged": Expected(index_damaged, 200, "", "indexes"),
    "spool damaged": Expected(spool_damaged, 200, "are damaged and are kept in the folder", "spool"),
    "spool cut": Expected(spool_cut, 200, "was cut off"),
    "out of descriptors": Expected(out_of_descriptors, None, "raise the limit of open files"),
    "out of memory": Expected(out_of_memory, None, workers=2),
    "second service": Expected(second_service),
    "killed": Expected(killed),
    "clock a day ahead": Expected(partial(wrong_clock, shift="+1d"), None),
    "clock a day behind": Expected(partial(wrong_clock, shift="-1d"), None),
}
"""The faults by name."""
