"""Tasks done by several processes, in order and in flat memory."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from multiprocessing import get_context
from typing import TypeVar

from mailpixel.children import end_with_parent

T = TypeVar("T")
R = TypeVar("R")

IN_FLIGHT = 2
"""Tasks on their way besides one for each process."""


def in_order(tasks: Iterable[T], run: Callable[[T], R], processes: int) -> Iterator[tuple[T, R]]:
    """The tasks and what `run` makes of each, by several processes, in the order of the tasks; few are on their way at
    a time, so that memory stays flat.

    Raises `BrokenProcessPool` when a process ended.
    """
    context = get_context("spawn")  # the caller may have threads, which do not survive a fork
    waiting: deque[tuple[T, Future[R]]] = deque()
    with ProcessPoolExecutor(processes, context, end_with_parent) as pool:
        try:
            for task in tasks:
                waiting.append((task, pool.submit(run, task)))
                if len(waiting) > processes + IN_FLIGHT:
                    done, future = waiting.popleft()
                    yield done, future.result()
            for done, future in waiting:
                yield done, future.result()
        finally:
            pool.shutdown(cancel_futures=True)
