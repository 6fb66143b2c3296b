"""The way from a client to the upstream, which all clients share."""

import asyncio
import secrets
from collections.abc import Awaitable

from mailpixel.relay.mail_tracking import MailCounts, RelayTracking
from mailpixel.relay.memory import Held, Memory
from mailpixel.relay.reply import SmtpReply
from mailpixel.relay.sending import Letter, Sending
from mailpixel.relay.threads import RelayThreads
from mailpixel.relay.upstream import Line, Upstream


class Passage:
    """Sends mail on. `counts` counts the outcomes, and `name` is unique to this relay.

    `memory` bounds the bytes of all messages in transit.
    """

    def __init__(self, upstream: Upstream, tracking: RelayTracking, memory_bytes: int) -> None:
        self.counts = MailCounts()
        self.name = secrets.token_hex(8)
        self.memory = Memory(memory_bytes)
        self.threads = RelayThreads()
        self._upstream = upstream
        self._sending = Sending(tracking, self.counts, self.threads)
        self._on_their_way: set[asyncio.Future[SmtpReply]] = set()

    @property
    def is_busy(self) -> bool:
        """Whether a message is on its way."""
        return bool(self._on_their_way)

    def new_line(self) -> Line:
        """A line to the upstream for one client."""
        return Line(self._upstream, self.name)

    def hand_on(self, line: Line, letter: Letter, held: Held) -> Awaitable[SmtpReply]:
        """Track a message if it asks for it and hand it on; the upstream's answer. Frees what the message holds.

        Goes on when the client no longer waits: the upstream may be taking the message at that moment.
        """
        task = asyncio.ensure_future(self._sending.handed_on(line, letter))
        self._on_their_way.add(task)
        task.add_done_callback(self._on_their_way.discard)
        task.add_done_callback(lambda _: held.free())
        return asyncio.shield(task)
