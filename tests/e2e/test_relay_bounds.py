"""What clients may cost the relay: connections, memory, time; and that others get through meanwhile."""

import smtplib
import socket
import time
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.support.relaying import RelayProcess, connected, hand_in, marked, plain, running

MB = 1_048_576


def memory_mb(relay: RelayProcess) -> float:
    """The most that the process ever held at once."""
    status = Path(f"/proc/{relay.pid}/status").read_text()
    [peak] = [line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")]
    return int(peak) / 1024


def opened(relay: RelayProcess) -> socket.socket:
    return socket.create_connection(("127.0.0.1", relay.port), timeout=30)


def begun(relay: RelayProcess) -> socket.socket:
    """A connection that has come as far as DATA."""
    talk = opened(relay)
    file = talk.makefile("rb")
    for line in (
        b"",
        b"HELO x\r\n",
        b"MAIL FROM:<a@x.example>\r\n",
        b"RCPT TO:<b@x.example>\r\n",
        b"DATA\r\n",
    ):
        talk.sendall(line)
        assert file.readline()[:1] in b"23"
    return talk


def sends(relay: RelayProcess, content: bytes) -> bool:
    """Whether a client that tries again as clients do gets its message through."""
    until = time.monotonic() + 120
    while time.monotonic() < until:
        try:
            with smtplib.SMTP("127.0.0.1", relay.port, "client.example", timeout=60) as client:
                client.ehlo()
                if hand_in(client, content)[0] == 250:
                    return True
        except (OSError, smtplib.SMTPException):
            pass
        time.sleep(0.2)
    return False


def test_connections_beyond_the_bound_get_421_and_a_silent_one_makes_room(tmp_path: Path) -> None:
    with running(tmp_path, "--clients", "20") as pair, ExitStack() as stack:
        served: list[socket.socket] = []
        refused = 0
        while refused < 40 or len(served) < 20:  # who waited for the relay to start has a place for a moment
            talk = stack.enter_context(opened(pair.relay))
            if talk.recv(100)[:4] == b"220 ":
                served.append(talk)
            else:
                refused += 1
        assert len(served) == 20
        assert sends(pair.relay, marked(1))
        assert len(pair.upstream.stored()) == 1
        for talk in served:
            talk.setblocking(False)
        said = b"".join(map(_said, served))
    assert said.startswith(b"421 4.4.2 This connection was idle and another needed")


def _said(talk: socket.socket) -> bytes:
    try:
        return talk.recv(200)
    except BlockingIOError:
        return b""


FLOODS = {
    "lines": b"x" * 76 + b"\r\n",
    "empty lines": b"\r\n",
    "an endless line": b"x" * 1_000,
    "headers": b"X-Mailpixel-Campaign: c1\r\n a\r\n",
}


@pytest.mark.parametrize("kind", FLOODS)
def test_a_flood_of_large_messages_stays_within_its_memory_and_a_normal_client_gets_through(
    tmp_path: Path, kind: str
) -> None:
    """Twelve clients send 24 MB each and do not end; the relay may hold 16 MB of mail."""
    piece = FLOODS[kind] * (MB // len(FLOODS[kind]))
    with running(tmp_path, "--memory-mb", "16") as pair, ExitStack() as stack:
        with connected(pair.relay) as client:
            assert hand_in(client, marked(1))[0] == 250
        quiet_mb = memory_mb(pair.relay)
        flood = [stack.enter_context(begun(pair.relay)) for _ in range(12)]
        for _ in range(24):
            for each in flood:
                each.sendall(piece)
        assert sends(pair.relay, marked(2))
        for each in flood:
            each.sendall(b"\r\n.\r\n")
        replies = [each.makefile("rb").readline()[:3] for each in flood]
        assert set(replies) <= {b"452", b"500", b"552"}
        grown_mb = memory_mb(pair.relay) - quiet_mb
        assert [message.sender for message in pair.upstream.stored()] == ["sender@shop.example"] * 2
    print(f"{kind}: {quiet_mb:.0f} MB quiet, {grown_mb:.0f} MB more; {replies.count(b'452')} of 12 got 452")
    assert grown_mb < 16 * 4 + 30


def test_large_messages_that_were_asked_to_wait_get_through_one_after_the_other(tmp_path: Path) -> None:
    with running(tmp_path, "--memory-mb", "6") as pair, begun(pair.relay) as greedy:
        greedy.sendall(b"Subject: s\r\n\r\n" + (b"x" * 76 + b"\r\n") * 60_000)
        with connected(pair.relay) as client:
            assert client.esmtp_features["size"] == str(6 * MB)
            body = plain(1) + (b"x" * 76 + b"\r\n") * 60_000
            code, text = hand_in(client, body)
            assert (code, text[:5]) == (452, "4.3.1")
            assert hand_in(client, plain(2))[0] == 250
            greedy.sendall(b".\r\n")
            assert greedy.makefile("rb").readline()[:3] == b"250"
            assert hand_in(client, body)[0] == 250
        assert [len(each.content) > MB for each in pair.upstream.stored()] == [False, True, True]


def test_a_header_without_an_end_is_refused(tmp_path: Path) -> None:
    with running(tmp_path) as pair, connected(pair.relay) as client:
        code, text = hand_in(client, b"X-Mailpixel-Campaign: c1\r\n" * 60_000)
        assert (code, text[:5]) == (552, "5.3.4")
        assert hand_in(client, plain(1))[0] == 250


def test_a_line_that_is_longer_than_the_bound_is_refused_and_one_below_goes_through(tmp_path: Path) -> None:
    with running(tmp_path) as pair, connected(pair.relay) as client:
        assert hand_in(client, plain(1) + b"x" * MB + b"\r\n")[0] == 500
        long = plain(1) + b"." + b"x" * (MB - 100) + b"\r\n"
        assert hand_in(client, long)[0] == 250
        assert [each.content for each in pair.upstream.stored()] == [long]


def test_more_recipients_than_the_bound_are_put_off(tmp_path: Path) -> None:
    with running(tmp_path) as pair, connected(pair.relay) as client:
        code, text = hand_in(client, plain(1), [f"r{number}@x.example" for number in range(1_001)])
        assert (code, text[:5]) == (452, "4.5.3")
        assert hand_in(client, plain(1))[0] == 250
