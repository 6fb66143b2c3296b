"""kill -9 of everything, of `work` or of one worker under load: every answered hit is in the log once, nothing is left.

The gate kills each once, `scripts/soak` thirty times.
"""

import asyncio
import json
import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import pytest

from mailpixel.spool.expanding import Spool
from tests.e2e.test_nothing_lost import signed_paths
from tests.support.load import load
from tests.support.processes import descendants, needs_proc
from tests.support.service import Service, mailpixel, rows
from tests.support.stores import open_settled

EVERYTHING, WORK, WORKER = "everything", "work", "worker"
ONCE_EACH = (EVERYTHING, WORK, WORKER)
THIRTY = (EVERYTHING,) * 17 + (WORK,) * 6 + (WORKER,) * 7
MARKS = {WORK: b"while-input-lasts", WORKER: b"spawn_main"}
"""What the command line of a process holds."""


def kill(service: Service, what: str) -> None:
    """Kill one process, and everything a second later; or everything at once."""
    if what != EVERYTHING:
        for process in descendants(service.process.pid):
            with suppress(OSError):
                if MARKS[what] in (process / "cmdline").read_bytes():
                    os.kill(int(process.name), signal.SIGKILL)
                    break
        time.sleep(1)
    service.kill()


@needs_proc
@pytest.mark.parametrize("kills", [ONCE_EACH, pytest.param(THIRTY, marks=pytest.mark.soak)])
def test_whatever_is_killed_every_answered_hit_is_in_the_log_once_and_nothing_is_left(
    tmp_path: Path, kills: Sequence[str]
) -> None:
    data = tmp_path / "data"
    rows(data, "campaign", "add", "c1", "--name", "One", "--link", "https://shop.example/")
    answered: list[str] = []
    chance = random.Random(14)
    for number, what in enumerate(kills):
        paths = signed_paths(data, number, 12_000)
        with Service(data, ["--workers", "2"]) as service:
            if what != EVERYTHING:
                service.wait_for("/readyz")
            killer = threading.Timer(chance.uniform(0.05, 0.6), kill, (service, what))
            killer.start()
            answers = asyncio.run(load(service.port, paths, connections=32))
            killer.join()
        assert {status for _, status in answers} <= {200, 302}
        answered += [paths[path] for path, _ in answers]
    store, registry = open_settled(data / "mailpixel.db")
    logged = Counter(m.recipient for m in store.messages("c1") for _ in m.events)
    print(f"{len(kills)} kills: {len(answered)} answered, {logged.total() - len(answered)} more logged")
    assert len(answered) > len(kills) * 50
    assert [recipient for recipient in answered if logged[recipient] != 1] == []
    assert set(logged.values()) == {1}
    assert Spool(data / "spool", store).settle(60, emptied=True)
    assert not any((data / "spool").iterdir())
    assert store.spool_cursors() == {}
    store.close()
    registry.close()
    rows(data, "report", "c1")
    assert json.loads(rows(data, "rebuild", "--dry-run", "--json")) == []


def test_who_is_erased_or_opts_out_right_after_an_answer_is_not_forgotten(tmp_path: Path) -> None:
    data = tmp_path / "data"
    rows(data, "campaign", "add", "c1", "--name", "One", "--link", "https://shop.example/")
    with Service(data, ["--workers", "2"]) as service:
        service.wait_for("/readyz")
        for number in range(3):
            (gone, opted) = f"gone-{number}-4711", f"out-{number}-4711"
            text = rows(data, "links", "c1", "--recipients", "-", stdin=f"recipient\n{gone}\n{opted}\n")
            pixels = {
                line.split(",")[0]: line.split(",")[1].partition("/o/")[2] for line in text.splitlines()[1:]
            }
            assert {service.status(f"/o/{token}") for token in pixels.values()} == {200}
            done = mailpixel(data, "person", "erase", gone, "--yes")
            assert (done.returncode, json.loads(done.stdout)["events"]) == (0, 1), done.stderr
            held = b"".join(file.read_bytes() for file in data.rglob("*") if file.is_file())
            assert gone.encode() not in held
            assert service.status(f"/o/{pixels[opted]}") == 200
            rows(data, "person", "optout", opted)
    store, registry = open_settled(data / "mailpixel.db")
    logged = {m.recipient: sorted(event.kind for event in m.events) for m in store.messages("c1")}
    assert logged == {f"out-{n}-4711": ["open", "open", "optout"] for n in range(3)}
    store.close()
    registry.close()


def test_a_service_that_ends_politely_leaves_nothing_in_the_spool(tmp_path: Path) -> None:
    data = tmp_path / "data"
    rows(data, "campaign", "add", "c1", "--name", "One", "--link", "https://shop.example/")
    paths = signed_paths(data, 0, 300)
    with Service(data, ["--workers", "2"]) as service:
        asyncio.run(load(service.port, paths, connections=8))
        assert "Traceback" not in service.stop()
    assert list((data / "spool").iterdir()) == []
    store, registry = open_settled(data / "mailpixel.db")
    assert sum(len(m.events) for m in store.messages("c1")) == 300
    store.close()
    registry.close()
