"""A restart under load: each request is answered, none is refused or cut off, and what was answered is in the log."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from mailpixel.server.replies import PIXEL_GIF
from mailpixel.store.sqlite import open_sqlite
from tests.e2e.test_ending import Seen, signed_paths
from tests.support.processes import needs_proc, wait_until
from tests.support.service import Service, mailpixel, rows

pytestmark = needs_proc
CLIENTS = 8
LONG_S = 300


@pytest.fixture
def data(tmp_path: Path) -> Path:
    rows(tmp_path / "data", "campaign", "add", "c1", "--name", "One", "--link", "https://shop.example/")
    return tmp_path / "data"


@contextmanager
def asking(port: int, data: Path) -> Iterator[Seen]:
    """Clients that ask without a pause, each over one connection after another, while the block runs."""
    seen, stopping = Seen(), threading.Event()
    paths = signed_paths(data)

    async def ask() -> None:
        while not stopping.is_set():
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError as error:
                seen.ends[f"not connected: {error.strerror}"] += 1
                return
            try:
                await asyncio.wait_for(asked(reader, writer), LONG_S)
            except (TimeoutError, ConnectionError, EOFError) as error:
                seen.ends[type(error).__name__] += 1
            finally:
                writer.close()

    async def asked(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while not stopping.is_set():
            recipient, path = next(paths)
            writer.write(f"GET {path} HTTP/1.1\r\nHost: t\r\n\r\n".encode())
            head = await reader.readuntil(b"\r\n\r\n")
            await reader.readexactly(len(PIXEL_GIF))
            seen.answered.append(recipient)
            if b"\r\nconnection: close" in head:
                seen.ends["said close"] += 1
                return
            await asyncio.sleep(0.005)

    async def all_of_them() -> None:
        await asyncio.gather(*(ask() for _ in range(CLIENTS)))

    thread = threading.Thread(target=asyncio.run, args=(all_of_them(),))
    thread.start()
    try:
        wait_for_answers(seen)
        yield seen
    finally:
        stopping.set()
        thread.join()


def wait_for_answers(seen: Seen) -> None:
    before = len(seen.answered)
    wait_until(lambda: len(seen.answered) > before + 10 * CLIENTS, "nobody is answered", LONG_S)


def all_logged(data: Path, seen: Seen) -> bool:
    store, registry = open_sqlite(data / "mailpixel.db")
    logged = [message.recipient for message in store.messages("c1")]
    store.close()
    registry.close()
    assert set(seen.answered) <= set(logged)
    return len(logged) == len(set(logged))


def web_processes(service: Service) -> set[str]:
    """What is started by the service and serves: its children but `work`."""
    found = subprocess.run(
        ["pgrep", "-P", str(service.process.pid), "-f", "spawn_main"], capture_output=True, text=True
    )
    return set(found.stdout.split())


def start_of(pid: int) -> str:
    """When this program was started in the process: its command is read anew, but the process stays."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()[19]


def test_with_one_process_the_program_begins_again_in_it_and_no_request_is_lost(data: Path) -> None:
    with Service(data) as service:
        service.read_until("mailpixel serves")
        with asking(service.port, data) as seen:
            for _ in range(2):
                service.process.send_signal(signal.SIGUSR2)
                service.read_until("mailpixel serves")
                wait_for_answers(seen)
        service.wait_for("/readyz")
        assert set(seen.ends) <= {"said close"}
        assert service.stop().count("Traceback") == 0
        assert service.process.returncode == 0
    assert all_logged(data, seen)


def test_a_signal_to_end_during_a_restart_is_not_lost(data: Path) -> None:
    with Service(data) as service:
        service.read_until("mailpixel serves")
        with asking(service.port, data) as seen:
            service.process.send_signal(signal.SIGUSR2)
            service.process.send_signal(signal.SIGTERM)
            _, said = service.process.communicate(timeout=60)
        assert (service.process.returncode, said.count("Traceback")) == (0, 0)
    assert all_logged(data, seen)


def test_with_several_processes_they_are_replaced_in_turn_and_no_request_is_lost(data: Path) -> None:
    with Service(data, ["--workers", "2"]) as service:
        service.wait_for("/readyz")
        before = web_processes(service)
        assert len(before) == 2
        with asking(service.port, data) as seen:
            service.process.send_signal(signal.SIGUSR2)
            wait_until(lambda: not web_processes(service) & before, "the former processes stay", LONG_S)
            wait_for_answers(seen)
        wait_until(lambda: len(web_processes(service)) == 2, "there are not two processes again", LONG_S)
        service.wait_for("/readyz")
        assert set(seen.ends) <= {"said close"}
        said = service.stop()
        assert (service.process.returncode, said.count("Traceback"), "restarting it" in said) == (0, 0, False)
    assert all_logged(data, seen)


PASS = """
import os, sys
os.dup2(int(sys.argv[1]), 3)
os.environ.update(LISTEN_FDS="1", LISTEN_PID=str(os.getpid()))
os.execv(sys.executable, [sys.executable, "-m", "mailpixel", *sys.argv[2:]])
"""


class Passed(Service):
    """A service that gets its socket as systemd passes it."""

    def __init__(self, data: Path, listening: socket.socket, *arguments: str) -> None:
        self.data = data
        self.port = listening.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        fd = listening.fileno()
        self.process = subprocess.Popen(
            [sys.executable, "-c", PASS, str(fd), "--data", str(data), "serve", *arguments],
            pass_fds=[fd],
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            env=os.environ | {"MAILPIXEL_BASE_URL": self.url},
        )


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_socket_that_somebody_else_keeps_loses_no_request_from_one_service_to_the_next(
    data: Path, workers: str
) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listening, ExitStack() as stack:
        first = stack.enter_context(Passed(data, listening, "--workers", workers))
        with asking(first.port, data) as seen:
            assert first.stop().count("Traceback") == 0
            second = stack.enter_context(Passed(data, listening, "--workers", workers))
            wait_for_answers(seen)
    assert (first.process.returncode, second.process.returncode) == (0, 0)
    assert set(seen.ends) <= {"said close"}
    assert all_logged(data, seen)


@pytest.mark.parametrize("fds", ["2", "x"])
def test_what_cannot_be_listened_to_is_named(data: Path, fds: str, monkeypatch: pytest.MonkeyPatch) -> None:
    begin = f'LISTEN_FDS={fds} LISTEN_PID=$$ exec "$@"'
    serve = [sys.executable, "-m", "mailpixel", "--data", str(data), "serve", "--port", "0"]
    done = subprocess.run(["/bin/sh", "-c", begin, "sh", *serve], capture_output=True, text=True, timeout=60)
    assert (done.returncode, "exactly one socket" in done.stderr) == (1, True)
    monkeypatch.setenv("LISTEN_FDS", fds)
    monkeypatch.setenv("LISTEN_PID", "1")  # meant for another process
    assert mailpixel(data, "campaign", "list").returncode == 0
