"""Pages and reports of a large campaign beside a small one: `python -m tests.benchmarks.bench_pages [--events N]`.

Prints the processor time that the web process of a running service takes for an answer, with a campaign of 10,000
events and with one of `--events` (by default 5,000,000), both over 90 days, and the ratio. The events are appended
and folded as real ones are; only the judge is trivial. With `--keep FOLDER` the data stays there for the next run.
"""

import argparse
import http.client
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from msgspec.structs import replace

from mailpixel.folder.opening import begin
from mailpixel.model import Event
from mailpixel.projections.fold import Fold
from mailpixel.settings import Settings
from mailpixel.store.sqlite import SqliteRegistry, SqliteStore
from mailpixel.times import DAY_MS, moment_of, now_ms
from tests.benchmarks.bench_fold import PER_MESSAGE, an_event, trivial
from tests.benchmarks.table import print_rows
from tests.support.builders import a_campaign, an_id
from tests.support.service import Service, rows
from tests.support.signed_in import signed_in

SMALL = 10_000
DAYS = 90
GROUP = 5_000
WARM, MEASURED = 20, 200
PATHS = (
    ("list of campaigns", "/campaigns"),
    ("overview", "/campaigns/spring"),
    ("recipients", "/campaigns/spring/recipients"),
    ("API: summary", "/api/campaigns/spring/summary"),
    ("API: timeline by day", "/api/campaigns/spring/timeline?bucket=day"),
    ("API: timeline by hour", "/api/campaigns/spring/timeline?bucket=hour"),
)


def history(events: int, sent_at_ms: int) -> Iterator[list[Event]]:
    """Groups of events over the days after the sending, in the order of time, four a message."""
    step_ms = DAYS * DAY_MS // events
    for start in range(0, events, GROUP):
        yield [_spread(n, sent_at_ms + n * step_ms) for n in range(start, min(start + GROUP, events))]


def _spread(number: int, at_ms: int) -> Event:
    """The event of the fold's benchmark, at another moment."""
    event = an_event("spring", number, number // PER_MESSAGE, 30 * DAY_MS)
    return replace(event, id=an_id(at_ms, b"page", number), received_at_ms=at_ms)


def built(folder: Path, events: int) -> Path:
    """A data folder with a campaign of this number of events, made unless it is there."""
    data = folder / f"data-{events}"
    if (data / "built").exists():
        return data
    began = time.perf_counter()
    begin(Settings(data=data))
    path = Settings(data=data).database
    with closing(SqliteStore(path)) as store, closing(SqliteRegistry(path)) as registry:
        sent_at_ms = now_ms() - (DAYS + 1) * DAY_MS
        sent_at = moment_of(sent_at_ms)
        registry.add_campaign(a_campaign(links=5, sent=events // PER_MESSAGE, sent_at=sent_at))
        for group in history(events, sent_at_ms):
            store.append(group)
        fold = Fold(store, registry, trivial, "bench")
        while fold.catch_up(now_ms, 3_600_000):  # each turn takes a few seconds at most
            pass
        totals = store.figures("spring", now_ms(), 0).totals
        folded = totals["opens.events"] + totals["clicks.events"]
        if folded != events:
            raise SystemExit(f"{folded} of {events} events were folded")
        registry.settled(registry.campaign("spring"))
    (data / "built").touch()
    print(f"built {events:,} events in {time.perf_counter() - began:.0f} s", file=sys.stderr)
    return data


def cpu_ms(service: Service, path: str, headers: dict[str, str]) -> float:
    """Milliseconds of processor time that the web process takes for one answer."""
    connection = http.client.HTTPConnection("127.0.0.1", service.port)

    def ask(times: int) -> None:
        for _ in range(times):
            connection.request("GET", path, headers=headers)
            answer = connection.getresponse()
            answer.read()
            if answer.status != 200:
                raise SystemExit(f"{path} answers {answer.status}")

    ask(WARM)
    before = computed_s(service)
    ask(MEASURED)
    took_s = computed_s(service) - before
    connection.close()
    return took_s * 1_000 / MEASURED


def computed_s(service: Service) -> float:
    """Seconds that the web process has computed."""
    fields = Path(f"/proc/{service.process.pid}/stat").read_text().rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measured(data: Path) -> list[float]:
    """The processor time of each path, in milliseconds."""
    key = rows(data, "apikey", "add", f"bench-{now_ms()}", "--scope", "read").strip()
    with Service(data) as service:
        service.wait_for("/readyz")
        headers = {"cookie": signed_in(service, "read").cookie}
        bearer = {"authorization": f"Bearer {key}"}
        return [cpu_ms(service, path, bearer if path.startswith("/api/") else headers) for _, path in PATHS]


def main(events: int, keep: Path | None) -> None:
    """Everything once."""
    with tempfile.TemporaryDirectory(dir=".") as folder:
        if keep is not None:
            keep.mkdir(parents=True, exist_ok=True)
        small, large = (measured(built(keep or Path(folder), number)) for number in (SMALL, events))
    title = f"Processor time of the web process per answer, campaigns of {DAYS} days"
    print_rows(
        title,
        ("answer", f"{SMALL:,} events", f"{events:,} events", "ratio"),
        [
            (name, f"{few:.2f} ms", f"{many:.2f} ms", f"{many / few:.2f}")
            for (name, _), few, many in zip(PATHS, small, large, strict=True)
        ],
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--events", type=int, default=5_000_000)
    parser.add_argument("--keep", type=Path, default=None)
    given = parser.parse_args()
    main(given.events, given.keep)
