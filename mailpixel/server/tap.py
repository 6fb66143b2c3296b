"""Pauses and resumes reading from a connection: bounded in each turn, and paused while bytes are put aside."""

import asyncio
from typing import Any

from uvicorn.protocols.http.flow_control import HIGH_WATER_LIMIT, FlowControl


class Tap:
    """Stops and restarts reading from one connection. `is_paused`: until the bytes put aside are read.

    uvicorn's flow control also stops it, when the app takes less of a body than arrives.
    """

    __slots__ = ("_flow", "_loop", "_rests", "_transport", "is_paused")

    def __init__(
        self, loop: asyncio.AbstractEventLoop, transport: asyncio.Transport, flow: FlowControl
    ) -> None:
        self._loop, self._transport, self._flow = loop, transport, flow
        self._rests = self.is_paused = False

    def rest(self) -> None:
        """Read no more in this turn. Otherwise the loop keeps reading as long as more arrives."""
        if not self._rests and not self._transport.is_closing():
            self._rests = True
            self._transport.pause_reading()
            self._loop.call_soon(self._rested)

    def _rested(self) -> None:
        self._rests = False
        if not self._flow.read_paused and not self._transport.is_closing():
            self._transport.resume_reading()

    def pause(self) -> None:
        """Stop reading while bytes are put aside."""
        self.is_paused = True
        self._flow.pause_reading()

    def resume(self, cycle: Any) -> None:
        """Read again, unless the app has more of a body than it takes. `cycle` is uvicorn's for the last request."""
        if self._transport.is_closing():
            return
        self.is_paused = False
        if cycle is None or cycle.response_complete or len(cycle.body) <= HIGH_WATER_LIMIT:
            self._flow.resume_reading()
