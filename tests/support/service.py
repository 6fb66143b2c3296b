"""Starts the real service in processes of its own, as a person would, on a free port."""

import os
import random
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from tests.support.commands import forked

PORTS = range(12_000, 32_000)
"""Below those that the kernel gives to connections on their way out, so none of them takes one meanwhile."""


def free_port() -> int:
    """A port nobody listens on, and which several test processes at once are not likely to choose together."""
    while True:
        port = random.choice(PORTS)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def mailpixel(data: Path, *arguments: str, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
    """Run one command to its end."""
    command = [sys.executable, "-m", "mailpixel", "--data", str(data), *arguments]
    return subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=120, check=False)


def rows(data: Path, *arguments: str, stdin: str | None = None) -> str:
    """What a command that must succeed prints. It is forked from a loaded program, except where lines are counted: a
    fork would count none."""
    counted = any(name.startswith("COVERAGE") for name in os.environ)
    done = (
        mailpixel(data, *arguments, stdin=stdin)
        if counted
        else forked(("--data", str(data), *arguments), stdin)
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


class Service:
    """`mailpixel serve` on a data folder; `kill` is a power cut for the process, `stop` a polite end."""

    def __init__(
        self,
        data: Path,
        arguments: Sequence[str] = (),
        environment: dict[str, str] | None = None,
        port: int = 0,
    ) -> None:
        self.data = data
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        command = [
            sys.executable,
            "-m",
            "mailpixel",
            "--data",
            str(data),
            "serve",
            "--port",
            str(self.port),
            *arguments,
        ]
        env = os.environ | {"MAILPIXEL_BASE_URL": self.url} | (environment or {})
        self.process = subprocess.Popen(
            command, env=env, start_new_session=True, stderr=subprocess.PIPE, text=True
        )

    def __enter__(self) -> "Service":
        try:
            self.wait_for("/healthz")
        except BaseException:
            self.kill()  # nobody calls __exit__ when this raises
            raise
        return self

    def __exit__(self, *exception: object) -> None:
        if self.process.poll() is None:
            self.stop()

    def wait_for(self, path: str, status: int = 200, within_s: float = 60) -> None:
        """Ask until the answer has this status."""
        until = time.monotonic() + within_s
        while self.status(path) != status:
            assert self.process.poll() is None, "the service ended early"
            assert time.monotonic() < until, f"{path} did not answer {status} within {within_s} s"
            time.sleep(0.05)

    def status(self, path: str) -> int:
        """The status of a GET that follows no redirect; 0 when nobody answers."""
        try:
            return self.get(path)[0]
        except OSError:
            return 0

    def get(
        self, path: str, method: str = "GET", headers: dict[str, str] | None = None
    ) -> tuple[int, dict[str, str], bytes]:
        """Status, headers (names in lower case) and body of one request."""
        request = urllib.request.Request(self.url + path, method=method, headers=headers or {})
        try:
            answer = _OPENER.open(request, timeout=10)
        except urllib.error.HTTPError as error:
            answer = error
        with answer:
            return (
                answer.status,
                {name.lower(): value for name, value in answer.headers.items()},
                answer.read(),
            )

    def kill(self) -> None:
        """kill -9 on every process of the service at once."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.communicate()

    def read_until(self, words: str) -> str:
        """What it says on stderr up to the line with these words."""
        assert self.process.stderr is not None
        said = ""
        while words not in said:
            line = self.process.stderr.readline()
            assert line, f"the service ended without saying: {words}"
            said += line
        return said

    def stop(self) -> str:
        """SIGTERM, and wait; returns what it said on stderr since it was last read."""
        self.process.terminate()
        return self.process.communicate(timeout=40)[1]


class _KeepRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *arguments: object, **named: object) -> None:
        return None


_OPENER = urllib.request.build_opener(_KeepRedirect, urllib.request.ProxyHandler({}))
