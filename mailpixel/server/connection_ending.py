"""How a connection ends: at once, after its last answer, or with a refusal that its client gets to read."""

import asyncio

from uvicorn.protocols.http.flow_control import FlowControl

from mailpixel.server.ahead import Ahead
from mailpixel.server.bounds import LINGER_S, refusal
from mailpixel.server.deadline import Deadline
from mailpixel.server.door import Door, Ended


class Ending:
    """The end of one connection.

    `is_deaf`: incoming bytes are discarded. `has_begun`: no further requests are answered. `refusal`: why no
    further requests are answered; earlier answers are sent first.
    """

    __slots__ = ("_ahead", "_deadline", "_door", "_flow", "_transport", "has_begun", "is_deaf", "refusal")

    def __init__(
        self,
        transport: asyncio.Transport,
        flow: FlowControl,
        door: Door,
        ahead: Ahead,
        deadline: Deadline,
    ) -> None:
        self._transport, self._flow = transport, flow
        self._door, self._ahead, self._deadline = door, ahead, deadline
        self.is_deaf = self.has_begun = False
        self.refusal: Ended | None = None

    def leave(self, why: Ended) -> None:
        """End at once and count the reason."""
        self._door.ended[why] += 1
        self.is_deaf = self.has_begun = True
        self._transport.abort()

    def refuse(self, why: Ended, is_busy: bool) -> None:
        """Refuse further requests, once the earlier ones are answered."""
        if self.is_deaf:
            return
        self.is_deaf = True
        self.refusal = why
        self._door.ended[why] += 1
        if not is_busy:
            self.write_refusal(why)

    def write_refusal(self, why: Ended) -> None:
        """Send the reason as the last answer."""
        self._transport.write(refusal(why))
        self.half_close()

    def finish(self, has_more: bool) -> None:
        """Close after the last answer. `has_more`: the client has not sent all of its request."""
        if has_more or self._ahead.data or self._door.draining or self._transport.get_write_buffer_size():
            self.half_close()
        else:
            self._transport.close()

    def half_close(self) -> None:
        """Send no more and let the client read. Closing with unread bytes could discard our answer."""
        self.is_deaf = self.has_begun = True
        self._ahead.forget()
        if not self._transport.is_closing():
            self._flow.resume_reading()
            self._transport.write_eof()
            self._deadline.expect(LINGER_S)

    def wait_for_reader(self, patience_s: float) -> None:
        """Give the client this time to read the last answer, which has been written."""
        self.has_begun = True
        self._deadline.expect(patience_s)

    def lost(self) -> None:
        """The connection is gone: release everything."""
        self._deadline.end()
        self._ahead.forget()
        self.is_deaf = self.has_begun = True
