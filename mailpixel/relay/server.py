"""The relay's own side: it listens, and passes every step of a client's message on before it answers.

Nothing is kept here: MAIL, RCPT and the message itself are answered with the upstream's own replies, so a 250 for a
message says that the upstream has it.

The relay adds no `Received` line, which RFC 5321 (section 4.4, 2008) asks of servers that take a message over: it takes
none over. Like other filters in the middle of one conversation (Postfix writes no line where it is an intermediate
proxy either: smtpd.c, read 2026-11) it leaves the line to the upstream, which names the relay as its client and counts
hops. A loop through a server that queues ends at its limit (Postfix 3.7: after 49 rounds, in a second), and a relay
that is its own upstream tells.
"""

import asyncio
import logging
import secrets
import socket
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from mailpixel.dropins.headers import read_marked
from mailpixel.errors import MissingExtra
from mailpixel.relay.counts import Counts
from mailpixel.relay.reply import FAILED, Reply
from mailpixel.relay.tracking import Outcome, Outgoing, RelayTracking
from mailpixel.relay.upstream import RELAY_KEYWORD, Line, Upstream

try:
    from aiosmtpd.smtp import SMTP, Envelope, Session
except ImportError as error:
    raise MissingExtra("the relay needs aiosmtpd: pip install 'mailpixel[relay]'") from error

CLIENTS_AT_ONCE = 64
"""How many clients are served at the same moment; others wait their turn, within their connection."""
MESSAGE_BYTES = 67_108_864
"""The largest message taken, as the relay's SIZE says. The upstream may take less, and then refuses."""
LINE_BYTES = 1_048_576
"""The longest line of a message: RFC 5321 allows 1,000 octets, and real senders pass that."""
IDLE_S = 900
"""A client that says nothing for so long is cut off. Longer than any wait for the upstream."""
END_S = 30
"""How long the relay waits, when it is told to end, for messages on their way."""

_LOG = logging.getLogger("mailpixel.relay")
_Answer = TypeVar("_Answer")


class Relay:
    """Listens for mail and hands it on. `counts` says what became of it; `name` tells this relay from any other."""

    def __init__(self, upstream: Upstream, tracking: RelayTracking) -> None:
        self.counts = Counts()
        self.name = secrets.token_hex(8)
        self._upstream = upstream
        self._tracking = tracking
        self._lines = ThreadPoolExecutor(CLIENTS_AT_ONCE, "upstream")
        self._rewriting = ThreadPoolExecutor(1, "rewriting")
        self._clients: set[_Client] = set()
        self._on_their_way: set[asyncio.Future[Reply]] = set()
        self._server: asyncio.Server | None = None

    async def listen(self, host: str, port: int) -> int:
        """Begin to listen; returns the port, which the system chooses for port 0. Raises `OSError`."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._client, host, port)
        listening: int = self._server.sockets[0].getsockname()[1]
        return listening

    async def end(self) -> None:
        """Stop listening, let messages on their way come to their answer, and close all connections."""
        if self._server is not None:
            self._server.close()
        until = asyncio.get_running_loop().time() + END_S
        while self._is_busy() and asyncio.get_running_loop().time() < until:
            await asyncio.sleep(0.05)
        for client in tuple(self._clients):
            client.hang_up()
        self._rewriting.shutdown(cancel_futures=True)
        self._lines.shutdown(wait=False)

    def hand_on(self, line: Line, raw: bytes, addresses: Sequence[str]) -> Awaitable[Reply]:
        """Track a message if it asks for it and hand it on; the upstream's answer.

        Goes on when the client no longer waits: the upstream may be taking the message at that moment.
        """
        task = asyncio.ensure_future(self._handed_on(line, raw, addresses))
        self._on_their_way.add(task)
        task.add_done_callback(self._on_their_way.discard)
        return asyncio.shield(task)

    async def _handed_on(self, line: Line, raw: bytes, addresses: Sequence[str]) -> Reply:
        marked = read_marked(raw)
        outgoing = Outgoing(marked.content, Outcome.UNMARKED)
        if marked.campaigns:
            outgoing = await self.rewriting(lambda: self._tracking.outgoing(marked, addresses))
        reply = await self.waiting(lambda: line.content(outgoing.content))
        if reply.accepted:
            self.counts.handed_on(outgoing.outcome)
            if outgoing.reason:
                _LOG.warning("a message went out untracked: %s", outgoing.reason)
        return reply

    def new_line(self) -> Line:
        """A line to the upstream for one client."""
        return Line(self._upstream, self.name)

    async def waiting(self, ask: Callable[[], _Answer]) -> _Answer:
        """The upstream's answer, waited for in a thread."""
        return await asyncio.get_running_loop().run_in_executor(self._lines, ask)

    async def rewriting(self, rewrite: Callable[[], _Answer]) -> _Answer:
        """A rewrite, in the one thread that does them: it is all computing."""
        return await asyncio.get_running_loop().run_in_executor(self._rewriting, rewrite)

    def forget(self, client: "_Client", line: Line) -> None:
        """A client has gone."""
        self._clients.discard(client)
        try:
            self._lines.submit(line.close)
        except RuntimeError:  # the relay itself ends, and with it the line
            line.close()

    def _is_busy(self) -> bool:
        return bool(self._on_their_way) or any(client.busy for client in self._clients)

    def _client(self) -> "_Client":
        client = _Client(self)
        self._clients.add(client)
        return client


class _Client(SMTP):
    """One connection of a client."""

    line_length_limit = LINE_BYTES

    def __init__(self, relay: Relay) -> None:
        self._relay = relay
        self._line = relay.new_line()
        self.busy = False
        super().__init__(
            _Steps(relay, self._line),
            data_size_limit=MESSAGE_BYTES,
            enable_SMTPUTF8=True,
            hostname=socket.gethostname(),
            ident="mailpixel relay",
            timeout=IDLE_S,
        )

    async def smtp_DATA(self, arg: str | None) -> None:
        """Take a message; until its answer is written the client is busy."""
        self.busy = True
        try:
            await super().smtp_DATA(arg)
        finally:
            self.busy = False

    def connection_lost(self, error: Exception | None) -> None:
        """The client has gone; its line to the upstream goes, too."""
        super().connection_lost(error)
        self._relay.forget(self, self._line)

    def hang_up(self) -> None:
        """Close the connection, when what was written has left."""
        if self.transport is not None:
            self.transport.close()


class _Steps:
    """The steps of a message as aiosmtpd calls them: each is passed on before it is answered."""

    def __init__(self, relay: Relay, line: Line) -> None:
        self._relay = relay
        self._line = line

    async def handle_EHLO(
        self, server: SMTP, session: Session, envelope: Envelope, name: str, replies: list[str]
    ) -> list[str]:
        """A client greets: tell which relay this is, besides what the library tells."""
        session.host_name = name
        return [*replies[:-1], f"250-{RELAY_KEYWORD} {self._relay.name}", replies[-1]]

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """A message begins."""
        reply = await self._relay.waiting(
            lambda: self._line.mail("" if address == "<>" else address, options)
        )
        if reply.accepted:
            envelope.mail_from = address
            envelope.mail_options.extend(options)
        return self._told(reply)

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """One recipient is named."""
        reply = await self._relay.waiting(lambda: self._line.recipient(address))
        if reply.accepted:
            envelope.rcpt_tos.append(address)
        return self._told(reply)

    async def handle_RSET(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """A message is given up."""
        await self._relay.waiting(self._line.reset)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """A message is there: hand it on."""
        content = envelope.original_content or b""
        return self._told(await self._relay.hand_on(self._line, content, envelope.rcpt_tos))

    async def handle_exception(self, error: Exception) -> str:
        """A fault of our own: nothing was handed on, or its answer would have been given."""
        _LOG.error("a step failed: %s", type(error).__name__)
        return self._told(FAILED)

    def _told(self, reply: Reply) -> str:
        self._relay.counts.answered(reply)
        return str(reply)
