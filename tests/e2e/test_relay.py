"""The relay between a real client and a second mail server: nothing lost, and nothing doubled that could be told."""

import smtplib
import socket
import threading
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, SimpleQueue

import pytest

from mailpixel import TokenKind
from mailpixel.claims import Claims
from mailpixel.relay.upstream import framed
from tests.support.processes import wait_until
from tests.support.relaying import (
    Pair,
    RelayProcess,
    campaign_in,
    claims_in,
    connected,
    hand_in,
    marked,
    number_of,
    plain,
    running,
    untracked,
)
from tests.support.service import mailpixel
from tests.support.stores import open_settled
from tests.support.upstream import Upstream

MESSAGES, CLIENTS = 1_000, 8
MAY_HAVE = "may have the message"


@dataclass
class Senders:
    """Clients that send what waits, and send again what was refused once the upstream is back."""

    port: int
    waiting: SimpleQueue[int] = field(default_factory=SimpleQueue)
    accepted: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    refused: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    back: threading.Event = field(default_factory=threading.Event)
    said: dict[int, list[tuple[int, str]]] = field(default_factory=dict)

    def run(self) -> None:
        with smtplib.SMTP("127.0.0.1", self.port, "client.example", timeout=60) as client:
            client.ehlo()
            while (number := self._next()) is not None:
                reply = (0, "")
                while reply[0] != 250:
                    reply = hand_in(client, marked(number) if number % 2 else plain(number))
                    self.said.setdefault(number, []).append(reply)
                    if reply[0] != 250:
                        self.refused.release()
                        self.back.wait(60)
                self.accepted.release()

    def _next(self) -> int | None:
        try:
            return self.waiting.get_nowait()
        except Empty:
            return None


def test_a_thousand_messages_and_an_upstream_that_is_killed_half_way(tmp_path: Path) -> None:
    with running(tmp_path) as pair:
        senders = interrupted(pair)
        said = pair.relay.stop()
    copies = Counter(number_of(message.content) for message in pair.upstream.stored())
    uncertain = {n for n, replies in senders.said.items() if any(MAY_HAVE in text for _, text in replies)}
    assert sorted(copies) == list(range(MESSAGES))
    assert {n for n, count in copies.items() if count > 1} <= uncertain
    assert {code for replies in senders.said.values() for code, _ in replies} == {250, 451}
    assert len(uncertain) <= CLIENTS
    assert f"handed on {MESSAGES:,} message(s): {MESSAGES // 2} tracked, {MESSAGES // 2} unmarked" in said
    check_contents(pair)


def interrupted(pair: Pair) -> Senders:
    """Send everything; the upstream is killed half-way, and comes back when every client was refused."""
    senders = Senders(pair.relay.port)
    for number in range(MESSAGES):
        senders.waiting.put(number)
    threads = [threading.Thread(target=senders.run) for _ in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for _ in range(MESSAGES // 2):
        assert senders.accepted.acquire(timeout=60)
    pair.upstream.kill()
    for _ in range(CLIENTS):
        assert senders.refused.acquire(timeout=60)
    pair.upstream.start()
    senders.back.set()
    for thread in threads:
        thread.join()
    return senders


def check_contents(pair: Pair) -> None:
    """What asked for nothing has every byte it had; the rest is tracked, each for its own recipient."""
    links = {
        link.url: link.number for link in open_settled(pair.data / "mailpixel.db")[1].campaign("c1").links
    }
    assert sorted(links.values()) == [1, 2, 3, 4, 5]
    for message in pair.upstream.stored():
        number = number_of(message.content)
        if number % 2 == 0:
            assert message.content == plain(number)
            continue
        click, opened = claims_in(pair.data, message.content)
        url = f"https://shop.example/{number % 5}"
        number_or_url = (links[url], None), (None, url)  # the first mail with a link carries it
        assert click in [Claims(TokenKind.CLICK, "c1", f"r-{number}", *where) for where in number_or_url]
        assert opened == Claims(TokenKind.OPEN, "c1", f"r-{number}")
        assert untracked(message.content) == plain(number)


@pytest.mark.parametrize(("moment", "copies"), [("--die-before", 1), ("--die-after", 2)])
def test_only_a_message_whose_end_was_sent_and_not_answered_can_come_twice(
    tmp_path: Path, moment: str, copies: int
) -> None:
    data = campaign_in(tmp_path / "data")
    with (
        Upstream(tmp_path, moment, "2") as upstream,
        RelayProcess(data, f"smtp://127.0.0.1:{upstream.port}") as relay,
        connected(relay) as client,
    ):
        assert hand_in(client, plain(1)) == (250, "2.0.0 Stored")
        code, text = hand_in(client, plain(2))
        assert (code, MAY_HAVE in text) == (451, True)
        upstream.wait()
        code, text = hand_in(client, plain(2))
        assert (code, "nothing was sent on" in text) == (451, True)
        upstream.start()
        assert hand_in(client, plain(2)) == (250, "2.0.0 Stored")
        assert Counter(number_of(m.content) for m in upstream.stored()) == {1: 1, 2: copies}


def test_a_client_that_goes_away_in_the_middle_of_a_message_has_sent_none(tmp_path: Path) -> None:
    with running(tmp_path) as pair:
        with connected(pair.relay) as client:
            client.docmd("MAIL", "FROM:<s@shop.example>")
            client.docmd("RCPT", "TO:<r@x.example>")
            client.docmd("DATA")
            client.send(plain(1).removesuffix(b".\r\n"))
            client.close()
        with connected(pair.relay) as client:
            assert hand_in(client, plain(2)) == (250, "2.0.0 Stored")
        assert [message.content for message in pair.upstream.stored()] == [plain(2)]


def test_a_client_that_goes_away_before_the_answer_has_sent_its_message(tmp_path: Path) -> None:
    held = plain(1).replace(b"X-Number", b"X-Hold: yes\r\nX-Number")
    with running(tmp_path) as pair:
        with connected(pair.relay) as client:
            client.docmd("MAIL", "FROM:<s@shop.example>")
            client.docmd("RCPT", "TO:<r@x.example>")
            client.docmd("DATA")
            client.send(framed(held))
            wait_until(lambda: len(pair.upstream.stored()) == 1, "nothing is stored")
            client.close()
        pair.upstream.release()
        said = pair.relay.stop()
        assert [message.content for message in pair.upstream.stored()] == [held]
    assert "handed on 1 message(s): 1 unmarked" in said


def test_a_relay_that_is_asked_to_end_waits_for_the_answer_to_a_message_on_its_way(tmp_path: Path) -> None:
    held = plain(1).replace(b"X-Number", b"X-Hold: yes\r\nX-Number")
    replies: list[tuple[int, str]] = []
    with running(tmp_path) as pair, connected(pair.relay) as client:
        sender = threading.Thread(target=lambda: replies.append(hand_in(client, held)))
        sender.start()
        wait_until(lambda: len(pair.upstream.stored()) == 1, "nothing is stored")
        pair.relay.terminate()
        wait_until(lambda: not is_listening(pair.relay.port), "the relay listens")
        pair.upstream.release()
        sender.join()
    assert replies == [(250, "2.0.0 Stored")]


def is_listening(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_an_upstream_that_was_started_again_between_two_messages_is_not_noticed(tmp_path: Path) -> None:
    with running(tmp_path) as pair, connected(pair.relay) as client:
        assert hand_in(client, plain(1))[0] == 250
        pair.upstream.kill()
        pair.upstream.start()
        assert hand_in(client, plain(2))[0] == 250
        assert [number_of(message.content) for message in pair.upstream.stored()] == [1, 2]


def test_a_port_that_is_taken_is_reported(tmp_path: Path) -> None:
    data = campaign_in(tmp_path / "data")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = mailpixel(data, "relay", "--listen", f"127.0.0.1:{port}", "--upstream", "smtp://127.0.0.1:9")
    problem = f"error: cannot listen on port {port}: Address already in use"
    assert (done.returncode, done.stderr.splitlines()[-1]) == (1, problem)


def test_an_upstream_that_never_was_refuses_for_a_while(tmp_path: Path) -> None:
    data = campaign_in(tmp_path / "data")
    with RelayProcess(data, "smtp://127.0.0.1:9") as relay, connected(relay) as client:
        code, text = hand_in(client, plain(1))
        assert (code, text[:5]) == (451, "4.4.1")


@pytest.mark.parametrize(
    ("listen", "upstream", "problem"),
    [
        ("127.0.0.1:0", "smtp://u:p@127.0.0.1", "--upstream: holds a password"),
        ("127.0.0.1:0", "smtps://u@mx.example", "MAILPIXEL_UPSTREAM_PASSWORD: is not set"),
        ("127.0.0.1:0", "http://mx.example", "--upstream: must be smtp://"),
        ("127.0.0.1:2525", "smtp://127.0.0.1:2525", "--upstream: is the relay itself"),
        ("0.0.0.0:2525", "smtp://mx.example", "--listen: lets other machines send"),
        ("2525", "smtp://mx.example", "--listen: must be HOST:PORT"),
    ],
)
def test_a_misuse_is_reported_before_anything_listens(
    tmp_path: Path, listen: str, upstream: str, problem: str
) -> None:
    done = mailpixel(tmp_path, "relay", "--listen", listen, "--upstream", upstream)
    assert (done.returncode, done.stderr.startswith(f"error: {problem}")) == (2, True)
