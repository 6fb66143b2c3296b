"""The relay between a real client and a second mail server: nothing lost, doubled or changed."""

import re
import shutil
import smtplib
import socket
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, SimpleQueue

import pytest

from mailpixel import TokenKind, TokenSigner, load_keyring, pseudonym
from mailpixel.model import Claims
from mailpixel.store.sqlite import open_sqlite
from tests.service import mailpixel, rows
from tests.upstream import RelayProcess, Upstream, hand_in

MESSAGES, CLIENTS = 1_000, 8
MAY_HAVE = "may have the message"
HEAD = b"From: =?utf-8?q?Sh=C3=B6p?= <s@shop.example>\r\nsubject:   odd\r\n   folding\r\nX-Number: %d\r\n"
BODY = b'MIME-Version: 1.0\r\nContent-Type: text/html\r\n\r\n<p>.\r\n.. <a href="https://shop.example/%d">x</a>\r\n.\r\n'


def plain(number: int) -> bytes:
    """A message that asks for nothing. Dots stand where SMTP doubles them."""
    return HEAD % number + BODY % (number % 5)


def marked(number: int) -> bytes:
    """The same, asking to be tracked."""
    ours = b"X-Mailpixel-Campaign: c1\r\nx-mailpixel-RECIPIENT:\r\n r-%d\r\n" % number
    return HEAD % number + ours + BODY % (number % 5)


@dataclass
class Pair:
    """A data folder with the campaign `c1`, an upstream and a relay."""

    data: Path
    upstream: Upstream
    relay: RelayProcess


def campaign_in(folder: Path) -> Path:
    rows(folder, "campaign", "add", "c1", "--name", "One")
    return folder


@contextmanager
def running(folder: Path, *options: str) -> Iterator[Pair]:
    data = campaign_in(folder / "data")
    with (
        Upstream(folder) as upstream,
        RelayProcess(data, f"smtp://127.0.0.1:{upstream.port}", *options) as relay,
    ):
        yield Pair(data, upstream, relay)


@contextmanager
def connected(relay: RelayProcess) -> Iterator[smtplib.SMTP]:
    with smtplib.SMTP("127.0.0.1", relay.port, "client.example", timeout=60) as client:
        client.ehlo()
        yield client


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    with running(tmp_path_factory.mktemp("relay")) as pair:
        yield pair


@pytest.fixture
def data(shared: Pair) -> Path:
    return shared.data


@pytest.fixture
def upstream(shared: Pair) -> Upstream:
    shared.upstream.forget()
    return shared.upstream


@pytest.fixture
def client(shared: Pair) -> Iterator[smtplib.SMTP]:
    with connected(shared.relay) as client:
        yield client


def number_of(content: bytes) -> int:
    found = re.search(rb"^X-Number: (\d+)\r$", content, re.MULTILINE)
    assert found is not None
    return int(found[1])


def claims_in(data: Path, content: bytes) -> list[Claims | None]:
    """The claims of the links and the pixel in a message, in order, all of good tokens."""
    signer = TokenSigner(load_keyring(data / "keys.json"))
    readings = [
        signer.verify(token.decode(), frozenset(TokenKind))
        for token in re.findall(rb"https://t\.example/[oc]/([\w-]+)", content)
    ]
    assert [reading.problem for reading in readings] == [None] * len(readings)
    return [reading.claims for reading in readings]


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
        link.url: link.number for link in open_sqlite(pair.data / "mailpixel.db")[1].campaign("c1").links
    }
    assert sorted(links.values()) == [1, 2, 3, 4, 5]
    for message in pair.upstream.stored():
        number = number_of(message.content)
        if number % 2 == 0:
            assert message.content == plain(number)
            continue
        claims = [
            Claims(TokenKind.CLICK, "c1", f"r-{number}", links[f"https://shop.example/{number % 5}"]),
            Claims(TokenKind.OPEN, "c1", f"r-{number}"),
        ]
        assert claims_in(pair.data, message.content) == claims
        assert untracked(message.content) == plain(number)


def untracked(content: bytes) -> bytes:
    """A tracked message with its one link as it was, and without the pixel."""
    number = number_of(content)
    link = re.sub(rb"https://t\.example/c/[\w-]+", b"https://shop.example/%d" % (number % 5), content)
    return re.sub(rb'<img src="https://t\.example/o/[^>]+>(?:\r\n\Z)?', b"", link)  # a last line gets an end


@pytest.mark.parametrize(("moment", "copies"), [("--die-before", 1), ("--die-after", 2)])
def test_only_a_message_whose_end_was_sent_and_not_answered_can_come_twice(
    tmp_path: Path, data: Path, moment: str, copies: int
) -> None:
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
        assert (code, "nothing was handed on" in text) == (451, True)
        upstream.start()
        assert hand_in(client, plain(2)) == (250, "2.0.0 Stored")
        assert Counter(number_of(m.content) for m in upstream.stored()) == {1: 1, 2: copies}


def test_every_byte_of_other_mail_passes_as_it_is(client: smtplib.SMTP, upstream: Upstream) -> None:
    odd = [
        b"Subject: bare\r\n\r\na bare\nLF, a bare\rCR,\n.not a dot line\r\n",
        b"subject:no space\r\nX-Long: " + b"y" * 5_000 + b"\r\n\r\n" + b"z" * 100_000 + b"\r\n",
        b"Subject: bytes\r\n\r\n" + bytes(byte for byte in range(256) if byte not in b"\r\n") + b"\r\n",
        b"no header at all\r\n",
        b"\r\n",
        b"",
        b".\r\n..\r\n.x\r\n",
        b"Subject: late\r\n\r\nX-Mailpixel-Campaign: c1\r\n",
        b"DKIM-Signature: v=1; a=rsa-sha256\r\n\t; b=xyz\r\nSubject: s\r\n\r\nb\r\n",
    ]
    assert [hand_in(client, content) for content in odd] == [(250, "2.0.0 Stored")] * len(odd)
    assert [message.content for message in upstream.stored()] == odd


def test_the_envelope_passes_as_it_is(client: smtplib.SMTP, upstream: Upstream) -> None:
    assert (
        hand_in(client, plain(1), ["a@x.example", '"b c"@x.example'], "BODY=8BITMIME", "SIZE=500")[0] == 250
    )
    assert hand_in(client, plain(2), ["a@x.example"], "bounce")[0] == 250
    client.command_encoding = "utf-8"
    assert hand_in(client, plain(3), ["ü@x.example"], "SMTPUTF8")[0] == 250
    assert [stored[:3] for stored in upstream.stored()] == [
        ("sender@shop.example", ("a@x.example", '"b c"@x.example'), ("BODY=8BITMIME",)),
        ("<>", ("a@x.example",), ()),
        ("sender@shop.example", ("ü@x.example",), ("SMTPUTF8",)),
    ]


def test_what_the_upstream_refuses_is_refused_with_its_own_words(
    client: smtplib.SMTP, upstream: Upstream
) -> None:
    assert hand_in(client, plain(1), ["full@x.example"]) == (552, "5.2.2 The mailbox is full")
    refused = plain(2).replace(b"X-Number", b"X-Refuse: yes\r\nX-Number")
    assert hand_in(client, refused) == (554, "5.7.1 We do not\n5.7.1 want this")
    assert hand_in(client, plain(3)) == (250, "2.0.0 Stored")
    assert [message.content for message in upstream.stored()] == [plain(3)]


def test_a_message_that_could_be_read_as_two_is_refused(client: smtplib.SMTP, upstream: Upstream) -> None:
    for end in (b"\n.\n", b"\n.\r\n", b"\r.\r\n", b"\r.\r"):
        code, text = hand_in(client, b"Subject: s\r\n\r\nx" + end + b"MAIL FROM:<a@x.example>\r\n")
        assert (code, text[:5]) == (550, "5.6.0")
    assert hand_in(client, plain(1))[0] == 250
    assert [message.content for message in upstream.stored()] == [plain(1)]


def test_a_reader_without_an_id_gets_the_pseudonym_of_the_only_address(
    data: Path, client: smtplib.SMTP, upstream: Upstream
) -> None:
    content = b"X-Mailpixel-Campaign: c1\r\n" + plain(1)
    assert hand_in(client, content, ["Reader@x.example"])[0] == 250
    assert hand_in(client, content, ["a@x.example", "b@x.example"])[0] == 250
    single, several = upstream.stored()
    name = pseudonym(load_keyring(data / "keys.json"), "reader@x.example")
    assert [claims and claims.recipient for claims in claims_in(data, single.content)] == [name, name]
    assert several.content == plain(1)


def test_another_header_of_the_sender_can_name_the_recipient(tmp_path: Path) -> None:
    theirs = b"X-Listmonk-Subscriber: 0adc0220-7bc8\r\n"
    options = ("--recipient-header", "x-listmonk-subscriber")
    with running(tmp_path, *options) as pair, connected(pair.relay) as client:
        assert hand_in(client, b"X-Mailpixel-Campaign: c1\r\n" + theirs + plain(1))[0] == 250
        content = pair.upstream.stored()[0].content
    assert untracked(content) == theirs + plain(1)
    recipients = [claims and claims.recipient for claims in claims_in(pair.data, content)]
    assert recipients == ["0adc0220-7bc8", "0adc0220-7bc8"]


UNTRACKABLE = [
    b"X-Mailpixel-Campaign: unknown\r\nX-Mailpixel-Recipient: r-1\r\n",
    b"X-Mailpixel-Campaign: secret@x.example\r\nX-Mailpixel-Recipient: r-1\r\n",
    b"X-Mailpixel-Campaign: c1\r\nX-Mailpixel-Campaign: c2\r\nX-Mailpixel-Recipient: r-1\r\n",
    b"X-Mailpixel-Campaign: c1\r\nX-Mailpixel-Recipient: secret@x.example\r\n",
    b"X-Mailpixel-Campaign: c1\r\nX-Mailpixel-Recipient: r-1\r\nX-Mailpixel-Recipient: r-2\r\n",
    b"X-Mailpixel-Campaign:\r\nX-Mailpixel-Recipient: r-1\r\n",
    b"X-Mailpixel-Recipient: r-1\r\n",
]


def test_mail_that_cannot_be_tracked_goes_out_without_our_headers_and_the_log_names_nobody(
    tmp_path: Path,
) -> None:
    with running(tmp_path) as pair, connected(pair.relay) as client:
        for lines in UNTRACKABLE:
            assert hand_in(client, lines + plain(1), ["secret@x.example"])[0] == 250
        assert [message.content for message in pair.upstream.stored()] == [plain(1)] * len(UNTRACKABLE)
        said = pair.relay.stop()
    assert "7 message(s): 1 unmarked, 6 untracked" in said
    assert said.count("a message went out untracked: ") == 6
    assert "secret" not in said


def test_a_client_that_goes_away_in_the_middle_of_a_message_has_sent_none(
    shared: Pair, client: smtplib.SMTP, upstream: Upstream
) -> None:
    with connected(shared.relay) as other:
        other.docmd("MAIL", "FROM:<s@shop.example>")
        other.docmd("RCPT", "TO:<r@x.example>")
        other.docmd("DATA")
        other.send(plain(1))
        other.close()
    assert hand_in(client, plain(2)) == (250, "2.0.0 Stored")
    assert [message.content for message in upstream.stored()] == [plain(2)]


def test_a_relay_that_is_told_to_end_waits_for_the_answer_to_a_message_on_its_way(tmp_path: Path) -> None:
    held = plain(1).replace(b"X-Number", b"X-Hold: yes\r\nX-Number")
    replies: list[tuple[int, str]] = []
    with running(tmp_path) as pair, connected(pair.relay) as client:
        sender = threading.Thread(target=lambda: replies.append(hand_in(client, held)))
        sender.start()
        wait_until(lambda: len(pair.upstream.stored()) == 1)
        pair.relay.terminate()
        wait_until(lambda: not is_listening(pair.relay.port))
        pair.upstream.release()
        sender.join()
    assert replies == [(250, "2.0.0 Stored")]


def wait_until(is_so: Callable[[], bool]) -> None:
    until = time.monotonic() + 20
    while not is_so():
        assert time.monotonic() < until
        time.sleep(0.02)


def is_listening(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_an_upstream_that_never_was_refuses_for_a_while(data: Path) -> None:
    with RelayProcess(data, "smtp://127.0.0.1:9") as relay, connected(relay) as client:
        code, text = hand_in(client, plain(1))
        assert (code, text[:5]) == (451, "4.4.1")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """A certificate for localhost that nobody else trusts, and its key."""
    folder = tmp_path_factory.mktemp("certificate")
    files = (str(folder / "certificate.pem"), str(folder / "key.pem"))
    if shutil.which("openssl") is None:
        pytest.skip("openssl, which makes the certificate, is not installed")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-out", files[0], "-keyout", files[1]],
        check=True, capture_output=True,
    )  # fmt: skip
    return files


def sent_privately(
    folder: Path, served: list[str], scheme: str, environment: dict[str, str]
) -> tuple[int, str, int]:
    """Code and begin of the reply to one message, and how many the upstream has, by an upstream that wants a log-in."""
    with Upstream(folder, *served) as upstream:
        url = f"{scheme}://relay%40shop@localhost:{upstream.port}"
        data = campaign_in(folder / "data")
        with RelayProcess(data, url, environment=environment) as relay, connected(relay) as client:
            code, text = hand_in(client, plain(1))
            assert environment["MAILPIXEL_UPSTREAM_PASSWORD"] not in relay.stop()
        return code, text[:5], len(upstream.stored())


@pytest.mark.parametrize("scheme", ["smtp+starttls", "smtps"])
def test_the_relay_logs_in_to_an_upstream_it_can_trust(
    tmp_path: Path, certificate: tuple[str, str], scheme: str
) -> None:
    served = [f"--{scheme.removeprefix('smtp+')}", *certificate]
    known = {"MAILPIXEL_UPSTREAM_PASSWORD": "open sesame", "SSL_CERT_FILE": certificate[0]}
    assert sent_privately(tmp_path, served, scheme, known) == (250, "2.0.0", 1)


def test_a_password_goes_to_no_upstream_that_cannot_be_trusted(
    tmp_path: Path, certificate: tuple[str, str]
) -> None:
    secret = {"MAILPIXEL_UPSTREAM_PASSWORD": "open sesame"}
    served = ["--starttls", *certificate]
    for folder in (names := [tmp_path / name for name in ("stranger", "plain", "wrong")]):
        folder.mkdir()
    assert sent_privately(names[0], served, "smtp+starttls", secret) == (451, "4.4.1", 0)
    assert sent_privately(names[1], [], "smtp+starttls", secret) == (451, "4.7.0", 0)
    wrong = {"MAILPIXEL_UPSTREAM_PASSWORD": "closed", "SSL_CERT_FILE": certificate[0]}
    assert sent_privately(names[2], served, "smtp+starttls", wrong) == (451, "4.7.0", 0)


def test_an_address_outside_of_ascii_is_refused_where_the_upstream_takes_none(tmp_path: Path) -> None:
    with Upstream(tmp_path, "--plain") as upstream:
        data = campaign_in(tmp_path / "data")
        with RelayProcess(data, f"smtp://127.0.0.1:{upstream.port}") as relay, connected(relay) as client:
            assert hand_in(client, plain(1), ["a@x.example"], "SMTPUTF8")[0] == 553
            client.command_encoding = "utf-8"
            assert hand_in(client, plain(2), ["ü@x.example"])[0] == 553
            assert hand_in(client, plain(3))[0] == 250
        assert [number_of(message.content) for message in upstream.stored()] == [3]


@pytest.mark.parametrize(
    ("listen", "upstream", "problem"),
    [
        ("127.0.0.1:0", "smtp://u:p@127.0.0.1", "--upstream: holds a password"),
        ("127.0.0.1:0", "smtps://u@mx.example", "MAILPIXEL_UPSTREAM_PASSWORD: is not set"),
        ("127.0.0.1:0", "http://mx.example", "--upstream: must be smtp://"),
        ("127.0.0.1:2525", "smtp://127.0.0.1:2525", "--upstream: is the relay itself"),
        ("0.0.0.0:2525", "smtp://mx.example", "--listen: lets others send"),
        ("2525", "smtp://mx.example", "--listen: must be HOST:PORT"),
    ],
)
def test_a_misuse_is_told_before_anything_listens(
    data: Path, listen: str, upstream: str, problem: str
) -> None:
    done = mailpixel(data, "relay", "--listen", listen, "--upstream", upstream)
    assert (done.returncode, done.stderr.startswith(f"error: {problem}")) == (2, True)
