"""What the relay makes of SMTP as it comes over the wire, written by hand where a library would be too polite."""

import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.support.relaying import Pair, RelayProcess, campaign_in, connected, hand_in, plain, running
from tests.support.service import free_port

ENVELOPE = b"MAIL FROM:<s@shop.example>\r\nRCPT TO:<r@x.example>\r\nDATA\r\n"
TAKEN = ["250", "250", "354", "250"]


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    with running(tmp_path_factory.mktemp("wire")) as pair:
        yield pair


@pytest.fixture
def pair(shared: Pair) -> Pair:
    shared.upstream.forget()
    return shared


def said(pair: Pair, wire: bytes) -> list[str]:
    """The codes of all answers to bytes sent at once, behind the greetings, until the relay hangs up."""
    with socket.create_connection(("127.0.0.1", pair.relay.port), timeout=60) as client:
        client.sendall(b"EHLO client.example\r\n" + wire + b"QUIT\r\n")
        lines = client.makefile("rb").read().decode().splitlines()
    return [line[:3] for line in lines if line[3] == " "][2:-1]


def contents(pair: Pair) -> list[bytes]:
    return [message.content for message in pair.upstream.stored()]


def test_commands_that_come_all_at_once_are_taken_in_order(pair: Pair) -> None:
    first, second = (ENVELOPE + plain(n).replace(b"\r\n.", b"\r\n..") + b".\r\n" for n in (1, 2))
    assert said(pair, first + b"RSET\r\nNOOP\r\n" + second) == [*TAKEN, "250", "250", *TAKEN]
    assert contents(pair) == [plain(1), plain(2)]


def test_dots_are_undone_and_doubled_again(pair: Pair) -> None:
    assert said(pair, ENVELOPE + b"..\r\n...\r\n..x\r\n.y\r\n.\r\n") == TAKEN
    assert contents(pair) == [b".\r\n..\r\n.x\r\ny\r\n"]


@pytest.mark.parametrize(
    "text",
    [
        b"a\0b\0\r\n\0\r\n",
        b"bare\nLF\n\nand\rCR\r\r\n",
        b"\n..\n .\n. \nx.\n",
        b"\xff\xfe\x80 8 bit\r\n",
        b"z" * 900_000 + b"\r\n" + b".",
    ],
)
def test_bytes_that_mean_nothing_to_smtp_pass(pair: Pair, text: bytes) -> None:
    content = b"Subject: s\r\n\r\n" + text + b"\r\n"
    assert said(pair, ENVELOPE + content.replace(b"\r\n.", b"\r\n..") + b".\r\n") == TAKEN
    assert contents(pair) == [content]


SMUGGLED = [
    b"\n.\n",
    b"\n.\r\n",
    b"\n.\r",
    b"\r.\r",
    b"\r.\r\n",
    b"\r.\n",
    b"\r\n\0.\r\n",
    b"\n\0.\0\n",
    b"\r\n\0\0.\r",
]


@pytest.mark.parametrize("end", SMUGGLED, ids=repr)
def test_an_end_that_only_some_servers_see_is_refused_and_hides_no_second_message(
    pair: Pair, end: bytes
) -> None:
    hidden = (
        b"MAIL FROM:<boss@shop.example>\r\nRCPT TO:<victim@x.example>\r\nDATA\r\nSubject: hidden\r\n\r\nb"
    )
    wire = ENVELOPE + b"Subject: s\r\n\r\ntext" + end + hidden + b"\r\n.\r\n"
    assert said(pair, wire + ENVELOPE + plain(1).replace(b"\r\n.", b"\r\n..") + b".\r\n") == [
        *TAKEN[:3],
        "550",
        *TAKEN,
    ]
    assert contents(pair) == [plain(1)]


def test_an_end_behind_a_whole_line_that_is_not_one_is_taken_as_text(pair: Pair) -> None:
    assert said(pair, ENVELOPE + b"a\r\n.\nb\r\n.\rc\r\n.\r\n") == TAKEN
    assert contents(pair) == [b"a\r\n\nb\r\n\rc\r\n"]


def test_a_message_that_is_too_large_or_has_too_long_a_line_is_refused_and_the_next_is_not(
    pair: Pair,
) -> None:
    sized = b"MAIL FROM:<s@shop.example> SIZE=%d\r\n"
    assert said(pair, sized % 67_108_864 + b"RSET\r\n" + sized % 67_108_865) == ["250", "250", "552"]
    long_line = ENVELOPE + b"x" * 1_100_000 + b"\r\n.\r\n"
    assert said(pair, long_line + ENVELOPE + b"b\r\n.\r\n") == [*TAKEN[:3], "500", *TAKEN]
    assert contents(pair) == [b"b\r\n"]


def test_a_relay_that_is_its_own_upstream_says_so_instead_of_going_round(tmp_path: Path) -> None:
    port = free_port()
    data = campaign_in(tmp_path / "data")
    with RelayProcess(data, f"smtp://localhost:{port}", port=port) as relay:
        with connected(relay) as client:
            code, text = hand_in(client, plain(1))
        assert (code, text[:5]) == (451, "4.4.6")
        assert "the upstream is this relay or leads back" in relay.stop()


def test_a_relay_behind_another_is_no_loop(tmp_path: Path) -> None:
    with running(tmp_path) as pair, RelayProcess(pair.data, f"smtp://127.0.0.1:{pair.relay.port}") as first:
        with connected(first) as client:
            assert hand_in(client, plain(1)) == (250, "2.0.0 Stored")
        assert contents(pair) == [plain(1)]


def test_the_relay_logs_delivery_counts_at_intervals(tmp_path: Path) -> None:
    told = "handed on 1 message(s): 1 unmarked; 1 step(s) deferred, 2 step(s) refused\n"
    with running(tmp_path, "--counts-every", "1") as pair, connected(pair.relay) as client:
        assert "relays mail from port" in pair.relay.read_line()
        hand_in(client, plain(1))
        hand_in(client, plain(2), ["full@x.example"])
        hand_in(client, plain(3).replace(b"X-Number", b"X-Refuse: yes\r\nX-Number"))
        pair.upstream.kill()
        hand_in(client, plain(4))
        lines = iter(pair.relay.read_line, told)
        assert all(line.startswith(("handed on", "WARNING mailpixel.relay: the upstream")) for line in lines)
        assert pair.relay.stop().splitlines()[-1] + "\n" == told


@contextmanager
def scripted(replies: Mapping[str, bytes]) -> Iterator[tuple[int, list[bytes]]]:
    """A server that answers each command by a table; its port, and every line that it was sent."""
    lines: list[bytes] = []

    def serve() -> None:
        client, _ = listening.accept()
        with suppress(ConnectionResetError), client, client.makefile("rb") as sent:
            client.sendall(b"220 upstream.example\r\n")
            for line in sent:
                lines.append(line)
                client.sendall(replies.get(line[:4].decode("latin-1").upper(), b"250 OK\r\n"))

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=serve)
        thread.start()
        yield listening.getsockname()[1], lines
        thread.join()


@pytest.mark.parametrize(
    ("replies", "code"),
    [
        ({"EHLO": b"250-upstream.example\r\n250 AUTH PLAIN LOGIN\r\n"}, "4.7.0"),
        ({"EHLO": b"502 No\r\n", "HELO": b"250 upstream.example\r\n"}, "4.7.0"),
        ({"EHLO": b"250-u\r\n250-STARTTLS\r\n250 AUTH PLAIN\r\n", "STAR": b"454 Not now\r\n"}, "4.4.1"),
        ({"EHLO": b"250-u\r\n250-STARTTLS\r\n250 AUTH PLAIN\r\n", "STAR": b"220 Go\r\n250 AUTH PLAIN\r\n"}, "4.4.1"),
    ],
    ids=["not offered", "no extensions", "put off", "words instead of TLS"],
)  # fmt: skip
def test_nothing_is_said_in_clear_to_an_upstream_that_does_not_begin_tls(
    tmp_path: Path, replies: dict[str, bytes], code: str
) -> None:
    secret = {"MAILPIXEL_UPSTREAM_PASSWORD": "open sesame"}
    data = campaign_in(tmp_path / "data")
    with scripted(replies) as (port, lines):
        url = f"smtp+starttls://relay%40shop@localhost:{port}"
        with RelayProcess(data, url, environment=secret) as relay, connected(relay) as client:
            answer = hand_in(client, plain(1))
    assert (answer[0], answer[1][:5]) == (451, code)
    assert {line[:4].upper() for line in lines} & {b"AUTH", b"MAIL", b"RCPT", b"DATA"} == set()


def test_no_mail_is_handed_to_an_upstream_that_does_not_take_the_log_in_it_was_given_for(
    tmp_path: Path,
) -> None:
    secret = {"MAILPIXEL_UPSTREAM_PASSWORD": "open sesame"}
    data = campaign_in(tmp_path / "data")
    with scripted({"EHLO": b"250-upstream.example\r\n250 8BITMIME\r\n"}) as (port, lines):
        url = f"smtp://relay%40shop@127.0.0.1:{port}"
        with RelayProcess(data, url, environment=secret) as relay, connected(relay) as client:
            answer = hand_in(client, plain(1))
    assert (answer[0], answer[1][:5]) == (451, "4.7.0")
    assert [line[:4].upper() for line in lines] == [b"EHLO"]


def test_an_upstream_that_names_no_extensions_gets_the_bytes_and_no_options(tmp_path: Path) -> None:
    data = campaign_in(tmp_path / "data")
    with (
        scripted({"EHLO": b"502 No\r\n", "DATA": b"354 Go\r\n"}) as (port, lines),
        RelayProcess(data, f"smtp://127.0.0.1:{port}") as relay,
        connected(relay) as client,
    ):
        assert hand_in(client, b"caf\xe9\r\n", ["r@x.example"], "BODY=8BITMIME")[0] == 250
    commands = [b"MAIL FROM:<sender@shop.example>\r\n", b"RCPT TO:<r@x.example>\r\n", b"DATA\r\n"]
    assert lines[2:6] == [*commands, b"caf\xe9\r\n"]
