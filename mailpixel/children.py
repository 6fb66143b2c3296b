"""Processes that end with the one that started them, even when that one is killed and can tell nobody."""

import os
import signal
from collections.abc import Callable
from contextlib import suppress
from multiprocessing import parent_process
from threading import Thread

STANDARD_INPUT = 0


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
