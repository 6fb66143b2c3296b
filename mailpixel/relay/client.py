"""One connection of a client: every step of its message is passed on before it is answered."""

import asyncio
import logging
import socket
from collections.abc import Awaitable, Callable
from typing import TypeVar

from mailpixel.errors import MissingExtra
from mailpixel.relay.mail_tracking import MailCounts
from mailpixel.relay.memory import Held, receive
from mailpixel.relay.passage import Passage
from mailpixel.relay.reply import FAILED, ITSELF, MANY_RECIPIENTS, NO_ROOM, TOO_SLOW, SmtpReply
from mailpixel.relay.sending import Letter
from mailpixel.relay.upstream import RELAY_KEYWORD, Line

try:
    from aiosmtpd.smtp import SMTP, Envelope, Session
except ImportError as error:
    raise MissingExtra(
        "the relay needs aiosmtpd: pip install '.[relay]' in the clone of mailpixel"
    ) from error

MESSAGE_BYTES = 67_108_864
"""The largest message taken, as the relay's SIZE says. The upstream may take less, and then refuses."""
READ_BYTES = 65_536
"""What a connection reads ahead: twice this at most."""
RECIPIENTS_MOST = 1_000
"""Recipients of one message; RFC 5321 (section 4.5.3.1.8) asks for 100 at least."""
RELAYS_MOST = 20
"""Relays that a message may come through."""
IDLE_S = 900
"""A client is cut off that sends no command, or does not end its message, for this long. Upstreams get no longer."""

_LOG = logging.getLogger("mailpixel.relay")
_Answer = TypeVar("_Answer")


class Refused(asyncio.Protocol):
    """A connection that is one too many."""

    def __init__(self, counts: MailCounts) -> None:
        self._counts = counts

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Say so, and close."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - what a TCP server makes
        self._counts.answered(NO_ROOM)
        transport.write(f"{NO_ROOM}\r\n".encode())
        transport.close()


class Client(SMTP):
    """One connection of a client. `forget` is called with it when it has gone."""

    line_length_limit = READ_BYTES

    def __init__(self, passage: Passage, forget: Callable[["Client"], None]) -> None:
        self._passage = passage
        self._forget = forget
        self._line = passage.new_line()
        self._heard_s = asyncio.get_running_loop().time()
        self._asked = 0
        self.busy = False
        super().__init__(
            _Steps(passage, self._line),
            data_size_limit=min(MESSAGE_BYTES, passage.memory.most_bytes),
            enable_SMTPUTF8=True,
            hostname=socket.gethostname(),
            ident="mailpixel relay",
            timeout=IDLE_S,
        )

    def data_received(self, data: bytes) -> None:
        """Something came."""
        self._heard_s = asyncio.get_running_loop().time()
        super().data_received(data)

    def silent_s(self) -> float:
        """For how long the client could have said something and has not; 0 while it waits for the upstream."""
        return 0 if self._asked else asyncio.get_running_loop().time() - self._heard_s

    async def asking(self, answer: Awaitable[_Answer]) -> _Answer:
        """Wait for the upstream's answer."""
        self._asked += 1
        try:
            return await answer
        finally:
            self._asked -= 1
            self._heard_s = asyncio.get_running_loop().time()

    async def smtp_DATA(self, arg: str | None) -> None:
        """Take a message; until its answer is written the client is busy.

        Read by ourselves: the library keeps every line in an object of its own, and an endless one whole.
        """
        if self.envelope is None or not self.envelope.rcpt_tos or arg:
            await self.push("501 Syntax: DATA" if arg else "503 Error: need RCPT command")
            return
        self.busy = True
        try:
            await self.push("354 End data with <CR><LF>.<CR><LF>")
            reply = await self._taken(self.envelope)
            self._passage.counts.answered(reply)
            self.envelope = Envelope()
            await self.push(str(reply))
        finally:
            self.busy = False

    async def _taken(self, envelope: Envelope) -> SmtpReply:
        held = Held(self._passage.memory)
        try:
            content = await receive(self._reader, held, self.data_size_limit or MESSAGE_BYTES)
            if isinstance(content, SmtpReply):
                return content
            sender = "" if envelope.mail_from in (None, "<>") else str(envelope.mail_from)
            letter = Letter(sender, tuple(envelope.mail_options), tuple(envelope.rcpt_tos), content)
            del content
        except BaseException:
            held.free()
            raise
        return await self.asking(self._passage.hand_on(self._line, letter, held))

    async def smtp_XMAILPIXEL(self, arg: str | None) -> None:
        """Another relay says through which relays its mail comes."""
        path = (arg or "").split()
        if self._passage.name in path or len(path) > RELAYS_MOST:
            await self.push(str(ITSELF))
            return
        self._line.path = tuple(path)
        await self.push("250 OK")

    def connection_lost(self, error: Exception | None) -> None:
        """The client has gone; its line to the upstream goes, too."""
        super().connection_lost(error)
        self._forget(self)
        self._passage.threads.close(self._line.close)

    def hang_up(self, last_word: SmtpReply | None = None) -> None:
        """Close the connection, when what was written has left."""
        if isinstance(self.transport, asyncio.Transport):
            if last_word is not None:
                self._passage.counts.answered(last_word)
                self.transport.write(f"{last_word}\r\n".encode())
            self.transport.close()

    def _timeout_cb(self) -> None:
        self.hang_up(TOO_SLOW)


def _of(server: SMTP) -> Client:
    assert isinstance(server, Client)  # noqa: S101 - there are no others
    return server


class _Steps:
    """The steps of a message as aiosmtpd calls them: each is passed on before it is answered."""

    def __init__(self, passage: Passage, line: Line) -> None:
        self._passage = passage
        self._line = line

    async def handle_EHLO(
        self, server: SMTP, session: Session, envelope: Envelope, name: str, replies: list[str]
    ) -> list[str]:
        """A client greets: add which relay this is to what the library says."""
        session.host_name = name
        return [*replies[:-1], f"250-{RELAY_KEYWORD} {self._passage.name}", replies[-1]]

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """A message begins."""
        reply = await _of(server).asking(
            self._passage.threads.waiting(
                lambda: self._line.mail("" if address == "<>" else address, options)
            )
        )
        if reply.accepted:
            envelope.mail_from = address
            envelope.mail_options.extend(options)
        return self._told(reply)

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """One recipient is named."""
        if len(envelope.rcpt_tos) >= RECIPIENTS_MOST:
            return self._told(MANY_RECIPIENTS)
        reply = await _of(server).asking(self._passage.threads.waiting(lambda: self._line.recipient(address)))
        if reply.accepted:
            envelope.rcpt_tos.append(address)
        return self._told(reply)

    async def handle_RSET(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """A message is given up."""
        await _of(server).asking(self._passage.threads.waiting(self._line.reset))
        return "250 OK"

    async def handle_exception(self, error: Exception) -> str:
        """A fault of our own: nothing was handed on, or its answer would have been given."""
        _LOG.error("a step failed: %s", type(error).__name__)
        return self._told(FAILED)

    def _told(self, reply: SmtpReply) -> str:
        self._passage.counts.answered(reply)
        return str(reply)
