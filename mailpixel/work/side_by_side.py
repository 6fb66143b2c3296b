"""Runs consumers side by side. A consumer that fails or is slow does not affect the others."""

import threading
from collections.abc import Callable, Sequence
from types import TracebackType

from mailpixel.projections.lease import LEASE_MS
from mailpixel.work.problems import Problems
from mailpixel.work.task import Ended, Task

POLL_S = 0.2
"""How often a consumer that has caught up looks for news."""

LONGEST_PAUSE_S = 10.0
"""The longest pause after a failure. Each pause is twice the one before."""

END_WITHIN_S = 10.0
"""How long to wait at the end for running steps. Unfinished work is repeated later."""


class SideBySide:
    """Runs each task in its own thread while the block lasts.

    A task that raises is logged and tried again after a pause. `clock` gives milliseconds since 1970.
    """

    def __init__(self, tasks: Sequence[Task], clock: Callable[[], int], poll_s: float = POLL_S) -> None:
        self._clock = clock
        self._poll_s = poll_s
        self._ending = threading.Event()
        self._threads = [
            threading.Thread(target=self._run, args=(task,), name=f"mailpixel-{task.name}", daemon=True)
            for task in tasks
        ]

    def __enter__(self) -> "SideBySide":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self._ending.set()
        for thread in self._threads:
            thread.join(END_WITHIN_S)

    def _run(self, task: Task) -> None:
        problems, pause_s = Problems(task.name), 0.0
        while not self._ending.wait(pause_s):
            went_well = self._turn(task, problems)
            pause_s = self._poll_s if went_well else min(max(pause_s * 2, self._poll_s), LONGEST_PAUSE_S)
        try:
            task.leave()
        except Exception as error:
            problems.log(error)

    def _turn(self, task: Task, problems: Problems) -> bool:
        """Let a task do its waiting work. Returns whether it succeeded."""
        try:
            task.catch_up(self._now_ms, LEASE_MS)
        except Ended:
            return True
        except Exception as error:
            problems.log(error)
            return False
        return True

    def _now_ms(self) -> int:
        if self._ending.is_set():
            raise Ended
        return self._clock()
