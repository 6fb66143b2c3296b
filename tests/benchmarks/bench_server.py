"""Pixel with a durable log and redirect, against a bare constant GIF on the same server and core.

Both run under the same uvicorn on core 0, one worker, the fold not running; the load comes from core 1.
The figure is CPU time per answer (all threads of the server), its ratio the reference's by ours.
"""

import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from mailpixel.claims import Claims, TokenKind
from mailpixel.folder.key_file import create_keyring
from mailpixel.links.token import TokenSigner
from mailpixel.model import Campaign, Link
from tests.benchmarks.table import print_rows
from tests.support.load import load
from tests.support.service import free_port
from tests.support.stores import open_settled

REQUESTS, CONNECTIONS, ROUNDS = 20_000, 64, 5
SERVE = (
    "import sys, uvicorn; from mailpixel.server.protocol import TrackingProtocol; ours = sys.argv[3] == 'factory'; "
    "uvicorn.run(sys.argv[1], factory=ours, port=int(sys.argv[2]), http=TrackingProtocol if ours else 'httptools', "
    "access_log=False, proxy_headers=False, server_header=False, ws='none', log_level='warning')"
)
TICKS = os.sysconf("SC_CLK_TCK")


class Server:
    """A uvicorn on core 0."""

    def __init__(self, app: str, factory: bool, environment: dict[str, str]) -> None:
        self.port = free_port()
        command = [sys.executable, "-c", SERVE, app, str(self.port), "factory" if factory else "app"]
        self._process = subprocess.Popen(command, env=os.environ | environment)
        os.sched_setaffinity(self._process.pid, {0})
        while not asyncio.run(load(self.port, ["/healthz"], 1)):
            time.sleep(0.1)
        for task in os.listdir(f"/proc/{self._process.pid}/task"):
            os.sched_setaffinity(int(task), {0})

    def cpu_s(self) -> float:
        """CPU time the server has used, all threads, user and system."""
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def measure(self, paths: Sequence[str]) -> tuple[float, float]:
        """(CPU microseconds an answer, answers a second)."""
        before, started = self.cpu_s(), time.perf_counter()
        answers = asyncio.run(load(self.port, paths, CONNECTIONS))
        seconds, cpu_s = time.perf_counter() - started, self.cpu_s() - before
        assert len(answers) == len(paths)
        assert {status for _, status in answers} <= {200, 302}
        return cpu_s / len(answers) * 1e6, len(answers) / seconds

    def stop(self) -> None:
        """End it."""
        self._process.terminate()
        self._process.wait()


def main() -> None:
    """Run the rounds in turn and print the medians."""
    os.sched_setaffinity(0, {1} if (os.cpu_count() or 1) > 1 else {0})
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder)
        _, registry = open_settled(data / "mailpixel.db")
        now = datetime.now(UTC)
        registry.add_campaign(
            Campaign("c1", "One", sent_at=now, links=(Link(1, "https://shop.example/spring"),))
        )
        signer = TokenSigner(create_keyring(data / "keys.json"))
        pixels = [
            "/o/" + signer.sign(Claims(TokenKind.OPEN, "c1", f"r-{n}")) + ".gif" for n in range(REQUESTS)
        ]
        links = [
            "/c/" + signer.sign(Claims(TokenKind.CLICK, "c1", f"r-{n}", link=1)) for n in range(REQUESTS)
        ]
        bare = Server("tests.benchmarks.bare:app", False, {})
        ours = Server("mailpixel.server.app:app_from_environment", True, {"MAILPIXEL_DATA": folder})
        measured: dict[str, list[tuple[float, float]]] = {"bare GIF": [], "pixel": [], "redirect": []}
        for _ in range(ROUNDS):
            measured["bare GIF"].append(bare.measure(pixels))
            measured["pixel"].append(ours.measure(pixels))
            measured["redirect"].append(ours.measure(links))
        bare.stop()
        ours.stop()
    report(measured)


def report(measured: dict[str, list[tuple[float, float]]]) -> None:
    """The table: median CPU an answer, median rate, ratio round by round to the bare GIF, bar."""
    bars = {"bare GIF": "", "pixel": "0.60", "redirect": "0.50"}
    reference = [cpu for cpu, _ in measured["bare GIF"]]
    rows = []
    for name, rounds in measured.items():
        ratio = statistics.median(base / cpu for base, (cpu, _) in zip(reference, rounds, strict=True))
        cpu, rate = (statistics.median(values) for values in zip(*rounds, strict=True))
        rows.append((name, f"{cpu:.1f}", f"{rate:,.0f}", f"{ratio:.2f}", bars[name]))
    print_rows("server", ("answer", "CPU us", "answers/s", "ratio", "bar"), rows)


if __name__ == "__main__":
    main()
