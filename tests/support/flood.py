"""What a flood does to a service: its memory and its disk, and how long a reader beside it waits."""

import http.client
import sqlite3
import threading
import time
from contextlib import closing
from pathlib import Path

from tests.support.service import Service

MEGABYTE = 1024 * 1024


def memory_bytes(service: Service) -> int:
    """The resident memory of the process that answers requests."""
    lines = Path(f"/proc/{service.process.pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmRSS"))


def disk_bytes(data: Path) -> int:
    """The size of the database, once its write-ahead log is in it."""
    with closing(sqlite3.connect(data / "mailpixel.db")) as connection:
        connection.execute("pragma wal_checkpoint(truncate)").fetchall()
    return (data / "mailpixel.db").stat().st_size


def count_of(data: Path, table: str) -> int:
    """How many rows a table of the database has."""
    with closing(sqlite3.connect(data / "mailpixel.db")) as connection:
        (rows,) = connection.execute(f"select count(*) from {table}").fetchone()
    return int(rows)


class Reader:
    """Asks for one path again and again over a connection of its own, for as long as the block lasts.

    `waits_s` has how long each answer took; it is for people to look at, not for tests to judge.
    """

    def __init__(self, service: Service, path: str, status: int, pause_s: float = 0.01) -> None:
        self._port = service.port
        self._path = path
        self._status = status
        self._pause_s = pause_s
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._read)
        self.waits_s: list[float] = []
        self.wrong: list[int] = []

    def __enter__(self) -> "Reader":
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._stopping.set()
        self._thread.join()

    def _read(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
        while not self._stopping.wait(self._pause_s):
            started = time.monotonic()
            connection.request("GET", self._path)
            answer = connection.getresponse()
            answer.read()
            self.waits_s.append(time.monotonic() - started)
            if answer.status != self._status:
                self.wrong.append(answer.status)
        connection.close()

    def percentiles(self) -> str:
        """The median, the 99th percentile and the longest wait, in words."""
        waits = sorted(self.waits_s) or [0.0]
        median, ninety_nine = waits[len(waits) // 2], waits[len(waits) * 99 // 100]
        return (
            f"{len(waits)} answers, p50 {median * 1e3:.1f} ms, p99 {ninety_nine * 1e3:.1f} ms,"
            f" most {waits[-1] * 1e3:.1f} ms"
        )


def quiet(service: Service, path: str, status: int, for_s: float = 1.0) -> str:
    """How long a reader waits when nothing else goes on."""
    with Reader(service, path, status) as reader:
        time.sleep(for_s)
    return reader.percentiles()


def metric(service: Service, beginning: str) -> float:
    """The sum of the metrics whose line begins so."""
    lines = service.get("/metrics")[2].decode().splitlines()
    return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith(beginning))
