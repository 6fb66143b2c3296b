"""An hour of everyday work: a whole installation at half of its capacity, and whether anything grows.

    scripts/soak hour [SECONDS] [--rate N] [--folder FOLDER]

A fresh data folder, `serve` with its `work`; mails opened, links followed, pages viewed, a few opt-outs and reads of
the API. Every five seconds memory, descriptors, files, ages and waits are looked at. It ends with a table of the last
quarter against the first (after a warm-up), the same as a picture (`hour.svg`) and as numbers (`hour.json`), and with
a count of answered hits that are not in the log. It exits with 1 where a bar is missed.
"""

import argparse
import http.client
import json
import statistics
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from mailpixel import TokenKind
from mailpixel.claims import Claims
from mailpixel.folder.key_file import load_keyring
from mailpixel.links.token import TokenSigner
from mailpixel.store.sqlite import open_sqlite
from tests.benchmarks.table import print_rows
from tests.soak.sampling import MAILS, Sample, answered, quarters, sample
from tests.support.driver import AS_FAST, NOTHING_SEEN, Driver, Seen, together
from tests.support.plot import draw
from tests.support.service import Service, rows
from tests.support.stores import open_settled
from tests.support.traffic import CAMPAIGNS, PROXIED, everyday, installed

CONNECTIONS = 64
CAPACITY_S = 10.0
EVERY_S = 5.0
CATCH_UP_S = 120.0
SEED = 14
Answers = Counter[tuple[str, int]]


class Bar(NamedTuple):
    """A line of the table: what a sample has, and the largest last value that is right, from the first one."""

    name: str
    of: Callable[[Sample], float]
    most: Callable[[float], float] | None = None


def bars(roles: Sequence[str]) -> list[Bar]:
    """All lines of the table."""
    return [
        *(Bar(f"memory of {role}, MB", memory_of(role), _grown_memory) for role in roles),
        *(Bar(f"descriptors of {role}", descriptors_of(role), lambda n: n + 5) for role in roles),
        Bar("WAL, MB", lambda s: s.wal_mb, lambda first: max(first * 1.5, 64)),
        Bar("spool, MB", lambda s: s.spool_mb, lambda first: max(first * 1.5, 32)),
        Bar("oldest hit in the spool, s", lambda s: s.spool_age_s, lambda first: max(first * 1.5, 1.0)),
        Bar("not in the figures yet", lambda s: s.behind, lambda first: first * 1.5 + 2_000),
        Bar("p50, ms", lambda s: s.p50_ms, lambda first: first * 1.5 + 0.5),
        Bar("p99, ms", lambda s: s.p99_ms, lambda first: first * 1.5 + 5),
        Bar("database, MB", lambda s: s.database_mb),
    ]


def memory_of(role: str) -> Callable[[Sample], float]:
    """What gives the resident memory of a process."""
    return lambda each: each.processes[role].rss_mb


def descriptors_of(role: str) -> Callable[[Sample], float]:
    """What gives the open descriptors of a process."""
    return lambda each: each.processes[role].descriptors


def _grown_memory(first: float) -> float:
    return min(first * 1.05, 120.0)


@contextmanager
def asked_beside(service: Service, signer: TokenSigner, key: str) -> Iterator[Answers]:
    """Once a second somebody opts out, and a program reads the API, while the block runs. Gives their answers."""
    answers: Answers = Counter()
    ending = threading.Event()

    def ask() -> None:
        number = 0
        while not ending.wait(1.0):
            number += 1
            token = signer.sign(Claims(TokenKind.MESSAGE, CAMPAIGNS[0], f"out-{number}"))
            for kind, method, path in (
                ("opt-out", "POST", f"/u/{token}"),
                ("summary", "GET", f"/api/campaigns/{CAMPAIGNS[number % len(CAMPAIGNS)]}/summary"),
                (
                    "timeline",
                    "GET",
                    f"/api/campaigns/{CAMPAIGNS[number % len(CAMPAIGNS)]}/timeline?bucket=hour",
                ),
            ):
                answers[kind, _status(service, method, path, key)] += 1

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        yield answers
    finally:
        ending.set()
        thread.join()


def _status(service: Service, method: str, path: str, key: str) -> int:
    with (
        suppress(OSError),
        closing(http.client.HTTPConnection("127.0.0.1", service.port, timeout=30)) as line,
    ):
        headers = {"Authorization": f"Bearer {key}"} if method == "GET" else {}
        line.request(method, path, headers=headers)
        return line.getresponse().status
    return 0


def capacity(service: Service, driver: Driver) -> float:
    """Answers a second at most, with everything behind them at work. It ends when all is in the figures."""
    driver.pace(AS_FAST)
    seen = driver.watch(CAPACITY_S)
    driver.pace(0)
    until = time.monotonic() + CATCH_UP_S
    while time.monotonic() < until:
        state = json.loads(service.get("/readyz")[2])
        if (
            state["spool"]
            and state["spool"]["age_s"] < 1
            and not any(each["lag_s"] for each in state["consumers"].values())
        ):
            break
        time.sleep(0.5)
    return seen.total / seen.seconds


def watched(service: Service, driver: Driver, seconds: float, before: Answers) -> tuple[list[Sample], Seen]:
    """Samples while the client asks, and all that it saw. `before` are its answers until now."""
    store, registry = open_sqlite(service.data / "mailpixel.db")
    samples: list[Sample] = []
    whole = NOTHING_SEEN
    began = time.monotonic()
    while (at_s := time.monotonic() - began) < seconds:
        seen = driver.watch(min(EVERY_S, seconds - at_s))
        whole = together(whole, seen)
        so_far = before + whole.answers
        samples.append(sample(service, store, time.monotonic() - began, so_far, seen))
        if len(samples) % 12 == 0:
            print(samples[-1], file=sys.stderr, flush=True)
    store.close()
    registry.close()
    return samples, whole


def missing(data: Path, answers: Answers) -> list[tuple[str, int, int]]:
    """What was answered and what is in the log, of mails and of pages."""
    store, registry = open_settled(data / "mailpixel.db")
    with store._database.reading() as connection:
        (mails,) = connection.execute(
            "select count(*) from events where position > 0 and kind in (0, 1)"
        ).fetchone()
        (pages,) = connection.execute(
            "select count(*) from events where campaign = 'site:shop' and body like '%page_view%'"
        ).fetchone()
    store.close()
    registry.close()
    return [("mails", answered(answers, *MAILS), mails), ("pages", answered(answers, "page"), pages)]


def judged(samples: Sequence[Sample]) -> list[list[object]]:
    """The table: first and last quarter (medians), the most ever, the bar and whether it is kept."""
    first, last = quarters(samples)
    found: list[list[object]] = []
    for bar in bars([role for role in samples[-1].processes if role in ("serve", "work")]):
        before, now = (statistics.median(map(bar.of, part)) for part in (first, last))
        most = bar.most(before) if bar.most else None
        verdict = "" if most is None else "kept" if now <= most else "MISSED"
        shown = [f"{value:,.1f}" for value in (before, now, max(map(bar.of, samples)))]
        found.append([bar.name, *shown, "" if most is None else f"{most:,.1f}", verdict])
    return found


def pictured(folder: Path, title: str, samples: Sequence[Sample]) -> None:
    """Write the picture and the numbers."""
    folder.mkdir(parents=True, exist_ok=True)
    roles = [role for role in samples[-1].processes if role in ("serve", "work")]

    def lines(of: Callable[[Sample], float]) -> list[float]:
        return [of(each) for each in samples]

    panels = {
        "memory, MB": {role: lines(memory_of(role)) for role in roles},
        "descriptors": {role: lines(descriptors_of(role)) for role in roles},
        "files, MB": {"WAL": lines(lambda s: s.wal_mb), "spool": lines(lambda s: s.spool_mb)},
        "database, MB": {"database": lines(lambda s: s.database_mb)},
        "ages, s": {"spool": lines(lambda s: s.spool_age_s), "fold": lines(lambda s: s.fold_lag_s)},
        "answered, not in the figures": {"events": lines(lambda s: s.behind)},
        "waits, ms": {"p50": lines(lambda s: s.p50_ms), "p99": lines(lambda s: s.p99_ms)},
    }
    draw(folder / "hour.svg", title, lines(lambda s: s.at_s), panels)
    (folder / "hour.json").write_text(json.dumps([each._asdict() for each in samples]))


def run(seconds: float, rate: float, folder: Path) -> bool:
    """Everything once. Returns whether all bars were kept."""
    with tempfile.TemporaryDirectory() as made:
        data = Path(made) / "data"
        installed(data)
        signer = TokenSigner(load_keyring(data / "keys.json"))
        key = rows(data, "apikey", "add", "reader", "--scope", "read").split()[-1]
        with Service(data, environment=PROXIED) as service:
            service.wait_for("/readyz")
            driver = Driver(service.port, CONNECTIONS, everyday, data, SEED)
            most = 0.0 if rate else capacity(service, driver)
            before = driver.take().answers
            rate = rate or most / 2
            driver.pace(rate)
            with asked_beside(service, signer, key) as beside:
                samples, seen = watched(service, driver, seconds, before)
            rest = driver.stop()
            answers = before + seen.answers + rest.answers
            said = service.stop()
        counted = missing(data, answers)
    title = f"{seconds:,.0f} s at {rate:,.0f} requests/s"
    pictured(folder, title, samples)
    table = judged(samples)
    columns = ("of the installation", "first quarter", "last quarter", "most", "bar", "")
    print_rows(title + (f", half of {most:,.0f}" if most else ""), columns, table)
    print_rows(
        "answers",
        ("kind and status", "number"),
        [(f"{k} {s}", n) for (k, s), n in sorted((answers + beside).items())],
    )
    print_rows("the log", ("of", "answered", "logged"), counted)
    each_us = seen.cpu_s / max(seen.total, 1) * 1e6
    print(f"client: {each_us:.1f} us an answer; the service said: {said[-500:] or 'nothing'}")
    return all(line[-1] != "MISSED" for line in table) and all(log >= asked for _, asked, log in counted)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("seconds", nargs="?", type=float, default=3_600.0)
    parser.add_argument("--rate", type=float, default=0.0)
    parser.add_argument("--folder", type=Path, default=Path("soak-hour"))
    chosen = parser.parse_args()
    sys.exit(not run(chosen.seconds, chosen.rate, chosen.folder))
