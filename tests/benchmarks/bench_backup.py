"""What a backup does to hits: `python -m tests.benchmarks.bench_backup`.

A service answers 16 connections, and meanwhile nothing else happens, a backup is made again and again, or SQLite copies
the same database by its other ways. All by turns, so that what else the machine does meets each alike.
"""

import asyncio
import itertools
import os
import sqlite3
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

from mailpixel import TokenKind
from mailpixel.claims import Claims
from mailpixel.cli.backup import NICE
from mailpixel.folder.key_file import load_keyring
from mailpixel.links.token import TokenSigner
from mailpixel.store.sqlite.copying import copy_database
from tests.benchmarks.table import print_rows
from tests.support.load import BROWSER, Connection
from tests.support.service import Service, rows

ROUNDS, SECONDS, CONNECTIONS = 5, 4.0, 16
PAGES = 40_000
"""Pages that the database has at least: 160 MB."""


class Timed(Connection):
    """Notes how long each answer took, in milliseconds."""

    def __init__(self, requests: Iterator[tuple[str, bytes]], took_ms: list[float]) -> None:
        super().__init__(requests, [])
        self.took_ms = took_ms
        self.began_s = 0.0

    def _ask(self) -> None:
        now_s = time.perf_counter()
        if self.began_s:
            self.took_ms.append((now_s - self.began_s) * 1000)
        self.began_s = now_s
        super()._ask()


async def answers(port: int, paths: Iterator[str]) -> list[float]:
    """Milliseconds of every answer within `SECONDS`."""
    end_s, took_ms = time.monotonic() + SECONDS, list[float]()

    def requests() -> Iterator[tuple[str, bytes]]:
        for path in paths:
            if time.monotonic() > end_s:
                return
            yield path, f"GET {path} HTTP/1.1\r\nHost: t\r\n{BROWSER}\r\n".encode()

    left, loop = requests(), asyncio.get_running_loop()
    made = [
        (await loop.create_connection(lambda: Timed(left, took_ms), "127.0.0.1", port))[1]
        for _ in range(CONNECTIONS)
    ]
    await asyncio.gather(*(connection.done for connection in made))
    return took_ms


def nothing(source: Path, target: Path) -> None:
    """No copy."""
    time.sleep(0.2)


def in_parts(source: Path, target: Path) -> None:
    """As `mailpixel backup` does, with the check of the copy."""
    os.nice(NICE)
    copy_database(source, target, lambda done, of: None)


def at_once(source: Path, target: Path) -> None:
    """The same copy in one step."""
    with closing(sqlite3.connect(source)) as connection, closing(sqlite3.connect(target)) as copy:
        connection.backup(copy)


def vacuum_into(source: Path, target: Path) -> None:
    """A copy that SQLite makes compact."""
    with closing(sqlite3.connect(source)) as connection:
        connection.execute("vacuum into ?", (str(target),))


WAYS: dict[str, Callable[[Path, Path], None]] = {
    "no copy": nothing,
    "mailpixel backup": in_parts,
    "backup in one step": at_once,
    "vacuum into": vacuum_into,
}


class Copying:
    """Copies again and again, each time in a process of its own, until it is ended."""

    def __init__(self, way: str, source: Path, folder: Path) -> None:
        self.copies, self._ended = 0, threading.Event()
        self._way, self._source, self._target = WAYS[way], source, folder / "copy.db"
        self._thread = threading.Thread(target=self._copy)
        self._thread.start()

    def end(self) -> None:
        self._ended.set()
        self._thread.join()

    def _copy(self) -> None:
        while not self._ended.is_set():
            child = os.fork()
            if child == 0:
                self._target.unlink(missing_ok=True)
                self._way(self._source, self._target)
                os._exit(0)
            os.waitpid(child, 0)
            self.copies += 1


def enlarge(path: Path) -> None:
    """Let the database have `PAGES` pages."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("create table ballast (content blob)")
        pages = ((os.urandom(4_000),) for _ in range(PAGES))
        connection.executemany("insert into ballast values (?)", pages)


def main() -> None:
    with TemporaryDirectory() as made:
        folder = Path(made)
        data = folder / "data"
        rows(data, "campaign", "add", "c1", "--name", "One", "--link", "https://shop.example/")
        signer = TokenSigner(load_keyring(data / "keys.json"))
        enlarge(data / "mailpixel.db")
        paths = (
            f"/o/{signer.sign(Claims(TokenKind.OPEN, 'c1', f'r-{number}'))}.gif"
            for number in itertools.count()
        )
        found: dict[str, list[tuple[float, ...]]] = {way: [] for way in WAYS}
        with Service(data) as service:
            for way in itertools.chain.from_iterable(itertools.repeat(tuple(WAYS), ROUNDS)):
                copying = Copying(way, data / "mailpixel.db", folder)
                took_ms = sorted(asyncio.run(answers(service.port, paths)))
                copying.end()
                at = [took_ms[int(len(took_ms) * share)] for share in (0.5, 0.99)]
                found[way].append((len(took_ms) / SECONDS, *at, took_ms[-1], copying.copies))
    table = [
        (way, *(f"{statistics.median(column):,.1f}" for column in zip(*rounds, strict=True)))
        for way, rounds in found.items()
    ]
    print_rows(
        f"Hits beside a copy of {PAGES * 4 // 1000} MB, {CONNECTIONS} connections, medians of {ROUNDS} rounds",
        ("meanwhile", "answers/s", "p50 ms", "p99 ms", "longest ms", "copies in a round"),
        table,
    )


if __name__ == "__main__":
    main()
