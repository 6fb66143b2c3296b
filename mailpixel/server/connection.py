"""One HTTP connection with bounds. uvicorn's protocol bounds neither what comes in nor how long it takes.

Requests sent ahead are read one at a time. The next one is read when the one before is answered
and the client has read the answer, on a later turn of the event loop. So no client can fill the
memory or keep the loop from others.
"""

import asyncio
from typing import Any

from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle
from uvicorn.server import ServerState

from mailpixel.server.ahead import HEAD_END, PIECE_BYTES, Ahead, is_whole_post
from mailpixel.server.bounds import BODY_S, CHUNKS_A_TURN, DRAIN_S, HEAD_S, UNREAD_API_S, UNREAD_S
from mailpixel.server.connection_ending import Ending
from mailpixel.server.deadline import Deadline
from mailpixel.server.door import Ended
from mailpixel.server.live.stream import OPEN
from mailpixel.server.parsing import BETWEEN, BODY, HEAD, ParsingProtocol
from mailpixel.server.tap import Tap


class BoundedProtocol(ParsingProtocol):
    """uvicorn's HTTP protocol with bounds: when it reads, how long it waits, and how it ends."""

    def __init__(
        self, config: Config, server_state: ServerState, app_state: dict[str, Any], **options: Any
    ) -> None:
        super().__init__(config=config, server_state=server_state, app_state=app_state, **options)
        self._ahead = Ahead(self._door)
        self._deadline = Deadline(self.loop, self._is_late)
        self._tap: Tap
        self._reads_soon = self._client_is_done = False

    # Called by the transport.

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin. When there are too many connections, one has to go."""
        super().connection_made(transport)
        self._tap = Tap(self.loop, transport, self.flow)
        self._ending = Ending(transport, self.flow, self._door, self._ahead, self._deadline)
        self._deadline.expect(HEAD_S)
        if len(self.connections) > self._door.most:
            self._door.make_room(self.connections, self)  # type: ignore[arg-type]

    def connection_lost(self, exc: Exception | None) -> None:
        """Release everything."""
        self._ending.lost()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read a request, or keep bytes that were sent ahead."""
        if len(data) > PIECE_BYTES:
            self._tap.rest()
        if self._ending.is_deaf:
            self._drop(len(data))
        elif self._ahead.data or (self._stage is not BODY and self._is_busy()):
            self._ahead.keep(data)
            self._pause()
        elif len(data) <= PIECE_BYTES and self._is_one_piece(data):
            self._feed(data)  # nearly always
        else:
            self._ahead.keep(data)
            self._read_on()

    def _is_one_piece(self, data: bytes) -> bool:
        """Whether no other request begins in these bytes, so that the parser may read them in one step."""
        end = data.find(HEAD_END) + 4
        return end in (3, len(data)) or (self._stage is BETWEEN and is_whole_post(data, end))

    def eof_received(self) -> bool:  # type: ignore[override]
        """The client will send no more. Returns whether it still waits for answers."""
        if self._serves_stream():
            return False  # it has gone: nobody else says so before the next event is written
        self._client_is_done = bool(self._ahead.data) or (self._stage is not BODY and self._is_busy())
        return self._client_is_done and not self._ending.has_begun

    def pause_writing(self) -> None:
        """The client does not read. Until it does, its requests are not answered, within bounds."""
        super().pause_writing()
        self._deadline.expect(self._patience_s())

    def resume_writing(self) -> None:
        """The client has read."""
        super().resume_writing()
        if not self._is_busy():
            self._go_on()

    def shutdown(self) -> None:
        """The service ends: answer pending requests, and one more of each client that did not know yet."""
        self._door.draining = True
        if self.cycle is not None and not self.cycle.response_complete:
            self.cycle.keep_alive = False
            if self.flow.write_paused and self._serves_stream():
                self.leave(Ended.NOT_READ)  # nobody reads this stream, and its end would wait for it
        elif self._stage is not HEAD and not self._ending.has_begun:
            self._deadline.expect(DRAIN_S)

    def _serves_stream(self) -> bool:
        """Whether the answer under way is one without an end."""
        cycle = self.cycle
        return (
            isinstance(cycle, RequestResponseCycle)
            and not cycle.response_complete
            and OPEN in cycle.scope["state"]
        )

    # What to read, and when.

    def _read_on(self) -> None:
        """Read the bytes put aside, up to the end of the next request or for as long as others can wait."""
        self._reads_soon = False
        self._body.seen = 0
        while self._has_to_read() and self._body.seen < CHUNKS_A_TURN:
            self._feed(self._ahead.next_piece(self._stage is BODY))
            if self._stage is BETWEEN:
                break
        if self._ending.is_deaf:
            self._ahead.forget()
        elif self._ahead.data:
            self._pause()
            if self._has_to_read():
                self._read_soon()
        elif self._tap.is_paused:
            self._tap.resume(self.cycle)

    def _has_to_read(self) -> bool:
        return bool(self._ahead.data) and (self._stage is BODY or not self._is_busy())

    def _read_soon(self) -> None:
        if not self._reads_soon:
            self._reads_soon = True
            self.loop.call_soon(self._read_on)

    def _pause(self) -> None:
        """Stop reading from the connection while bytes are put aside, if there is room for them."""
        if self.transport.is_closing():
            return
        if self._ahead.hold():
            self._tap.pause()
        else:
            self.leave(Ended.TOO_MUCH_AHEAD)

    def on_response_complete(self) -> None:
        """A request was answered: go on to the next."""
        self.server_state.total_requests += 1
        ending = self._ending
        if self.transport.is_closing() and not ending.has_begun:
            ending.wait_for_reader(self._patience_s())
        if ending.has_begun:
            return
        if self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())
        elif ending.refusal is not None:
            ending.write_refusal(ending.refusal)
        elif not self.flow.write_paused:
            self._go_on()

    def _go_on(self) -> None:
        """Continue: no request is being answered, and the client has read all answers."""
        self._deadline.expect(
            DRAIN_S if self._door.draining else HEAD_S if self._stage is BODY else self.timeout_keep_alive
        )
        if self._ahead.data:
            self._read_soon()
        elif self._client_is_done:
            self.transport.close()
        elif self.flow.read_paused:
            self._tap.resume(self.cycle)

    # How it ends.

    @property
    def waits_since(self) -> float | None:
        """Since when it has waited for its client, on the clock of the loop; None while a request is unanswered.

        A client that was asked for the rest of a body is waited for, too.
        """
        is_at_work = self.cycle is not None and not self.cycle.response_complete
        is_owed_more = self._stage is BODY and not self.flow.read_paused
        waits = not is_at_work or is_owed_more or self.flow.write_paused
        return self._deadline.since if waits else None

    def leave(self, why: Ended) -> None:
        """End at once and count the reason."""
        self._ending.leave(why)

    def _finish(self) -> None:
        """Close after the last answer."""
        self._ending.finish(self._stage is BODY)

    # How long to wait.

    def _patience_s(self) -> float:
        return UNREAD_API_S if self.url[:5] == b"/api/" else UNREAD_S

    def _is_late(self) -> None:
        """The client missed its deadline."""
        if self._ending.has_begun:
            self.transport.abort()
        elif self.flow.write_paused:
            self.leave(Ended.NOT_READ)
        elif self._stage is BODY:
            self._wait_for_body()
        elif self._is_busy() or self._ahead.data:
            return
        elif self._stage is HEAD or self._hurried:
            self.leave(Ended.SLOW_REQUEST)
        else:
            self._finish()

    def _wait_for_body(self) -> None:
        if self.flow.read_paused and self._is_busy():
            self._deadline.expect(BODY_S)  # we do not take it
        else:
            self.leave(Ended.SLOW_BODY)
