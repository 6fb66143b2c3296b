"""A process that is killed alone, with kill -9, leaves none behind of those that it started."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.e2e.conftest import rows_of
from tests.support.processes import (
    descendants,
    has_open,
    needs_proc,
    wait_for_the_end_of,
    wait_until,
)
from tests.support.service import Service, rows
from tests.support.stores import open_settled

pytestmark = needs_proc


@pytest.fixture
def data(tmp_path: Path) -> Path:
    rows(tmp_path / "data", "campaign", "add", "c1", "--name", "One", "--link", "https://shop.example/")
    return tmp_path / "data"


@pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="one core has no workers")
def test_the_workers_of_a_killed_list_end_with_it(data: Path) -> None:
    recipients = data.parent / "list.csv"
    recipients.write_text("".join(f"r-{n:07d}\n" for n in range(200_000)))
    command = [sys.executable, "-m", "mailpixel", "--data", str(data), "links", "c1", "--recipients"]
    with subprocess.Popen([*command, str(recipients)], stdout=subprocess.PIPE) as minting:
        # Nobody reads what it mints, so it is not done before it is killed.
        wait_until(lambda: len(descendants(minting.pid)) > 2, "there are no workers")
        workers = descendants(minting.pid)
        minting.kill()
    wait_for_the_end_of(workers)


@pytest.mark.parametrize("workers", [1, 2])
def test_a_killed_service_leaves_nobody_behind_and_can_be_started_again_at_once(
    data: Path, workers: int
) -> None:
    arguments = ["--workers", str(workers)]
    with Service(data, arguments) as service:
        service.wait_for("/readyz")
        started = descendants(service.process.pid)
        assert len(started) >= workers
        service.process.kill()
        wait_for_the_end_of(started)
        service.process.communicate()
    with Service(data, arguments, port=service.port) as again:
        again.wait_for("/readyz")


def test_a_fold_whose_service_is_killed_while_it_starts_ends(data: Path) -> None:
    service = Service(data)
    wait_until(lambda: bool(descendants(service.process.pid)), "there is no fold")
    (fold,) = descendants(service.process.pid)
    service.process.kill()
    assert not has_open(fold, "mailpixel.db"), "it has come too far to tell anything"
    wait_for_the_end_of([fold])
    service.process.communicate()


def test_workers_that_are_left_alone_answer_and_log_what_they_have(data: Path) -> None:
    """They are halted, so that a reader waits for an answer when the service is killed."""
    token = rows_of(data, "r-1", "http://t.example", ["--merge"]).splitlines()[1].split(",")[1]
    answers: list[int] = []
    with Service(data, ["--workers", "2"]) as service:
        service.wait_for("/readyz")
        started = descendants(service.process.pid)
        reader = threading.Thread(target=lambda: answers.append(service.status(f"/o/{token}.gif")))
        with halted(started):
            reader.start()
            wait_until(lambda: has_unread_request(service.port), "nobody asks")
            service.process.kill()
            service.process.wait()
            assert reader.is_alive()
        reader.join()
        wait_for_the_end_of(started)
        service.process.communicate()
    assert answers == [200]
    (message,) = open_settled(data / "mailpixel.db")[0].messages("c1")
    assert (message.recipient, len(message.events)) == ("r-1", 1)


@contextmanager
def halted(processes: Iterable[Path]) -> Iterator[None]:
    """Processes, as folders of /proc, that do nothing while the block runs."""
    with ExitStack() as continuing:
        for pid in (int(process.name) for process in processes):
            os.kill(pid, signal.SIGSTOP)
            continuing.callback(os.kill, pid, signal.SIGCONT)
        yield


def has_unread_request(port: int) -> bool:
    """Whether somebody connected to a port of this machine has sent what nobody has read yet."""
    established = "01"
    lines = Path("/proc/net/tcp").read_text().splitlines()[1:]
    fields = [line.split() for line in lines]
    arrived = [
        int(field[4].partition(":")[2], 16)
        for field in fields
        if field[1].endswith(f":{port:04X}") and field[3] == established
    ]
    return any(arrived)
