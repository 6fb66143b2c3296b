"""The disk is full, the database is locked: readers are answered, hits wait and land later."""

import http.client
import json
import resource
import sqlite3
import threading
import time
from pathlib import Path

import pytest

from tests.e2e.conftest import rows_of
from tests.support.flood import metric
from tests.support.service import Service, rows
from tests.support.stores import open_settled

ANSWER_WITHIN_S = 0.25
DELIVERIES = 5_000
BOUND = {"MAILPIXEL_ANSWER_WITHIN_MS": "250", "MAILPIXEL_QUEUE_HITS": "50"}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    rows(folder, "campaign", "add", "c1", "--name", "One", "--link", "https://shop.example/")
    return folder


def ask(service: Service, tokens: list[str]) -> float:
    """Ask for a pixel and a link of each token; returns the longest wait in seconds."""
    longest = 0.0
    for token in tokens:
        for path, status in ((f"/o/{token}.gif", 200), (f"/c/{token}/1", 302)):
            started = time.monotonic()
            assert service.status(path) == status
            longest = max(longest, time.monotonic() - started)
    return longest


def tokens_of(data: Path, count: int) -> list[str]:
    recipients = "\n".join(f"r-{n}" for n in range(count))
    return [
        line.split(",")[1]
        for line in rows_of(data, recipients, "http://t.example", ["--merge"]).splitlines()[1:]
    ]


def logged(data: Path) -> int:
    return sum(len(message.events) for message in open_settled(data / "mailpixel.db")[0].messages("c1"))


def wait_until_logged(data: Path, count: int) -> None:
    until = time.monotonic() + 20
    while logged(data) != count:
        assert time.monotonic() < until, f"{logged(data)} of {count} hits landed"
        time.sleep(0.1)


def test_a_full_disk_holds_up_no_reader_and_loses_only_what_is_counted(data: Path) -> None:
    tokens = tokens_of(data, 40)
    with Service(data, environment=BOUND) as service:
        service.wait_for("/readyz")
        ask(service, tokens[:5])
        # A file size limit of nothing: every write fails as on a full disk, and can be lifted again.
        resource.prlimit(service.process.pid, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
        longest = ask(service, tokens)
        service.wait_for("/readyz", 503)
        dropped = metric(service, 'mailpixel_hits_total{outcome="queue_full"')
        pending = metric(service, "mailpixel_pending_hits")
        resource.prlimit(
            service.process.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
        )
        service.wait_for("/readyz")
        wait_until_logged(data, 10 + 50)
    assert longest < ANSWER_WITHIN_S + 0.5
    assert (pending, dropped) == (50, 80 - 50)


def test_a_locked_database_keeps_no_hit_from_the_disk_and_readiness_says_that_they_wait(data: Path) -> None:
    tokens = tokens_of(data, 20)
    key = {"Authorization": f"Bearer {rows(data, 'apikey', 'add', 'reader', '--scope', 'read').strip()}"}
    with Service(data, environment=BOUND | {"MAILPIXEL_READY_LAG_S": "2"}) as service:
        service.wait_for("/readyz")
        assert service.status(f"/o/{tokens[0]}.gif") == 200
        assert service.get("/api/campaigns/c1/messages/r-0", headers=key)[0] == 200
        lock = sqlite3.connect(data / "mailpixel.db", isolation_level=None)
        lock.execute("begin immediate")
        longest = ask(service, tokens[:10])
        assert json.loads(service.get("/readyz")[2])["log"] == "ok"
        late = metric(service, 'mailpixel_hits_total{outcome="late"')
        service.wait_for("/readyz", 503)
        status, _, told = service.get("/api/campaigns/c1/messages/r-0", headers=key)
        assert (status, len(json.loads(told)["hits"])) == (200, 1)  # readers need no lock
        lock.execute("rollback")
        service.wait_for("/readyz")
        wait_until_logged(data, 21)
        lock.execute("begin immediate")
        ask(service, tokens[10:])
        service.kill()
        lock.execute("rollback")
        lock.close()
    assert (late, logged(data)) == (0, 41)
    assert longest < ANSWER_WITHIN_S + 0.5


def test_a_stream_of_deliveries_waits_for_a_locked_database_and_every_row_is_accepted(data: Path) -> None:
    key = rows(data, "apikey", "add", "everything", "--scope", "write").strip()
    lines = [
        b'{"recipient":"d-%d","delivered_at":%d}\n' % (n, 1_790_000_000_000 + n) for n in range(DELIVERIES)
    ]
    with Service(data, environment=BOUND) as service:
        service.wait_for("/readyz")
        lock = sqlite3.connect(data / "mailpixel.db", isolation_level=None, check_same_thread=False)
        lock.execute("begin immediate")
        unlock = threading.Timer(1.5, lambda: lock.execute("rollback"))
        unlock.start()
        connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=60)
        connection.request(
            "POST", "/api/campaigns/c1/deliveries", b"".join(lines), {"Authorization": f"Bearer {key}"}
        )
        answer = json.loads(connection.getresponse().read())
        connection.close()
        unlock.join()
        lock.close()
        service.kill()
    assert answer == {"accepted": DELIVERIES, "opted_out": 0, "failed": 0}
    assert logged(data) == DELIVERIES


def test_a_polite_end_writes_what_was_answered(data: Path) -> None:
    tokens = tokens_of(data, 20)
    with Service(data) as service:
        ask(service, tokens)
        assert service.stop().count("Traceback") == 0
    assert logged(data) == 40
