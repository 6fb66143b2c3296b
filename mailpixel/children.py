"""Processes that end with the one that started them: at its word, or when it is killed and can say nothing."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from multiprocessing import parent_process, resource_tracker
from threading import Thread

STANDARD_INPUT = 0


@contextmanager
def beyond_ctrl_c() -> Iterator[None]:
    """Processes that are started inside do not hear Ctrl-C, from their first moment on.

    A terminal sends it to all of them at once. The one that started them ends them, in good order.
    """
    resource_tracker.ensure_running()  # `multiprocessing` starts it with the first process, and lets SIGINT in again
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def end_with_parent() -> None:
    """End this process, as SIGTERM does, when the process that started it through `multiprocessing` ends.

    Call it in the child, as the initializer of a pool say. A worker that is left alone would wait for work forever, or
    keep the port that it listens on.
    """
    parent = parent_process()
    if parent is not None:
        _end_after(parent.join)


def end_with_input() -> None:
    """End this process, as SIGTERM does, when its standard input ends: a pipe whose other end its parent holds open.

    Unlike a look at the parent's number this also holds for a parent that was gone before the child could look.
    """
    _end_after(_read_to_the_end)


def _read_to_the_end() -> None:
    """Read standard input past Python's buffer: a thread that waits in the buffer holds its lock, and a process that
    ends meanwhile aborts, as it cannot get the lock."""
    with suppress(OSError):  # it was never open
        while os.read(STANDARD_INPUT, 4_096):
            pass


def _end_after(wait: Callable[[], object]) -> None:
    def wait_and_end() -> None:
        wait()
        os.kill(os.getpid(), signal.SIGTERM)

    Thread(target=wait_and_end, name="end-with-parent", daemon=True).start()
