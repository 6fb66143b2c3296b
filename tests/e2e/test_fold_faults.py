"""What goes wrong with counting ends right by itself, and readiness is red while counting is behind."""

import json
import os
import signal
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.e2e.conftest import rows_of
from tests.support.processes import descendants, needs_proc, wait_until
from tests.support.service import Service, rows

QUICK = {"MAILPIXEL_READY_LAG_S": "2"}
IN_TEN_YEARS_MS = 2_111_111_111_111
IN_2150_MS = 5_680_281_600_000


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    rows(folder, "campaign", "add", "c1", "--name", "One", "--link", "https://shop.example/", "--sent", "9")
    return folder


def write(data: Path, statement: str, *values: object) -> None:
    with closing(sqlite3.connect(data / "mailpixel.db", timeout=20)) as connection:
        connection.execute(statement, values)
        connection.commit()


def hit(service: Service, data: Path, *recipients: str) -> None:
    """Each of these people opens the mail."""
    listed = rows_of(data, "\n".join(recipients), "http://t.example", ["--merge"]).splitlines()[1:]
    for line in listed:
        assert service.status(f"/o/{line.split(',')[1]}.gif") == 200


def events_of(data: Path) -> int:
    opens = json.loads(rows(data, "report", "c1", "--json"))["opens"]
    return int(opens["events"])


def readiness(service: Service) -> dict[str, object]:
    state: dict[str, object] = json.loads(service.get("/readyz")[2])
    return state


@needs_proc
def test_a_fold_that_hangs_turns_readiness_red_and_one_that_is_killed_is_replaced(data: Path) -> None:
    with Service(data, environment=QUICK) as service:
        service.wait_for("/readyz")
        (fold,) = descendants(service.process.pid)
        os.kill(int(fold.name), signal.SIGSTOP)
        hit(service, data, "r-1")
        service.wait_for("/readyz", 503)
        assert readiness(service)["fold"] == "behind"
        os.kill(int(fold.name), signal.SIGKILL)
        service.wait_for("/readyz")
        assert events_of(data) == 1


def test_a_clock_that_was_ahead_stops_nothing_once_it_is_set_back(data: Path) -> None:
    """The lease, the last word of the fold and an event, as a clock that was ahead leaves them."""
    write(
        data,
        "insert or replace into leases values ('fold', 'ahead', ?, ?)",
        IN_TEN_YEARS_MS,
        IN_TEN_YEARS_MS,
    )
    write(data, "insert into agents values (1, 'agent')")
    insert = (
        "insert into events (id, kind, campaign, recipient, agent, facts) values (?, 0, 'c1', 'r-1', 1, 0)"
    )
    write(data, insert, IN_2150_MS.to_bytes(6, "big") + bytes(10))
    with Service(data, environment=QUICK) as service:
        service.wait_for("/readyz")
        hit(service, data, "r-2")
        wait_until(lambda: events_of(data) == 2, "not everything is counted")
        assert readiness(service)["ready"] is True


def test_a_poisoned_message_holds_up_no_other_and_is_reported(data: Path) -> None:
    with Service(data, environment=QUICK) as service:
        service.wait_for("/readyz")
        write(data, "insert into agents values (1, 'agent')")
        poison = "insert into events (id, kind, campaign, recipient, agent, facts) values (?, 99, 'c1', 'r-1', 1, 0)"
        write(data, poison, bytes(16))
        hit(service, data, "r-2", "r-3")
        wait_until(lambda: events_of(data) == 2, "the others are not counted")
        wait_until(lambda: readiness(service)["put_aside"] == 1, "it is not counted as put aside")
        service.wait_for("/readyz")
        assert b"mailpixel_put_aside_messages 1.0" in service.get("/metrics")[2]
        said = service.stop()
    assert said.count("cannot be judged (IndexError) and is put aside") == 1
    assert "r-1" not in said
