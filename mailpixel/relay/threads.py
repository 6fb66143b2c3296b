"""The relay's threads: many that wait for the upstream, and one that computes."""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

CLIENTS_AT_ONCE = 64
"""How many clients are served at the same moment; others wait their turn, within their connection."""

_Answer = TypeVar("_Answer")


class RelayThreads:
    """Where to wait for the upstream, and where to rewrite."""

    def __init__(self) -> None:
        self._waiting = ThreadPoolExecutor(CLIENTS_AT_ONCE, "upstream")
        self._rewriting = ThreadPoolExecutor(1, "rewriting")

    def waiting(self, ask: Callable[[], _Answer]) -> Awaitable[_Answer]:
        """The upstream's answer, waited for in a thread."""
        return asyncio.get_running_loop().run_in_executor(self._waiting, ask)

    def rewriting(self, rewrite: Callable[[], _Answer]) -> Awaitable[_Answer]:
        """A rewrite, in the one thread that does them: it is all computing."""
        return asyncio.get_running_loop().run_in_executor(self._rewriting, rewrite)

    def close(self, close: Callable[[], object]) -> None:
        """Close a connection to the upstream, in a thread while there are any."""
        try:
            self._waiting.submit(close)
        except RuntimeError:  # the relay itself ends
            close()

    def end(self) -> None:
        """Take nothing more; what is waited for goes on."""
        self._rewriting.shutdown(cancel_futures=True)
        self._waiting.shutdown(wait=False)
