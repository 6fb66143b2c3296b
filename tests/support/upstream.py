"""A second mail server in a process of its own, which writes down what it gets."""

import asyncio
import base64
import json
import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, NamedTuple

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.support.service import free_port


class Stored(NamedTuple):
    """A message as the upstream has it."""

    sender: str
    recipients: tuple[str, ...]
    options: tuple[str, ...]
    content: bytes


class Upstream:
    """The second server; it can be killed and started again on the same port, and keeps what it stored."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.port = free_port()
        self._file = folder / "stored.ndjson"
        self._options = options

    def __enter__(self) -> "Upstream":
        self.start(*self._options)
        return self

    def __exit__(self, *exception: object) -> None:
        self.kill()

    def start(self, *options: str) -> None:
        """Begin, and wait until it answers."""
        command = [sys.executable, "-m", "tests.support.upstream", str(self.port), str(self._file), *options]
        self._process = subprocess.Popen(command, cwd=Path(__file__).parents[2])
        wait_for_port(self.port, self._process)

    def kill(self) -> None:
        """kill -9."""
        self._process.kill()
        self._process.wait()

    def wait(self) -> None:
        """Wait until it has ended by itself."""
        self._process.wait(timeout=20)

    def release(self) -> None:
        """Answer the messages that are held."""
        self._file.with_name("release").touch()

    def forget(self) -> None:
        """Begin with nothing, while it runs."""
        if self._file.exists():
            os.truncate(self._file, 0)

    def stored(self) -> list[Stored]:
        """Everything it has, in order."""
        lines = self._file.read_text().splitlines() if self._file.exists() else []
        rows = [json.loads(line) for line in lines]
        return [
            Stored(sender, tuple(to), tuple(options), base64.b64decode(text))
            for sender, to, options, text in rows
        ]


def wait_for_port(port: int, process: "subprocess.Popen[str] | subprocess.Popen[bytes]") -> None:
    """Ask until somebody listens."""
    until = time.monotonic() + 20
    while True:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=5):
                return
        except OSError:
            assert process.poll() is None, "the server ended early"
            assert time.monotonic() < until, "the server did not answer"
            time.sleep(0.05)


class _Handler:
    """Writes a message down, in one write that outlives a kill of the process, and then says yes."""

    def __init__(self, file: Path, dies: dict[str, int]) -> None:
        self._file = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        self._release = file.with_name("release")
        self._dies = dies
        self._has_deferred = False

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Refuse `full@`, take everybody else."""
        if address.startswith("full@"):
            return "552 5.2.2 The mailbox is full"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Store; die before or after it when that was asked for. `X-Hold: yes` waits with the answer for a file."""
        content = envelope.original_content or b""
        if b"\r\nX-Refuse: yes\r\n" in content:
            return "554-5.7.1 We do not\r\n554 5.7.1 want this"
        if _alone(b"X-Refuse-For", content, envelope):
            return "554 5.7.1 Not for them"
        if _alone(b"X-Defer-Once", content, envelope) and not self._has_deferred:
            self._has_deferred = True
            return "451 4.3.0 Not now"
        self._perhaps_die("--die-before")
        text = base64.b64encode(content).decode()
        row = [envelope.mail_from, envelope.rcpt_tos, envelope.mail_options, text]
        os.write(self._file, (json.dumps(row) + "\n").encode())
        self._perhaps_die("--die-after")
        while b"\r\nX-Hold: yes\r\n" in content and not self._release.exists():
            await asyncio.sleep(0.05)
        return "250 2.0.0 Stored"

    def _perhaps_die(self, when: str) -> None:
        if when in self._dies:
            self._dies[when] -= 1
            if self._dies[when] == 0:
                os._exit(9)


def _alone(header: bytes, content: bytes, envelope: Envelope) -> list[bytes]:
    """The beginnings of addresses in a header, where the only recipient is such a one."""
    found = re.findall(rb"^%b: (\S+)\r$" % header, content, re.MULTILINE)
    return [
        each
        for each in found
        if envelope.rcpt_tos == [to for to in envelope.rcpt_tos if to.startswith(each.decode())]
    ]


def _authenticated(
    server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: object
) -> AuthResult:
    return AuthResult(success=data == LoginPassword(b"relay@shop", b"open sesame"), handled=False)


class _LongLines(SMTP):
    line_length_limit = 1_048_576


class _Server(Controller):
    """Takes lines of any length, as real servers do."""

    def factory(self) -> SMTP:
        return _LongLines(self.handler, **self.SMTP_kwargs)


def main(port: str, file: str, *options: str) -> None:
    """Serve until killed.

    Options: `--die-before N`, `--die-after N` the N-th message is stored; `--plain` without SMTPUTF8; `--starttls` or
    `--smtps` CERTIFICATE KEY: who sends must be private and log in.
    """
    words = list(options)
    dies = {word: int(words[at + 1]) for at, word in enumerate(words) if word.startswith("--die")}
    guarded: dict[str, Any] = {}
    if words[:1] in (["--starttls"], ["--smtps"]):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*words[1:3])
        guarded = {"auth_required": True, "authenticator": _authenticated}
        guarded |= (
            {"ssl_context": context, "auth_require_tls": False}
            if words[0] == "--smtps"
            else {"tls_context": context, "require_starttls": True}
        )
    handler = _Handler(Path(file), dies)
    named: dict[str, Any] = {"server_hostname": "upstream.example", "enable_SMTPUTF8": "--plain" not in words}
    _Server(handler, "127.0.0.1", int(port), **named, **guarded).start()
    signal.pause()


if __name__ == "__main__":
    main(*sys.argv[1:])
