"""A relay in front of the second mail server, a client's side of it, and messages that can be told apart."""

import os
import re
import signal
import smtplib
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from mailpixel import TokenKind, TokenSigner, load_keyring
from mailpixel.claims import Claims
from tests.support.builders import without_modes
from tests.support.service import free_port, rows
from tests.support.upstream import Upstream, wait_for_port

HEAD = b"From: =?utf-8?q?Sh=C3=B6p?= <s@shop.example>\r\nsubject:   odd\r\n   folding\r\nX-Number: %d\r\n"
BODY = b'MIME-Version: 1.0\r\nContent-Type: text/html\r\n\r\n<p>.\r\n.. <a href="https://shop.example/%d">x</a>\r\n.\r\n'


class RelayProcess:
    """`mailpixel relay` in front of an upstream."""

    def __init__(
        self,
        data: Path,
        upstream: str,
        *options: str,
        environment: dict[str, str] | None = None,
        port: int = 0,
    ) -> None:
        self.port = port or free_port()
        listen = ("--listen", f"127.0.0.1:{self.port}")
        command = [
            sys.executable,
            "-m",
            "mailpixel",
            "--data",
            str(data),
            "relay",
            *listen,
            "--upstream",
            upstream,
        ]
        env = os.environ | {"MAILPIXEL_BASE_URL": "https://t.example"} | (environment or {})
        self._process = subprocess.Popen([*command, *options], env=env, stderr=subprocess.PIPE, text=True)

    def __enter__(self) -> "RelayProcess":
        wait_for_port(self.port, self._process)
        return self

    def __exit__(self, *exception: object) -> None:
        if self._process.poll() is None:
            self.stop()

    @property
    def pid(self) -> int:
        """The number of the process."""
        return self._process.pid

    def kill(self) -> None:
        """kill -9."""
        self._process.kill()
        self._process.communicate()

    def read_line(self) -> str:
        """The next line that it says."""
        assert self._process.stderr is not None
        return self._process.stderr.readline()

    def terminate(self) -> None:
        """SIGTERM."""
        self._process.send_signal(signal.SIGTERM)

    def stop(self) -> str:
        """SIGTERM, and wait; returns what it said."""
        self.terminate()
        return self._process.communicate(timeout=60)[1]


def hand_in(
    client: smtplib.SMTP, content: bytes, to: Sequence[str] = ("r@x.example",), *options: str
) -> tuple[int, str]:
    """Send one message by the book and byte for byte; returns the last reply: the first that refuses, or the end's."""
    code, text = offered(client, to, *options)
    if code == 354:
        code, text = finished(client, content)
    if code != 250:
        client.docmd("RSET")
    return code, text


def offered(client: smtplib.SMTP, to: Sequence[str] = ("r@x.example",), *options: str) -> tuple[int, str]:
    """Come as far as DATA: 354 when the message may follow, or the first reply that refuses."""
    sender = "" if "bounce" in options else "sender@shop.example"
    passed = [option for option in options if option != "bounce"]
    code, text = client.docmd("MAIL", " ".join([f"FROM:<{sender}>", *passed]))
    for address in to:
        if code == 250:
            code, text = client.docmd("RCPT", f"TO:<{address}>")
    if code == 250:
        code, text = client.docmd("DATA")
    return code, text.decode()


def finished(client: smtplib.SMTP, content: bytes) -> tuple[int, str]:
    """Send what follows DATA; the reply to its end."""
    dotted = (b"\r\n" + content).replace(b"\r\n.", b"\r\n..").removeprefix(b"\r\n")
    client.send(dotted + b".\r\n")
    code, text = client.getreply()
    return code, text.decode()


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
    return [without_modes(reading.claims) for reading in readings]


def untracked(content: bytes) -> bytes:
    """A tracked message with its one link as it was, and without the pixel."""
    number = number_of(content)
    link = re.sub(rb"https://t\.example/c/[\w-]+", b"https://shop.example/%d" % (number % 5), content)
    return re.sub(rb'<img src="https://t\.example/o/[^>]+>(?:\r\n\Z)?', b"", link)  # a last line gets an end
