"""The largest things the API takes, beside a reader: every row has an end, and how long the reader waits is printed."""

import http.client
import json
import socket
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from mailpixel.server.threads import EXPORTS_AT_ONCE
from mailpixel.settings import Settings
from tests.e2e.conftest import signed
from tests.support.flood import MEGABYTE, Reader, memory_bytes, quiet
from tests.support.processes import needs_proc, wait_until
from tests.support.service import Service, rows
from tests.support.stores import open_settled

BODY_BYTES = Settings().body_bytes
DELIVERIES, MINTED = 20_000, 40_000
MOST_MEMORY = 40 * MEGABYTE
LINES = "application/x-ndjson"
JSON = "application/json"

pytestmark = needs_proc


class Sender:
    """A program with a key for the API."""

    def __init__(self, service: Service, key: str) -> None:
        self._port = service.port
        self._key = key

    def post(self, noun: str, body: bytes, kind: str) -> tuple[int, bytes]:
        """Status and body of the answer to one request about the campaign."""
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=120)
        headers = {"authorization": f"Bearer {self._key}", "content-type": kind}
        connection.request("POST", f"/api/campaigns{noun}", body, headers)
        answer = connection.getresponse()
        found = answer.status, answer.read()
        connection.close()
        return found

    def announce(self, length: int) -> int:
        """The status of a request that says how long its body is, and sends none of it."""
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=60)
        connection.putrequest("POST", "/api/campaigns")
        for name, value in (("authorization", f"Bearer {self._key}"), ("content-length", str(length))):
            connection.putheader(name, value)
        connection.endheaders()
        status = connection.getresponse().status
        connection.close()
        return status

    def export(self) -> "Export":
        """An export of all events that is only begun."""
        return Export(self._port, self._key)

    def exported(self) -> int:
        """The status of an export that is read to its end, of a campaign where nothing happened."""
        with closing(Export(self._port, self._key, "c2")) as export:
            export.read()
            return export.begun


class Export:
    """An export whose client takes the status, and the rest when it is asked to. `begun` is the status."""

    def __init__(self, port: int, key: str, campaign: str = "c1") -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self._connection.sock = socket.socket()
        self._connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        self._connection.sock.settimeout(60)
        self._connection.sock.connect(("127.0.0.1", port))
        headers = {"authorization": f"Bearer {key}"}
        self._connection.request("GET", f"/api/campaigns/{campaign}/events", headers=headers)
        self._answer = self._connection.getresponse()
        self.begun = self._answer.status

    def read(self) -> bytes:
        """All of it."""
        return self._answer.read()

    def close(self) -> None:
        """Go away."""
        self._answer.close()
        self._connection.close()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Service, Sender, str]]:
    """A service with the campaign `c1`, a sender, and the pixel of a reader."""
    data: Path = tmp_path_factory.mktemp("beside") / "data"
    rows(data, "campaign", "add", "c1", "--name", "One", "--link", "https://shop.example/")
    rows(data, "campaign", "add", "c2", "--name", "Two")
    key = rows(data, "apikey", "add", "everything", "--scope", "write").strip()
    with Service(data) as service:
        pixel = signed(service, "reader")["pixel_url"]
        print(f"\nquiet: {quiet(service, pixel, 200, for_s=0.5)}")
        yield service, Sender(service, key), pixel


def filled(pattern: bytes, before: bytes = b"[", after: bytes = b"]") -> bytes:
    """A body of the largest size, made of one pattern."""
    room = BODY_BYTES - len(before) - len(after)
    return before + pattern * (room // len(pattern)) + after


MAIL = b'{"recipient":"r-1","html":"%b"}'
BODIES = {
    "empty lists": ("", filled(b"[],", after=b"0]"), JSON, 400),
    "texts": ("", filled(b'"",', after=b"0]"), JSON, 400),
    "fractions": ("", filled(b"1.5,", after=b"0]"), JSON, 400),
    "escapes": ("", filled(b"\\n", b'"', b'"'), JSON, 422),
    "a mail past the bound": ("/c1/rewrite", MAIL % (b"<p>" * 1_000_000), JSON, 422),
    "the largest mail": ("/c1/rewrite", MAIL % (b"<a href='https://x.example/'>x</a>" * 15_000), JSON, 200),
    "a line without an end": ("/c1/rewrite", b"x" * BODY_BYTES, LINES, 200),
}


@pytest.mark.parametrize("name", BODIES)
def test_the_largest_bodies_are_answered_and_readers_beside_them_too(
    served: tuple[Service, Sender, str], name: str
) -> None:
    service, sender, pixel = served
    path, body, kind, status = BODIES[name]
    with Reader(service, pixel, 200) as reader:
        found, _ = sender.post(path, body, kind)
    print(f"\nbeside {name}: {reader.percentiles()}")
    assert (found, reader.wrong) == (status, [])


def test_a_body_past_the_bound_is_refused_before_it_comes(served: tuple[Service, Sender, str]) -> None:
    assert served[1].announce(BODY_BYTES + 1) == 413


def test_links_for_many_are_streamed_beside_readers(served: tuple[Service, Sender, str]) -> None:
    service, sender, pixel = served
    body = b"".join(b'{"recipient":"m-%d"}\n' % number for number in range(MINTED))
    with Reader(service, pixel, 200) as reader:
        status, answer = sender.post("/c1/mint", body, LINES)
    print(f"\nbeside a mint of {MINTED:,}: {reader.percentiles()}")
    assert (status, answer.count(b"\n"), reader.wrong) == (200, MINTED, [])


def test_every_row_of_a_bulk_import_beside_readers_is_accepted_and_in_the_log(
    served: tuple[Service, Sender, str],
) -> None:
    service, sender, pixel = served
    lines = (
        b'{"recipient":"d-%d","delivered_at":%d}\n' % (n, 1_790_000_000_000 + n) for n in range(DELIVERIES)
    )
    with Reader(service, pixel, 200) as reader:
        status, answer = sender.post("/c1/deliveries", b"".join(lines), LINES)
    print(f"\nbeside {DELIVERIES:,} deliveries: {reader.percentiles()}")
    assert (status, reader.wrong) == (200, [])
    assert json.loads(answer) == {"accepted": DELIVERIES, "opted_out": 0, "failed": 0}
    store, _ = open_settled(service.data / "mailpixel.db")
    assert sum(1 for message in store.messages("c1") if message.recipient.startswith("d-")) == DELIVERIES


def test_exports_that_are_read_slowly_are_few_and_leave_memory_and_readers_alone(
    served: tuple[Service, Sender, str],
) -> None:
    service, sender, pixel = served
    lines = (
        b'{"recipient":"e-%d","delivered_at":%d}\n' % (n, 1_790_000_000_000 + n) for n in range(DELIVERIES)
    )
    assert sender.post("/c1/deliveries", b"".join(lines), LINES)[0] == 200
    with closing(sender.export()) as first:
        assert first.begun == 200  # warm
    memory = memory_bytes(service)
    with ExitStack() as stack, Reader(service, pixel, 200) as reader:
        slow = [stack.enter_context(closing(sender.export())) for _ in range(EXPORTS_AT_ONCE + 8)]
        statuses = Counter(export.begun for export in slow)
        assert statuses[503] >= 7  # the first one may still hold its place
        assert statuses[200] == len(slow) - statuses[503]
        assert memory_bytes(service) - memory < MOST_MEMORY
    assert reader.wrong == []
    print(f"\nbeside slow exports: {reader.percentiles()}")
    wait_until(lambda: sender.exported() == 200, "an export that has ended still holds its place")


def test_a_place_is_free_again_however_an_export_ended(served: tuple[Service, Sender, str]) -> None:
    assert {served[1].exported() for _ in range(EXPORTS_AT_ONCE + 2)} == {200}
