"""One listener: what it wants, and what it has had. It keeps no text, so a slow one costs no more than a quick one."""

import asyncio
from collections.abc import Collection

from mailpixel.server.live.frames import Kind
from mailpixel.server.live.permission import Permission


class Listener:
    """Whoever reads one stream. `ended`: it is to get nothing more.

    A stranger has the address of a share, and learns only that the figures changed which a share shows.
    What it has had is a count of changes, a place among the hits, and how far each job was; see `Feed`.
    """

    __slots__ = ("_future", "changes", "ended", "is_stranger", "jobs", "kinds", "permission", "place")

    def __init__(self, kinds: Collection[Kind], permission: Permission, *, is_stranger: bool = False) -> None:
        self.kinds = kinds
        self.is_stranger = is_stranger
        self.permission = permission
        self.ended = False
        self.changes = 0
        self.place = 0
        self.jobs: dict[str, bytes] = {}
        self._future: asyncio.Future[bool] | None = None

    async def wait(self, seconds: float) -> bool:
        """Wait until somebody wakes it, or for this long. Returns whether it was woken."""
        loop = asyncio.get_running_loop()
        self._future = loop.create_future()
        timer = loop.call_later(seconds, self._end_wait, False)
        try:
            return await self._future
        finally:
            timer.cancel()
            self._future = None

    def wake(self) -> None:
        """Wake it, if it waits."""
        self._end_wait(True)

    def _end_wait(self, woken: bool) -> None:
        if self._future is not None and not self._future.done():
            self._future.set_result(woken)
