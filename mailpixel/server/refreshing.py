"""The one task that keeps live knowledge fresh, and the looks that requests wait for."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from time import monotonic

from mailpixel.errors import safe_message
from mailpixel.ingest.live import LivePart

EVERY_S = 0.5
"""How often each worker looks for news. A new campaign takes effect well within two seconds."""

LOOK_EVERY_S = 0.05
"""The least time between two looks, so that requests cannot make a server read all the time."""

PATIENCE_S = 5.0
"""How long a request waits for a slow look."""

log = logging.getLogger(__name__)


class Refreshing:
    """Looks at all parts in its own thread, one look at a time. `after_each` is called after each round."""

    def __init__(self, parts: Sequence[LivePart], after_each: Callable[[], None] = lambda: None) -> None:
        self.parts = parts
        self._after_each = after_each
        self._thread = ThreadPoolExecutor(1, "mailpixel-refresh")
        self._turn = asyncio.Lock()
        self._next: asyncio.Task[None] | None = None
        self._began_s = -LOOK_EVERY_S
        self._problem: str | None = None

    def is_fresh(self, *names: str) -> bool:
        """Whether these parts are fresh; without names, whether all are."""
        return all(part.fresh for part in self.parts if not names or part.name in names)

    async def run(self) -> None:
        """Look for news as long as the server runs. An error never ends it; each new problem is logged once."""
        while True:
            await asyncio.sleep(EVERY_S)
            await self.fresh_look()
            try:
                self._after_each()
            except Exception as error:
                self._failed(error)

    async def fresh_look(self) -> None:
        """Wait for a look that begins after this call. Concurrent callers share one look.

        A look that is already running began too early: it may have missed what changed since. Raises nothing,
        even when the look failed or timed out.
        """
        if self._next is None:
            self._next = asyncio.create_task(self._look())
        with suppress(TimeoutError):
            await asyncio.wait_for(asyncio.shield(self._next), PATIENCE_S)

    def close(self) -> None:
        """End the thread without waiting for it."""
        self._thread.shutdown(wait=False)

    async def _look(self) -> None:
        async with self._turn:
            try:
                await asyncio.sleep(self._began_s + LOOK_EVERY_S - monotonic())
            finally:
                self._next = None  # later callers wait for the look after this one
            self._began_s = monotonic()
            try:
                await asyncio.get_running_loop().run_in_executor(self._thread, self._refresh)
            except Exception as error:
                self._failed(error)

    def _refresh(self) -> None:
        for part in self.parts:
            part.refresh()

    def _failed(self, error: Exception) -> None:
        problem = safe_message(error)
        if problem != self._problem:
            log.error("the refresh failed and continues: %s", problem)
        self._problem = problem
