"""How many events a second go from the answer into the figures without end, on two cores with the client beside.

    scripts/bench sustained
    .venv/bin/python -m tests.benchmarks.bench_sustained --seconds 15 --first 6000 --step 2000

`serve` and its `work` run as they do by default. The pace of the client rises step by step, with new people at each,
until what is answered and not in the figures grows; then smaller steps follow. Printed are the highest pace that was
held, the CPU time an event of each stage, the answers a second at most (nothing keeps up with them), the time until an
event is in the figures at half of the bar, and the wait at 64 connections against a bare server's.
"""

import argparse
import http.client
import os
import statistics
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack, closing
from itertools import count, islice
from pathlib import Path
from typing import NamedTuple

from mailpixel.claims import Claims, TokenKind
from mailpixel.folder.key_file import load_keyring
from mailpixel.links.token import TokenSigner
from mailpixel.store.sqlite import open_sqlite
from mailpixel.store.store import Store
from tests.benchmarks.bench_server import OURS, paths_of
from tests.benchmarks.bench_server import prepared as benched
from tests.benchmarks.rounds import spread
from tests.benchmarks.served import Server
from tests.benchmarks.table import print_rows
from tests.soak.sampling import MAILS, answered, behind_by
from tests.support.driver import AS_FAST, Driver
from tests.support.processes import descendants
from tests.support.service import Service
from tests.support.traffic import PROXIED, installed, prepared

BAR, VISIBLE_BAR_S, WAIT_BAR = 12_000, 1.0, 2.0
CONNECTIONS, PROBES, ROUNDS, REQUESTS = 64, 60, 5, 10_000
BEGIN_SHARE = 1 / 3
"""This share of a step passes before growth is measured."""
GROWTH = 0.02
"""What is not in the figures may grow by this share of the pace, and count as held."""
CATCH_UP_S = 180.0
STAGES = ("answering", "expanding", "folding", "other work")
OF_THREAD = {"expand": "expanding", "fold": "folding"}


class Step(NamedTuple):
    """One pace: what was answered a second, by how much what waits grew each second, CPU us an event by stage."""

    pace: float
    answers_s: float
    growth_s: float
    behind: int
    p99_ms: float
    cpu_us: dict[str, float]

    @property
    def held(self) -> bool:
        """Whether it could go on like this."""
        return self.answers_s > self.pace * 0.98 and self.growth_s < self.pace * GROWTH


def cpu_s(service: Service) -> dict[str, float]:
    """CPU time of each stage so far, of all threads that still run."""
    found: dict[str, float] = dict.fromkeys(STAGES, 0.0)
    web = Path(f"/proc/{service.process.pid}")
    for process in (web, *descendants(service.process.pid)):
        for task in process.glob("task/*"):
            try:
                spent = int((task / "schedstat").read_text().split()[0]) / 1e9
                name = (task / "comm").read_text().strip()
            except OSError:  # it has just ended
                continue
            found["answering" if process == web else OF_THREAD.get(name, "other work")] += spent
    return found


def wait_until_folded(store: Store, events: int) -> None:
    """Wait until this number of events, and everything else that waits, is in the figures."""
    until = time.monotonic() + CATCH_UP_S
    while behind_by(store, events) and time.monotonic() < until:
        time.sleep(0.2)


def step(service: Service, store: Store, pace: float, seed: int, seconds: float) -> Step:
    """Ask at one pace, with people of its own."""
    logged = store.consumer("nobody").waiting().events
    number = int(min(pace, 30_000) * seconds)
    driver = Driver(service.port, CONNECTIONS, prepared, service.data, seed, number)
    driver.pace(pace)
    first = driver.watch(seconds * BEGIN_SHARE)
    before, began = cpu_s(service), time.monotonic()
    behind = behind_by(store, logged + answered(first.answers, *MAILS))
    rest = driver.watch(seconds * (1 - BEGIN_SHARE))
    total = answered(first.answers + rest.answers, *MAILS)
    behind_then, took = behind_by(store, logged + total), time.monotonic() - began
    spent = {stage: now - before[stage] for stage, now in cpu_s(service).items()}
    last = driver.stop()
    wait_until_folded(store, logged + total + answered(last.answers, *MAILS))
    spent["client"] = rest.cpu_s
    events = max(rest.total, 1)
    each = {stage: used / events * 1e6 for stage, used in spent.items()}
    return Step(
        pace, rest.total / rest.seconds, (behind_then - behind) / took, behind_then, rest.wait_ms(0.99), each
    )


def climbed(service: Service, store: Store, first: float, by: float, seconds: float) -> list[Step]:
    """Steps up to the first that was not held, then smaller ones from the last that was."""
    steps: list[Step] = []
    seeds, pace = count(1), first
    for size in (by, by / 4):
        while True:
            steps.append(step(service, store, pace, next(seeds), seconds))
            print(f"{pace:,.0f}/s: {'held' if steps[-1].held else 'not held'}", flush=True)
            if not steps[-1].held:
                break
            pace += size
        pace = max((each.pace for each in steps if each.held), default=0.0) + by / 4
        if pace == by / 4:
            break
    return steps


def visible_s(service: Service, store: Store, signer: TokenSigner) -> list[float]:
    """How long each of some hits took from its answer into the figures, while the service is kept at work."""
    found = []
    with closing(http.client.HTTPConnection("127.0.0.1", service.port, timeout=30)) as line:
        for number in range(PROBES):
            recipient = f"probe-{number:06d}"
            line.request("GET", f"/o/{signer.sign(Claims(TokenKind.OPEN, 'probe', recipient))}")
            line.getresponse().read()
            began = time.monotonic()
            while not any(
                each.recipient == recipient for each in store.recipients("probe", f"{recipient[:-1]}", 20)
            ):
                time.sleep(0.005)
            found.append(time.monotonic() - began)
    return found


def burst(folder: Path) -> tuple[float, float]:
    """Answers a second at most of a server on one core, with nothing behind it, and CPU us of the client for each."""
    data = folder / "burst"
    installed(data)
    server = Server(OURS, {"MAILPIXEL_DATA": str(data), **PROXIED})
    driver = Driver(server.port, CONNECTIONS, prepared, data, 1, 100_000)
    driver.pace(AS_FAST)
    driver.watch(1)
    seen = driver.watch(5)
    driver.stop()
    server.stop()
    return seen.total / seen.seconds, seen.cpu_s / seen.total * 1e6


def waits(folder: Path) -> tuple[list[float], list[float], list[float]]:
    """p99 in ms of a bare server and of ours by round, and their ratio; both on one core at 64 connections."""
    signer = benched(folder / "waits")
    paths = paths_of(signer, "pixel")
    bare, ours = [], []
    with ExitStack() as stack:
        reference = stack.enter_context(Server("tests.benchmarks.bare:app", {}))
        server = stack.enter_context(Server(OURS, {"MAILPIXEL_DATA": str(folder / "waits")}))
        for _ in range(ROUNDS):
            bare.append(reference.take(list(islice(paths, REQUESTS)), CONNECTIONS).p99_ms)
            ours.append(server.take(list(islice(paths, REQUESTS)), CONNECTIONS).p99_ms)
    return bare, ours, [our / its for our, its in zip(ours, bare, strict=True)]


def print_steps(steps: Sequence[Step]) -> None:
    """The table of the steps."""
    stages = (*STAGES, "client")
    table = [
        (
            f"{each.pace:,.0f}",
            f"{each.answers_s:,.0f}",
            f"{each.growth_s:,.0f}",
            f"{each.behind:,}",
            f"{each.p99_ms:.1f}",
            *(f"{each.cpu_us[stage]:.1f}" for stage in stages),
            "held" if each.held else "not held",
        )
        for each in steps
    ]
    columns = (
        "pace/s",
        "answers/s",
        "waiting grew by/s",
        "waiting",
        "p99 ms",
        *(f"{each}, us" for each in stages),
    )
    print_rows("sustained", (*columns, ""), table)


def print_whole(
    steps: Sequence[Step], visible: Sequence[float], most: tuple[float, float], folder: Path
) -> None:
    """The table of the figures that have bars."""
    held = max((each.pace for each in steps if each.held), default=0)
    cuts = statistics.quantiles(visible, n=100)
    bare, ours, ratio = map(spread, waits(folder))
    until_seen = f"{cuts[49]:.2f}, {cuts[98]:.2f}, {max(visible):.2f} s"
    table = (
        ("events/s that were held", f"{held:,.0f}", f"{BAR:,}"),
        (f"in the figures at {BAR // 2:,}/s: median, p99, most", until_seen, f"{VISIBLE_BAR_S:.0f} s"),
        ("answers/s at most, one core", f"{most[0]:,.0f}, client {most[1]:.1f} us", ""),
        ("p99 ms at 64 connections: bare, ours, ratio", f"{bare}, {ours}, {ratio}", f"{WAIT_BAR:.0f}"),
    )
    print_rows("from answer to figures", ("what", "figure", "bar"), table)


def at_half(service: Service, store: Store) -> list[float]:
    """How long events take into the figures at half of the bar."""
    driver = Driver(service.port, CONNECTIONS, prepared, service.data, 1_000, 120_000)
    driver.pace(BAR / 2)
    driver.watch(3)
    found = visible_s(service, store, TokenSigner(load_keyring(service.data / "keys.json")))
    driver.stop()
    return found


def main(first: float, by: float, seconds: float) -> None:
    """Everything once."""
    with tempfile.TemporaryDirectory() as made, ExitStack() as stack:
        folder = Path(made)
        data = folder / "data"
        installed(data)
        store, registry = open_sqlite(data / "mailpixel.db")
        stack.callback(registry.close)
        stack.callback(store.close)
        with Service(data, environment=PROXIED) as service:
            service.wait_for("/readyz")
            steps = climbed(service, store, first, by, seconds)
            visible = at_half(service, store)
        os.sched_setaffinity(0, {1} if (os.cpu_count() or 1) > 1 else {0})
        print_steps(steps)
        print_whole(steps, visible, burst(folder), folder)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--first", type=float, default=6_000)
    parser.add_argument("--step", type=float, default=2_000)
    parser.add_argument("--seconds", type=float, default=15)
    chosen = parser.parse_args()
    main(chosen.first, chosen.step, chosen.seconds)
