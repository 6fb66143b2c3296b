"""The processes of `mailpixel serve`: web workers on one socket, and one `mailpixel work`, started and watched."""

import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp

from mailpixel.pool import end_with_parent
from mailpixel.server.app import app_from_environment
from mailpixel.server.descriptors import raise_limit
from mailpixel.server.listening import begin_again, bound, inherited
from mailpixel.server.metrics import MULTIPROCESS
from mailpixel.server.protocol import TrackingProtocol
from mailpixel.server.shared_metrics import metrics_folder
from mailpixel.server.threads import take_short_turns
from mailpixel.server.workers import Server, Workers, ended_by_signals
from mailpixel.settings import Settings
from mailpixel.store.sqlite import bound_page_caches

WORK = (sys.executable, "-m", "mailpixel", "work", "--while-input-lasts")
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.5, 30.0
WELL_AFTER_S = 30.0
"""A process that ran for this long ran well. When it ends, it is restarted after the shortest pause."""

PAGES_BYTES = 8 << 20
"""What the connections of a web process keep of the database in memory. Its readers come with ever other pages: twenty
connections at SQLite's own bound took 22 MB more, and no less time."""
DRAIN_S = 10
HANGS_S = 30
"""A web process that does not react for this long hangs. On a busy machine one takes many seconds to start."""

log = logging.getLogger(__name__)


def serve(settings: Settings, host: str, port: int, workers: int, says: Callable[[int], None]) -> None:
    """Serve until SIGTERM, SIGHUP or Ctrl-C. Returns when all answered hits are on disk.

    `says` is called with the port once connections are accepted; port 0 takes a free one. A socket that was passed to
    this process is used instead, and stays open for whoever passed it. SIGUSR2 restarts without losing a request.
    Raises `MailpixelError` when it cannot listen there.
    """
    signal.signal(signal.SIGUSR2, signal.SIG_IGN)  # until there is something to restart
    os.environ.update(settings.to_environment())
    raise_limit()
    passed = inherited()
    config = uvicorn.Config(
        "mailpixel.server.supervisor:worker_app",
        factory=True,
        http=TrackingProtocol,
        host=host,
        port=port,
        workers=workers,
        access_log=False,  # it would print paths, which hold tokens
        proxy_headers=False,  # we walk X-Forwarded-For ourselves, from the right
        server_header=False,
        date_header=True,
        lifespan="on",
        ws="none",
        log_level="warning",
        timeout_graceful_shutdown=DRAIN_S,
        timeout_worker_healthcheck=HANGS_S,
    )
    listening = passed or bound(config)
    kept = None
    with ended_by_signals() as ending:  # uvicorn raises the signal again after it ended in good order
        says(listening.getsockname()[1])
        with _shared_metrics(workers), WorkProcess(settings) as work:
            if workers == 1:
                server = Server(config, ending, keeps_socket=passed is not None)
                server.run(sockets=[listening])
                kept = server.kept
            else:
                Workers(config, [listening], ending, work.restart, passed is not None).run()
        if kept is not None:
            begin_again(kept, lambda: ending.asked)


def worker_app() -> ASGIApp:
    """The service as each web worker loads it. An orphaned worker answers what it has and ends."""
    end_with_parent()
    take_short_turns()
    bound_page_caches(PAGES_BYTES)
    return app_from_environment()


@contextmanager
def _shared_metrics(workers: int) -> Iterator[None]:
    """A folder in which several workers add up their metrics while they run."""
    if workers == 1:
        yield
        return
    with metrics_folder() as folder:
        os.environ[MULTIPROCESS] = folder
        yield


class WorkProcess:
    """Runs `mailpixel work` in a process, and starts it again when it ends or cannot start.

    `command` is the command line. Its standard input is a pipe that ends when this process ends.
    """

    def __init__(self, settings: Settings, command: Sequence[str] = WORK) -> None:
        self._command = command
        self._environment = os.environ | settings.to_environment()
        self._stopping = threading.Event()
        self._again = False
        self._process: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._watch, name="mailpixel-work-watch", daemon=True)

    def __enter__(self) -> "WorkProcess":
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._stopping.set()
        if self._process is not None:
            self._process.terminate()
        self._thread.join()

    def restart(self) -> None:
        """End the process in good order; it is started again at once."""
        self._again = True
        if self._process is not None:
            self._process.terminate()

    def _watch(self) -> None:
        pause_s = FIRST_PAUSE_S
        while not self._stopping.is_set():
            started = time.monotonic()
            problem = self._run()
            if self._stopping.is_set():
                return
            if self._again:
                self._again = False
                continue
            if time.monotonic() - started > WELL_AFTER_S:
                pause_s = FIRST_PAUSE_S
            log.error("`mailpixel work` %s; restarting it in %.1f s", problem, pause_s)
            self._stopping.wait(pause_s)
            pause_s = min(pause_s * 2, LONGEST_PAUSE_S)

    def _run(self) -> str:
        """Run it once to its end. Returns how it ended. Any error is returned too, and tried again."""
        try:
            with subprocess.Popen(  # noqa: S603 - a fixed command
                self._command,
                env=self._environment,
                stdin=subprocess.PIPE,  # never written to
                start_new_session=True,  # Ctrl-C ends the web first, which then ends this
            ) as self._process:
                if self._stopping.is_set():
                    self._process.terminate()
                return f"ended with code {self._process.wait()}"
        except Exception as error:
            return f"could not be started ({type(error).__name__})"
