"""People erased while hits, a webhook and rebuilds go on: nothing of them is in any byte afterwards, and figures agree.

Started by hand: `scripts/soak -k erasing_soak -s` prints the figures.
"""

import csv
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

import pytest

from mailpixel.times import now_ms
from tests.e2e.conftest import rows_of
from tests.support.builders import an_open
from tests.support.receiver import a_receiver
from tests.support.service import Service, mailpixel, rows
from tests.support.stores import open_settled
from tests.support.tallying import assert_figures_are_the_tally

PEOPLE = 900
ERASED = 45
MANY = 10_000


@contextmanager
def going_on(what: Callable[[], None], times: int = 1) -> Iterator[list[Exception]]:
    """Do something again and again in threads of its own while the block lasts."""
    ending = threading.Event()
    failures: list[Exception] = []

    def run() -> None:
        while not ending.is_set():
            try:
                what()
            except Exception as error:
                failures.append(error)

    threads = [threading.Thread(target=run) for _ in range(times)]
    for thread in threads:
        thread.start()
    try:
        yield failures
    finally:
        ending.set()
        for thread in threads:
            thread.join()


class Readers:
    """People who open and click, and how long each answer took."""

    def __init__(self, service: Service, paths: list[list[str]]) -> None:
        self.service = service
        self.paths = paths
        self.took_ms: list[float] = []
        self._dice = Random(7)

    def hit(self) -> None:
        path = self._dice.choice(self._dice.choice(self.paths))
        began = time.perf_counter()
        status = self.service.get(path, headers={"user-agent": "A reader's own/1.0"})[0]
        self.took_ms.append((time.perf_counter() - began) * 1000)
        assert status in (200, 302)

    def p99_ms(self) -> float:
        return sorted(self.took_ms)[len(self.took_ms) * 99 // 100]


def a_folder(data: Path, people: list[str]) -> None:
    """A campaign whose people have some events each."""
    rows(data, "campaign", "add", "c1", "--name", "One", "--link", "https://shop.example/")
    store, registry = open_settled(data / "mailpixel.db")
    for start in range(0, len(people), 1_000):
        part = people[start : start + 1_000]
        events = [
            an_open(n, recipient=each, campaign="c1", agent=f"agent of {each}") for n, each in enumerate(part)
        ]
        store.append(events)
    store.close()
    registry.close()


def held(data: Path, texts: list[str]) -> list[str]:
    """Which of these texts any file of the folder holds."""
    content = b"".join(file.read_bytes() for file in data.rglob("*") if file.is_file())
    return [text for text in texts if text.encode() in content]


@pytest.mark.soak
def test_people_erased_beside_hits_a_webhook_and_rebuilds_leave_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = tmp_path / "data"
    people = [f"person-{n:05}-x" for n in range(PEOPLE)]
    erased = people[:: PEOPLE // ERASED]
    a_folder(data, people)
    with a_receiver() as receiver:
        networks = {"MAILPIXEL_WEBHOOK_NETWORKS": "127.0.0.0/8", "MAILPIXEL_SETTLE_S": "1"}
        rows_of_webhook = ("webhook", "add", "crm", receiver.url, "--insecure", "--verdicts", "all")
        monkeypatch.setenv("MAILPIXEL_WEBHOOK_NETWORKS", "127.0.0.0/8")
        rows(data, *rows_of_webhook)
        with Service(data, ["--workers", "2"], networks) as service:
            table = list(csv.reader(rows_of(data, "\n".join(people), service.url, []).splitlines()))[1:]
            readers = Readers(
                service, [[each.replace(service.url, "") for each in row[1:3]] for row in table]
            )
            listed = tmp_path / "erased.txt"
            listed.write_text("\n".join(erased))

            def rebuild() -> None:
                assert mailpixel(data, "rebuild").returncode in (0, 1)

            with going_on(readers.hit, 4) as failures, going_on(rebuild) as failed:
                time.sleep(5)
                done = mailpixel(data, "person", "erase", "--file", str(listed), "--yes")
                proof = json.loads(done.stdout)
                if proof["pending"]:
                    print(f"\nheld up at first: {done.stderr}")
                time.sleep(5)
            assert (failures, failed) == ([], [])
            late = "".join(
                json.dumps({"recipient": each, "delivered_at": "2026-01-01T00:00:00Z"}) + "\n"
                for each in erased
            )
            mailpixel(data, "deliveries", "c1", "-", stdin=late)
            service.wait_for("/readyz")
            finished = mailpixel(data, "person", "erase", "--finish")
            assert finished.returncode == 0, finished.stderr
        print(f"\n{proof}; readers: {len(readers.took_ms)} answers, p99 {readers.p99_ms():.0f} ms")
        print(f"posts of the webhook: {len(receiver.posts)}")
    store, registry = open_settled(data / "mailpixel.db")
    assert [list(store.person(each)) for each in erased] == [[]] * len(erased)
    assert_figures_are_the_tally(store, "c1")
    before = store.figures("c1", now_ms(), 0).totals
    store.close()
    registry.close()
    assert held(data, erased) == []
    assert held(data, [f"agent of {each}" for each in erased]) == []
    assert mailpixel(data, "rebuild").returncode == 0
    store, registry = open_settled(data / "mailpixel.db")
    assert store.figures("c1", now_ms(), 0).totals == before
    assert_figures_are_the_tally(store, "c1")
    store.close()
    registry.close()
    assert held(data, erased) == []


@pytest.mark.soak
def test_ten_thousand_people_are_erased_at_once_without_stalling_readers(tmp_path: Path) -> None:
    data = tmp_path / "data"
    people = [f"member-{n:06}-x" for n in range(MANY)]
    a_folder(data, [*people, *(f"other-{n:05}" for n in range(1_000))])
    with Service(data) as service:
        others = "\n".join(f"other-{n:05}" for n in range(1_000))
        table = list(csv.reader(rows_of(data, others, service.url, []).splitlines()))[1:]
        paths = [[each.replace(service.url, "") for each in row[1:3]] for row in table]
        listed = tmp_path / "erased.txt"
        listed.write_text("\n".join(people))
        quiet, beside = Readers(service, paths), Readers(service, paths)
        with going_on(quiet.hit, 2):
            time.sleep(10)
        with going_on(beside.hit, 2) as failures:
            began = time.perf_counter()
            done = mailpixel(data, "person", "erase", "--file", str(listed), "--yes")
            took_s = time.perf_counter() - began
        assert failures == []
        assert done.returncode == 0, done.stderr
        p99s = f"p99 {quiet.p99_ms():.0f} ms before, {beside.p99_ms():.0f} beside"
        print(f"\n{json.loads(done.stdout)}\n{took_s:.0f} s; {p99s}")
    assert held(data, people[::100]) == []
