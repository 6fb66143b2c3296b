"""Consent of many people: `python -m tests.benchmarks.bench_people [PEOPLE]`.

What the copy in memory takes beside a set of ids, what a look-up costs beside the hash that it makes, how long news
takes, how fast a file is imported beside a bare read of it, and how soon two workers of a real service know.
"""

import csv
import sys
import tempfile
import time
import tracemalloc
from array import array
from collections.abc import Callable
from contextlib import closing
from hashlib import blake2b
from pathlib import Path

from click.testing import CliRunner

from mailpixel.cli import cli
from mailpixel.folder.key_file import load_keyring
from mailpixel.ingest.people_cache import PeopleCache
from mailpixel.links.minter import Minter
from mailpixel.modes import Statement
from mailpixel.privacy.people import People
from mailpixel.store.consents import MAIL, Said, key_of
from tests.benchmarks.table import print_rows
from tests.support.builders import a_campaign
from tests.support.service import Service
from tests.support.stores import open_settled

PEOPLE, NEWS, LOOKUPS, READING_S = 1_000_000, 10_000, 100_000, 6.0
HEADER = ("recipient", "purpose", "state", "time", "source", "wording")


def recipient(number: int) -> str:
    """An id as senders choose them."""
    return f"customer-{number:08}"


def cpu_s(work: Callable[[], object]) -> float:
    """Processor seconds of one call."""
    began = time.process_time()
    work()
    return time.process_time() - began


def memory_mb(make: Callable[[], object]) -> float:
    """What the result of one call keeps, in MB."""
    tracemalloc.start()
    kept = make()
    used = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    del kept
    return used / 1_000_000


def in_memory(number: int) -> None:
    """Print memory, look-up and news of the copy."""
    secret = b"s" * 32
    keys = array("q", sorted(key_of(secret, recipient(each)) for each in range(number)))
    states = bytes(5 for _ in keys)
    people = People.of(secret, keys, states)
    as_set = memory_mb(lambda: {recipient(each) for each in range(number)})
    as_arrays = memory_mb(lambda: People.of(secret, array("q", keys), bytes(bytearray(states))))
    asked = [recipient(each * 7919 % (2 * number)) for each in range(LOOKUPS)]
    hashed = cpu_s(lambda: [blake2b(each.encode(), digest_size=8, key=secret).digest() for each in asked])
    looked = cpu_s(lambda: [people.consent(each) for each in asked])
    known = array("q", keys[:: max(number // NEWS, 1)])
    fresh = array("q", sorted(key_of(secret, f"new-{each}") for each in range(NEWS)))
    changed = cpu_s(lambda: people.with_news(known, bytes(10 for _ in known)))
    added = cpu_s(lambda: people.with_news(fresh, bytes(10 for _ in fresh)))
    rows = [
        ("memory", f"{as_arrays:.1f} MB", f"a set of the ids, {as_set:.1f} MB", f"{as_arrays / as_set:.2f}"),
        (
            "look-up",
            f"{looked / LOOKUPS * 1e6:.2f} us",
            f"the keyed hash that it makes, {hashed / LOOKUPS * 1e6:.2f} us",
            f"{looked / hashed:.1f}",
        ),
        (f"news of {len(known):,} known people", f"{changed * 1e3:.0f} ms", "", ""),
        (f"news of {NEWS:,} new people", f"{added * 1e3:.0f} ms", "", ""),
    ]
    print_rows(f"{number:,} people in memory", ("what", "figure", "reference", "ratio"), rows)


def write_file(path: Path, number: int) -> None:
    """A file of consents, in no order of keys."""
    with path.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(HEADER)
        for each in range(number):
            rows.writerow((recipient(each), "all", "granted", "2026-11-02T09:30:00Z", "crm", "wording 1"))


def imported(folder: Path, number: int) -> None:
    """Print how fast a file is imported, twice, and how long a service takes to read all people at its start."""
    file, data = folder / "consents.csv", folder / "data"
    write_file(file, number)
    bare_s = cpu_s(lambda: sum(1 for _ in csv.reader(file.open(newline=""))))
    CliRunner().invoke(cli, ["--data", str(data), "campaign", "add", "people", "--name", "People"])
    rows = [("bare read of the file", f"{number / bare_s:,.0f}/s", "", "1.00")]
    for name in ("import", "import again, all known"):
        began_s, began = time.monotonic(), time.process_time()
        done = CliRunner().invoke(cli, ["--data", str(data), "consent", "import", str(file)])
        used_s, took_s = time.process_time() - began, time.monotonic() - began_s
        if done.exit_code:
            raise SystemExit(done.stderr)
        rows.append(
            (name, f"{number / used_s:,.0f}/s of CPU", f"{number / took_s:,.0f}/s", f"{bare_s / used_s:.3f}")
        )
    store, registry = open_settled(data / "mailpixel.db")
    with closing(store), closing(registry):
        cache = PeopleCache(registry)
        first_s, nothing_s = cpu_s(cache.refresh), cpu_s(cache.refresh)
        rows.append(("first look of a service", f"{first_s:.2f} s CPU", "", ""))
        rows.append(("look without news", f"{nothing_s * 1e6:.0f} us CPU", "", ""))
    size_mb = (data / "mailpixel.db").stat().st_size / 1_000_000
    rows.append(("the database", f"{size_mb:.0f} MB", f"{size_mb * 1e6 / number:.0f} bytes a person", ""))
    print_rows(f"{number:,} people in a file", ("what", "figure", "by the clock", "ratio"), rows)


def known_everywhere(folder: Path, number: int) -> None:
    """Print how long after its record a refusal holds in both workers: when the last hit was logged."""
    data = folder / "data"
    store, registry = open_settled(data / "mailpixel.db")
    registry.add_campaign(a_campaign("seen"))
    with Service(data, ("--workers", "2")) as service:
        service.wait_for("/readyz")
        path = Minter(load_keyring(data / "keys.json"), service.url, "seen").pixel(recipient(1))
        path = path.removeprefix(service.url)
        until = time.time() + 2.0
        while time.time() < until:
            service.get(path)
        at_ms = int(time.time() * 1000)
        refusal = Said(recipient(1), MAIL, Statement.DENIED, at_ms, "bench", method="api")
        registry.record_consents([refusal], at_ms)
        until, hits = time.time() + READING_S, 0
        while time.time() < until:
            service.get(path)
            hits += 1
    last_ms = max(event.received_at_ms for event in store.message("seen", recipient(1)).events)
    rows = [
        (
            f"last of {hits:,} hits that was logged",
            f"{max(last_ms - at_ms, 0):,} ms after the refusal",
            "2,000 ms",
        )
    ]
    print_rows(f"Two workers, {number:,} people", ("what", "figure", "bar"), rows)
    store.close()
    registry.close()


def measure(number: int) -> None:
    """Print all tables."""
    if number < NEWS:
        raise SystemExit(f"{NEWS:,} people at least")
    in_memory(number)
    with tempfile.TemporaryDirectory(dir=".") as folder:
        imported(Path(folder), number)
        known_everywhere(Path(folder), number)


if __name__ == "__main__":
    measure(int(sys.argv[1].replace("_", "")) if len(sys.argv) > 1 else PEOPLE)
