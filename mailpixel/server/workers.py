"""How the web processes run and end: the socket closes first, and every accepted connection gets its answer.

It is uvicorn's server and supervisor with four changes. Connections that wait in the queue of the
socket are accepted before it closes. The parent closes its socket before it ends the workers. SIGHUP
ends all processes as SIGTERM does. SIGUSR2 replaces the processes one after the other, and a socket that others keep
is left with its queue to whoever comes next.
"""

import logging
import os
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType

import uvicorn
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors.multiprocess import Multiprocess, Process

from mailpixel.pool import beyond_ctrl_c
from mailpixel.server.listening import TO_END

READY_WITHIN_S = 60.0
"""How long a new process may take until it serves."""
STOPPING = frozenset({signal.SIGTERM, signal.SIGINT, signal.SIGHUP})

log = logging.getLogger(__name__)


class Ending:
    """Whether a signal asked the program to end before a server handled signals.

    It is noted, not raised: an exception of a signal handler is lost where the interpreter runs a callback, as it
    does when it imports.
    """

    def __init__(self) -> None:
        self.asked = False

    def note(self, number: int, frame: FrameType | None) -> None:
        """Handle a signal."""
        if number == signal.SIGHUP:  # uvicorn waits only for SIGTERM
            signal.raise_signal(signal.SIGTERM)
        else:
            self.asked = True


class Server(uvicorn.Server):
    """A server that accepts all connections waiting at the socket before it closes the socket.

    With an `ending` that was asked for already it ends as soon as it has started. `keeps_socket`: somebody else holds
    the socket, so the connections that wait are left to whoever accepts next. SIGUSR2 ends it that way, unless it
    ends already; `kept` is then the number of a copy of its socket, which stays open for whoever accepts next. There is
    no copy before: while one is open, the system goes on letting connections in that nobody would answer.
    """

    def __init__(
        self, config: uvicorn.Config, ending: Ending | None = None, *, keeps_socket: bool = False
    ) -> None:
        super().__init__(config)
        self._ending = ending
        self._keeps_socket = keeps_socket
        self._again = False
        self.kept: int | None = None

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Handle signals from here on."""
        with super().capture_signals():
            self.should_exit = self.should_exit or (self._ending is not None and self._ending.asked)
            signal.signal(signal.SIGUSR2, self._leave_to_another)
            try:
                yield
            finally:
                signal.signal(signal.SIGUSR2, signal.SIG_IGN)

    def _leave_to_another(self, number: int, frame: FrameType | None) -> None:
        if not self.should_exit:
            self._again = self._keeps_socket = self.should_exit = True

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Accept waiting connections, close the socket, answer pending requests, end."""
        self.lifespan.state["door"].draining = True
        self.lifespan.state["services"].hub.end()
        if self._again and sockets:
            self.kept = os.dup(sockets[0].fileno())
        for listening in () if self._keeps_socket else sockets or ():
            listening.setblocking(False)
            listening.listen(0)  # the system refuses connections from now on
            for accepted in waiting_at(listening):
                await self._let_in(accepted)
        await super().shutdown(sockets)

    async def _let_in(self, accepted: socket.socket) -> None:
        config, state = self.config, self.lifespan.state
        loop = self.servers[0].get_loop()
        with suppress(OSError):
            await loop.connect_accepted_socket(
                lambda: config.http_protocol_class(  # type: ignore[call-arg]
                    config=config, server_state=self.server_state, app_state=state
                ),
                accepted,
            )


def waiting_at(listening: socket.socket) -> Iterator[socket.socket]:
    """The established connections that were not accepted yet."""
    with suppress(OSError):
        while True:
            accepted, _ = listening.accept()
            accepted.setblocking(False)
            yield accepted


class Worker(Process):
    """A process with such a server. Its parent handles SIGHUP."""

    keeps_socket = False

    @property
    def server(self) -> uvicorn.Server:
        """The server of the process."""
        if self._server is None:
            self._server = Server(self.config, keeps_socket=self.keeps_socket)
        return self._server

    def target(self, sockets: list[socket.socket] | None = None) -> None:
        """Run in the process."""
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        signal.signal(signal.SIGUSR2, signal.SIG_IGN)  # until it serves
        super().target(sockets)


class Workers(Multiprocess):
    """Several such processes on one socket. A process that ends is replaced."""

    def __init__(
        self,
        config: uvicorn.Config,
        sockets: list[socket.socket],
        ending: Ending,
        restart_work: Callable[[], None] = lambda: None,
        keeps_socket: bool = False,
    ) -> None:
        self._restart_work = restart_work
        self._keeps_socket = keeps_socket
        hangup = signal.getsignal(signal.SIGHUP)
        super().__init__(config, sockets)
        if hangup is signal.SIG_IGN:
            signal.signal(signal.SIGHUP, hangup)
        if ending.asked:
            self.should_exit.set()

    def init_processes(self) -> None:
        """Start the processes."""
        for _ in range(self.processes_num):
            self.processes.append(self._started())

    def _started(self) -> Worker:
        worker = Worker(self.config, self.sockets)
        worker.keeps_socket = self._keeps_socket
        with beyond_ctrl_c():
            worker.start()
        return worker

    def keep_subprocess_alive(self) -> None:
        """Replace processes that have ended or hang. Give up when one cannot start."""
        for place, worker in enumerate(self.processes):
            if self.should_exit.is_set():
                return
            if worker.is_alive(timeout=self.config.timeout_worker_healthcheck):
                continue
            worker.kill()
            worker.join()
            if worker.exitcode == STARTUP_FAILURE:
                log.error("a web process could not start; ending the others")
                self.should_exit.set()
            elif not self.should_exit.is_set():
                log.error("a web process ended with code %s and will be restarted", worker.exitcode)
                self.processes[place] = self._started()

    def terminate_all(self) -> None:
        """Stop accepting, then end the workers.

        The parent must not be the last process that holds the socket: only
        workers accept waiting connections.
        """
        for listening in self.sockets:
            listening.close()
        super().terminate_all()

    def handle_usr2(self) -> None:
        """Replace every process by a new one, which loads the program as it is now.

        An old one answers what it has and ends when the new one serves. When that does not start, the old ones stay.
        """
        for place, old in enumerate(self.processes):
            new = self._started()
            if not new.wait_until_ready(READY_WITHIN_S, self.should_exit):
                new.kill()
                new.join()
                log.error("a new web process did not start; the restart is given up, and the old ones stay")
                return
            self.processes[place] = new
            if old.pid is not None:
                os.kill(old.pid, signal.SIGUSR2)
            old.join()
            if not STOPPING.isdisjoint(self.signal_queue):
                return
        self._restart_work()

    def handle_hup(self) -> None:
        """End, as for SIGTERM."""
        self.handle_term()


@contextmanager
def ended_by_signals() -> Iterator[Ending]:
    """In this block, SIGHUP and SIGTERM end the program in good order, unless someone else handles them.

    A hangup that is ignored (nohup) stays ignored.
    """
    numbers = [signal.SIGTERM]
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        numbers.append(signal.SIGHUP)
    ending = Ending()
    before = {number: signal.signal(number, ending.note) for number in numbers}
    signal.pthread_sigmask(signal.SIG_UNBLOCK, TO_END)  # held back since the program began again
    try:
        with suppress(KeyboardInterrupt):
            yield ending
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
