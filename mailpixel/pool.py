"""Tasks done by several processes, in order and in flat memory."""

import errno
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import active_children, get_context
from typing import TypeVar

from mailpixel.children import beyond_ctrl_c, end_with_parent

T = TypeVar("T")
R = TypeVar("R")

IN_FLIGHT = 2
"""Tasks on their way besides one for each process."""


def in_order(tasks: Iterable[T], run: Callable[[T], R], processes: int) -> Iterator[tuple[T, R]]:
    """The tasks and what `run` makes of each, by several processes, in the order of the tasks; few are on their way at
    a time, so that memory stays flat.

    Raises `BrokenProcessPool` when a process ended, `MemoryError` when memory ran out, here or there.
    """
    context = get_context("spawn")  # the caller may have threads, which do not survive a fork
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
"""How often a result that does not come is looked after."""


def _result(future: "Future[R]", threads_that_failed: list[str]) -> R:
    """The result. The pool's own threads may end for lack of memory, and then it would never come."""
    while not future.done():
        try:
            return future.result(LOOK_S)
        except TimeoutError:
            if threads_that_failed and not future.done():
                raise MemoryError from None
    return future.result()


@contextmanager
def _out_of_memory() -> Iterator[list[str]]:
    """Turns what the system says when it has no memory for another thread or process into `MemoryError`.

    Gives a list that grows by the name of each thread that ended for that reason. The processes that are left when
    memory ran out are ended, since nobody can talk to them any more.
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
