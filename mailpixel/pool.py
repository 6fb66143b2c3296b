"""Runs tasks in several processes, in order and in flat memory."""

import errno
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager, suppress
from multiprocessing import active_children, get_context, parent_process, resource_tracker
from threading import Thread
from typing import TypeVar

STANDARD_INPUT = 0


@contextmanager
def beyond_ctrl_c() -> Iterator[None]:
    """Make processes that are started in this block ignore Ctrl-C from their first moment on.

    A terminal sends Ctrl-C to all processes at once. The parent must end its
    children itself, in the right order.
    """
    resource_tracker.ensure_running()  # `multiprocessing` starts it with the first process, and lets SIGINT in again
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def end_with_parent() -> None:
    """End this process, as SIGTERM does, when the process that started it through `multiprocessing` ends.

    Call it in the child, for example as a pool's initializer. An orphaned worker would wait
    for work forever, or keep its port open.
    """
    parent = parent_process()
    if parent is not None:
        _end_after(parent.join)


def end_with_input() -> None:
    """End this process, as SIGTERM does, when its standard input ends. The parent holds the pipe's other end.

    Unlike checking the parent's process id, this also works when the parent
    ended before the child could check.
    """
    _end_after(_read_to_the_end)


def _read_to_the_end() -> None:
    """Read standard input past Python's buffer.

    A thread that waits in the buffer holds its lock, and a process that ends meanwhile
    aborts because it cannot get that lock.
    """
    with suppress(OSError):  # it was never open
        while os.read(STANDARD_INPUT, 4_096):
            pass


def _end_after(wait: Callable[[], object]) -> None:
    def wait_and_end() -> None:
        wait()
        os.kill(os.getpid(), signal.SIGTERM)

    Thread(target=wait_and_end, name="end-with-parent", daemon=True).start()


def cores() -> int:
    """The number of processor cores that this process may use, after `taskset`, container and unit-file limits."""
    return len(os.sched_getaffinity(0))


T = TypeVar("T")
R = TypeVar("R")

IN_FLIGHT = 2
"""Tasks queued in addition to one for each process."""


def in_order(tasks: Iterable[T], run: Callable[[T], R], processes: int) -> Iterator[tuple[T, R]]:
    """Each task with the result of `run`, computed by several processes, in the order of the tasks.

    Only a few tasks are queued at a time, so that memory stays flat.

    Raises `BrokenProcessPool` when a process ended, and `MemoryError` when
    memory ran out here or in a process.
    """
    context = get_context("spawn")  # threads of the caller would not survive a fork
    waiting: deque[tuple[T, Future[R]]] = deque()
    with (
        _out_of_memory() as threads_that_failed,
        ProcessPoolExecutor(processes, context, end_with_parent) as pool,
    ):
        try:
            for task in tasks:
                with beyond_ctrl_c():  # this is where the pool starts its processes
                    waiting.append((task, pool.submit(run, task)))
                if len(waiting) > processes + IN_FLIGHT:
                    done, future = waiting.popleft()
                    yield done, _result(future, threads_that_failed)
            for done, future in waiting:
                yield done, _result(future, threads_that_failed)
        finally:
            pool.shutdown(cancel_futures=True)


LOOK_S = 1
"""How often to check on a result that has not arrived."""


def _result(future: "Future[R]", threads_that_failed: list[str]) -> R:
    """The result. If the pool's own threads ended for lack of memory it would never arrive, so this checks."""
    while not future.done():
        try:
            return future.result(LOOK_S)
        except TimeoutError:
            if threads_that_failed and not future.done():
                raise MemoryError from None
    return future.result()


@contextmanager
def _out_of_memory() -> Iterator[list[str]]:
    """Turn the system's errors about a lack of memory for another thread or process into `MemoryError`.

    Gives a list; the name of each thread that ended for that reason is appended to it. When memory ran out,
    the remaining processes are ended, because the pool can no longer talk to them.
    """
    failed: list[str] = []
    before, others = threading.excepthook, set(active_children())

    def note(arguments: threading.ExceptHookArgs) -> None:
        if isinstance(arguments.exc_value, Exception) and _is_memory(arguments.exc_value):
            failed.append(str(arguments.thread))
        else:
            before(arguments)

    threading.excepthook = note
    try:
        yield failed
    except Exception as error:
        if not _is_memory(error):
            raise
        for left in set(active_children()) - others:
            left.kill()
        raise MemoryError from None
    finally:
        threading.excepthook = before


def _is_memory(error: Exception) -> bool:
    if isinstance(error, OSError):
        return error.errno in (errno.ENOMEM, errno.EAGAIN)
    return (
        isinstance(error, MemoryError)
        or "start new thread" in str(error)
        or "before it is started" in str(error)
    )
