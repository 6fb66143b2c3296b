"""Streams over a real connection: all sent before anything is read, line by line in turn, and broken off."""

import json
import socket
from collections.abc import Iterator
from http.client import HTTPConnection

import pytest

from tests.support.service import Service, rows
from tests.support.stores import open_settled

MANY = 60_000


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Service, str]]:
    """A service with the campaign `c1`, and a key for it."""
    data = tmp_path_factory.mktemp("streams") / "data"
    rows(data, "campaign", "add", "c1", "--name", "One", "--link", "https://shop.example/")
    key = rows(data, "apikey", "add", "everything", "--scope", "write").strip()
    with Service(data) as service:
        yield service, key


def as_line(recipient: str) -> bytes:
    return json.dumps({"recipient": recipient}).encode() + b"\n"


class Dialogue:
    """One request with a body in chunks, of which each is sent when the test says so."""

    def __init__(self, service: Service, key: str) -> None:
        self._socket = socket.create_connection(("127.0.0.1", service.port), timeout=20)
        self._file = self._socket.makefile("rb")
        head = f"POST /api/campaigns/c1/mint HTTP/1.1\r\nHost: t\r\nAuthorization: Bearer {key}\r\n"
        self._socket.sendall(f"{head}Transfer-Encoding: chunked\r\n\r\n".encode())

    def send(self, text: bytes) -> None:
        self._socket.sendall(b"%x\r\n%b\r\n" % (len(text), text))

    def read_head(self) -> bytes:
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += self._file.readline()
        return head

    def read_chunk(self) -> bytes:
        size = int(self._file.readline(), 16)
        chunk = self._file.read(size)
        self._file.readline()
        return chunk

    def close(self) -> None:
        self._file.close()
        self._socket.close()


def test_a_client_that_sends_everything_before_it_reads_is_not_held_up(served: tuple[Service, str]) -> None:
    service, key = served
    body = b"".join(as_line(f"r-{number}") for number in range(MANY))
    connection = HTTPConnection("127.0.0.1", service.port, timeout=60)
    connection.request("POST", "/api/campaigns/c1/mint", body, {"Authorization": f"Bearer {key}"})
    answer = connection.getresponse()
    minted = [json.loads(line)["recipient"] for line in answer]
    connection.close()
    assert minted == [f"r-{number}" for number in range(MANY)]


def test_a_client_may_read_each_answer_before_it_sends_the_next_line(served: tuple[Service, str]) -> None:
    dialogue = Dialogue(*served)
    dialogue.send(as_line("r-0"))
    head = dialogue.read_head()
    told = [json.loads(dialogue.read_chunk())["recipient"]]
    for number in range(1, 5):
        dialogue.send(as_line(f"r-{number}"))
        told.append(json.loads(dialogue.read_chunk())["recipient"])
    dialogue.send(b"")
    assert head.startswith(b"HTTP/1.1 200 ")
    assert told == [f"r-{number}" for number in range(5)]
    assert dialogue.read_chunk() == b""
    dialogue.close()


def test_a_client_that_goes_away_takes_nothing_with_it(served: tuple[Service, str]) -> None:
    service, key = served
    for _ in range(5):
        dialogue = Dialogue(service, key)
        dialogue.send(as_line("r-0") * 2_000)
        dialogue.close()
    assert service.status("/healthz") == 200


def test_deliveries_are_in_the_log_when_they_are_accepted(served: tuple[Service, str]) -> None:
    service, key = served
    body = b"".join(
        json.dumps({"recipient": f"d-{number}", "delivered_at": 1_790_000_000_000 + number}).encode() + b"\n"
        for number in range(3_000)
    )
    connection = HTTPConnection("127.0.0.1", service.port, timeout=60)
    connection.request("POST", "/api/campaigns/c1/deliveries", body, {"Authorization": f"Bearer {key}"})
    tally = json.loads(connection.getresponse().read())
    connection.close()
    service.kill()
    assert tally == {"accepted": 3_000, "opted_out": 0, "failed": 0}
    store, _ = open_settled(service.data / "mailpixel.db")
    assert sum(len(message.events) for message in store.messages("c1")) == 3_000
