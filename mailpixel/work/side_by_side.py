"""Runs consumers side by side. A consumer that fails or is slow does not affect the others."""

import threading
from collections.abc import Callable, Sequence
from types import TracebackType

from mailpixel.projections.lease import LEASE_MS
from mailpixel.work.consumer_at_work import ConsumerAtWork, WorkEnded
from mailpixel.work.problems import Problems

POLL_S = 0.2
"""How often a consumer that has caught up looks for news."""

LONGEST_PAUSE_S = 10.0
"""The longest pause after a failure. Each pause is twice the one before."""

END_WITHIN_S = 10.0
"""How long to wait at the end for running steps. Unfinished work is repeated later."""


class SideBySide:
    """Runs each consumer in its own thread while the block lasts.

    A consumer that raises is logged and tried again after a pause. `clock` gives milliseconds since 1970.
    """

    def __init__(
        self, consumers: Sequence[ConsumerAtWork], clock: Callable[[], int], poll_s: float = POLL_S
    ) -> None:
        self._clock = clock
        self._poll_s = poll_s
        self._ending = threading.Event()
        self._threads = [
            threading.Thread(
                target=self._run, args=(consumer,), name=f"mailpixel-{consumer.name}", daemon=True
            )
            for consumer in consumers
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

    def _run(self, consumer: ConsumerAtWork) -> None:
        problems, pause_s = Problems(consumer.name), 0.0
        while not self._ending.wait(pause_s):
            went_well = self._turn(consumer, problems)
            pause_s = self._poll_s if went_well else min(max(pause_s * 2, self._poll_s), LONGEST_PAUSE_S)
        try:
            consumer.leave()
        except Exception as error:
            problems.log(error)

    def _turn(self, consumer: ConsumerAtWork, problems: Problems) -> bool:
        """Let a consumer do its waiting work. Returns whether it succeeded."""
        try:
            consumer.catch_up(self._now_ms, LEASE_MS)
        except WorkEnded:
            return True
        except Exception as error:
            problems.log(error)
            return False
        return True

    def _now_ms(self) -> int:
        if self._ending.is_set():
            raise WorkEnded
        return self._clock()
