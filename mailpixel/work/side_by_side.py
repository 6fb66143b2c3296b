"""Runs consumers side by side. A consumer that fails or is slow does not affect the others."""

import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
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


MOST_OF_NAME = 15
"""Linux keeps no more of the name of a thread."""

LOOK_S = 1.0
"""How often to look which consumers should run, where they come and go."""

Make = Callable[[], ConsumerAtWork]
Wanted = Callable[[], Mapping[tuple[str, int], Make]]
"""The consumers that should run now, by name and revision. One with another revision is another consumer."""


class Thread:
    """One consumer in a thread of its own, from `start` until `end`. One that raises is tried again after a pause."""

    def __init__(self, name: str, make: Make, clock: Callable[[], int], poll_s: float) -> None:
        self._name = name
        self._make = make
        self._clock = clock
        self._poll_s = poll_s
        self._ending = threading.Event()
        self._problems = Problems(name)
        self._consumer: ConsumerAtWork | None = None
        self._thread = threading.Thread(target=self._run, name=f"mailpixel-{name}", daemon=True)

    def start(self) -> "Thread":
        """Start to work."""
        self._thread.start()
        return self

    def end(self) -> None:
        """Ask it to end."""
        self._ending.set()

    def join(self, within_s: float) -> None:
        """Wait for its end."""
        self._thread.join(within_s)

    @property
    def runs(self) -> bool:
        """Whether it has not ended yet."""
        return self._thread.is_alive()

    def _run(self) -> None:
        _show_name(self._name)
        pause_s = 0.0
        while not self._ending.wait(pause_s):
            went_well = self._turn()
            pause_s = self._poll_s if went_well else min(max(pause_s * 2, self._poll_s), LONGEST_PAUSE_S)
        try:
            if self._consumer is not None:
                self._consumer.leave()
        except Exception as error:
            self._problems.log(error)

    def _turn(self) -> bool:
        """Let the consumer do its waiting work. Returns whether it succeeded."""
        try:
            if self._consumer is None:
                self._consumer = self._make()
            self._consumer.catch_up(self._now_ms, LEASE_MS)
        except WorkEnded:
            return True
        except Exception as error:
            self._problems.log(error)
            return False
        return True

    def _now_ms(self) -> int:
        if self._ending.is_set():
            raise WorkEnded
        return self._clock()


class SideBySide:
    """Runs each consumer in its own thread while the block lasts. `clock` gives milliseconds since 1970.

    `wanted` names further consumers that come and go: a new one starts within a second or two, and one that
    is no longer wanted ends. A consumer of the same name starts only after the former has ended.
    """

    def __init__(
        self,
        consumers: Sequence[ConsumerAtWork],
        clock: Callable[[], int],
        poll_s: float = POLL_S,
        wanted: Wanted | None = None,
    ) -> None:
        self._clock = clock
        self._poll_s = poll_s
        self._wanted = wanted
        self._ending = threading.Event()
        self._fixed = [Thread(each.name, partial(_same, each), clock, poll_s) for each in consumers]
        self._changing: dict[tuple[str, int], Thread] = {}
        self._watch = threading.Thread(target=self._watch_wanted, name="mailpixel-consumers", daemon=True)

    def __enter__(self) -> "SideBySide":
        for thread in self._fixed:
            thread.start()
        if self._wanted is not None:
            self._watch.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self._ending.set()
        for thread in self._fixed:
            thread.end()
        if self._wanted is not None:
            self._watch.join(END_WITHIN_S)
        threads = [*self._fixed, *self._changing.values()]
        for thread in threads:
            thread.end()
        for thread in threads:
            thread.join(END_WITHIN_S)

    def _watch_wanted(self) -> None:
        problems = Problems("the list of consumers")
        while not self._ending.wait(min(LOOK_S, self._poll_s * 5)):
            try:
                self._follow(self._wanted() if self._wanted is not None else {})
            except Exception as error:
                problems.log(error)

    def _follow(self, wanted: Mapping[tuple[str, int], Make]) -> None:
        """End what is no longer wanted, and start what is new and whose former self has ended."""
        for key, thread in list(self._changing.items()):
            if key not in wanted:
                thread.end()
                if not thread.runs:
                    del self._changing[key]
        running = {name for name, _ in self._changing}
        for key, make in wanted.items():
            if key[0] not in running:
                self._changing[key] = Thread(key[0], make, self._clock, self._poll_s).start()


def _show_name(name: str) -> None:
    """Let the tools of the system, such as `top -H`, show the name of this thread."""
    with suppress(OSError):
        Path(f"/proc/self/task/{threading.get_native_id()}/comm").write_text(name[:MOST_OF_NAME])


def _same(consumer: ConsumerAtWork) -> ConsumerAtWork:
    return consumer
