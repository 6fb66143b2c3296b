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
"""How often each worker looks for news: a new campaign is in force well within two seconds."""

LOOK_EVERY_S = 0.05
"""The least time between two looks, whatever is asked: nobody makes a server read without end."""

PATIENCE_S = 5.0
"""How long a request waits for a look that does not end."""

log = logging.getLogger(__name__)


class Refreshing:
    """Looks at all parts in a thread of its own, one look at a time. `after_each` is called after each round."""

    def __init__(self, parts: Sequence[LivePart], after_each: Callable[[], None] = lambda: None) -> None:
        self.parts = parts
        self._after_each = after_each
        self._thread = ThreadPoolExecutor(1, "mailpixel-refresh")
        self._turn = asyncio.Lock()
        self._next: asyncio.Task[None] | None = None
        self._began_s = -LOOK_EVERY_S
        self._problem: str | None = None

    def is_fresh(self, *names: str) -> bool:
        """Whether these parts are fresh; all of them when none is named."""
        return all(part.fresh for part in self.parts if not names or part.name in names)

    async def run(self) -> None:
        """Look for news for as long as the server runs. No round ends it; a new problem is logged once."""
        while True:
            await asyncio.sleep(EVERY_S)
            await self.fresh_look()
            try:
                self._after_each()
            except Exception as error:
                self._failed(error)

    async def fresh_look(self) -> None:
        """Wait for a look that begins after this call, with all who wait for the same one.

        A look that is under way began too early: what it does not find may have come since. Raises nothing, also where
        the look failed or does not end.
        """
        if self._next is None:
            self._next = asyncio.create_task(self._look())
        with suppress(TimeoutError):
            await asyncio.wait_for(asyncio.shield(self._next), PATIENCE_S)

    def close(self) -> None:
        """Let the thread end; it is not waited for."""
        self._thread.shutdown(wait=False)

    async def _look(self) -> None:
        async with self._turn:
            try:
                await asyncio.sleep(self._began_s + LOOK_EVERY_S - monotonic())
            finally:
                self._next = None  # who comes from here on waits for the look after this one
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
            log.error("the refresh failed and goes on: %s", problem)
        self._problem = problem
