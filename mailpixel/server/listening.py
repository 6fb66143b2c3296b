"""The socket to listen on: a new one, or one that another program opened and keeps, so that a restart loses no request.

systemd passes such a socket (`LISTEN_FDS`), and so does a service that starts again in its own process. While nobody
accepts connections, they wait at the socket. Source, read 2026-11: https://man7.org/linux/man-pages/man3/sd_listen_fds.3.html
"""

import os
import signal
import socket
import sys
import threading
from collections.abc import Callable
from contextlib import suppress

import uvicorn

from mailpixel.errors import MailpixelError

FIRST_FD = 3
"""The number of the first socket passed."""
TO_END = frozenset({signal.SIGTERM, signal.SIGHUP, signal.SIGINT})
"""The signals that are held back while the program begins again."""
FDS, PID, NAMES = "LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES"


def inherited() -> socket.socket | None:
    """The socket that was passed to this process; None without one. Raises `MailpixelError` for one of another kind."""
    passed = {
        name: os.environ.pop(name, "") for name in (FDS, PID, NAMES)
    }  # not for processes that start from here
    if passed[PID] != str(os.getpid()) or passed[FDS] in ("", "0"):
        return None
    if passed[FDS] == "1":
        with suppress(OSError):
            listening = socket.socket(fileno=FIRST_FD)
            if listening.family in (socket.AF_INET, socket.AF_INET6) and listening.type == socket.SOCK_STREAM:
                listening.set_inheritable(False)
                return listening
            listening.detach()
    raise MailpixelError(
        f"{FDS} must pass exactly one socket that listens to TCP; set one ListenStream= with a port"
    )


def bound(config: uvicorn.Config) -> socket.socket:
    """A new socket. uvicorn only prints why there is none, and would end with another exit code."""
    try:
        listening = config.bind_socket()
        listening.listen(config.backlog)  # two processes may both bind, but only one can listen
    except (SystemExit, OSError):
        raise MailpixelError(
            f"cannot listen on {config.host}:{config.port}; another program may use it: stop that program, or choose"
            " another with --host and --port"
        ) from None
    return listening


def begin_again(fd: int, is_ending: Callable[[], bool]) -> None:
    """Replace this program by itself, from its files as they are now; `fd` is the socket, and its queue goes along.

    Does not return. The process id stays. A signal to end that comes meanwhile, or came before (`is_ending`), waits for
    the program that begins: it answers whoever waits at the socket, and ends.
    """
    signal.signal(signal.SIGUSR2, signal.SIG_IGN)  # stays so until the program begins to listen
    signal.pthread_sigmask(signal.SIG_BLOCK, TO_END)
    if is_ending():
        signal.pthread_kill(threading.get_ident(), signal.SIGTERM)
    if fd == FIRST_FD:
        os.set_inheritable(fd, True)
    else:
        os.dup2(fd, FIRST_FD)
    os.environ |= {FDS: "1", PID: str(os.getpid())}
    os.execv(sys.executable, sys.orig_argv)  # noqa: S606 - the command that started this process
