"""A server on core 0 that is measured: a uvicorn with our app or another, or any command that listens."""

import asyncio
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from itertools import cycle
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.benchmarks.rounds import Measured
from tests.support.load import BROWSER, load
from tests.support.processes import descendants
from tests.support.service import free_port

SERVE = (
    "import mailpixel, os, sys, uvicorn; assert mailpixel.__file__.startswith(os.getcwd()), mailpixel.__file__; "
    "from mailpixel.server.protocol import TrackingProtocol; ours = sys.argv[3] == 'factory'; "
    "uvicorn.run(sys.argv[1], factory=ours, port=int(sys.argv[2]), http=TrackingProtocol if ours else 'httptools', "
    "access_log=False, proxy_headers=False, server_header=False, ws='none', log_level='warning')"
)
ROOT = Path(__file__).parent.parent.parent
BROWSERS = [BROWSER.replace("Chrome/153.0.0.0", f"Chrome/{100 + n % 60}.0.{n}.0") for n in range(500)]
"""The headers of browsers that differ in their agent, made before anything is measured."""


class Listening:
    """Processes that listen on a port, all on core 0."""

    def __init__(
        self, command: Sequence[str], port: int, environment: Mapping[str, str], folder: Path = ROOT
    ) -> None:
        self.port = port
        self._process = subprocess.Popen(command, env=os.environ | environment, cwd=folder)
        os.sched_setaffinity(self._process.pid, {0})
        while not asyncio.run(load(self.port, ["/healthz"], 1)):
            if self._process.poll() is not None:
                raise RuntimeError(f"{command[0]} has ended with {self._process.returncode}")
            time.sleep(0.1)
        for task in self._tasks():
            os.sched_setaffinity(int(task.name), {0})

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _tasks(self) -> list[Path]:
        processes = [Path(f"/proc/{self._process.pid}"), *descendants(self._process.pid)]
        return [task for process in processes for task in process.glob("task/*")]

    def cpu_s(self) -> float:
        """CPU time of all its processes and threads that still run, from the scheduler, exact to the nanosecond."""
        return sum(int((task / "schedstat").read_text().split()[0]) for task in self._tasks()) / 1e9

    def take(self, paths: Sequence[str], connections: int) -> Measured:
        """Ask for these paths and say what it took."""
        took: list[float] = []
        before, started = self.cpu_s(), time.perf_counter()
        answers = asyncio.run(load(self.port, paths, connections, cycle(BROWSERS), took))
        seconds, cpu_s = time.perf_counter() - started, self.cpu_s() - before
        assert len(answers) == len(paths)
        assert {status for _, status in answers} <= {200, 302}
        cuts = statistics.quantiles(took, n=100)
        return Measured(
            cpu_s / len(answers) * 1e6, len(answers) / seconds, cuts[49] * 1_000, cuts[98] * 1_000
        )

    def stop(self) -> None:
        """End it."""
        self._process.terminate()
        self._process.wait()


class Server(Listening):
    """A uvicorn with one app. `code` is the folder of its checkout.

    Our app is named as a factory, `app_from_environment`, and gets our protocol.
    """

    def __init__(self, app: str, environment: Mapping[str, str], code: Path = ROOT) -> None:
        port = free_port()
        kind = "factory" if app.endswith("_from_environment") else "app"
        super().__init__([sys.executable, "-c", SERVE, app, str(port), kind], port, environment, code)
