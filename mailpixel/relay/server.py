"""The relay's own side: it listens, and passes every step of a client's message on before it answers.

Nothing is kept here: MAIL, RCPT and the message itself are answered with the upstream's own replies, so a 250 for a
message says that the upstream has it.

The relay adds no `Received` line, which RFC 5321 (section 4.4, 2008) asks of servers that take a message over: it takes
none over. Like other filters in the middle of one conversation (Postfix writes no line where it is an intermediate
proxy either: smtpd.c, read 2026-11) it leaves the line to the upstream, which names the relay as its client and counts
hops. A loop through a server that queues ends at its limit (Postfix 3.7: after 49 rounds, in a second). Relays that are
each other's upstream say to one another whose mail it is, and the one that meets its own refuses it.

What clients may cost is bounded: their number (a new one takes the place of the one that has been silent longest), the
memory of all messages on their way (`mailpixel.relay.memory`), the time without a command, and the size of lines,
headers and messages. Whoever is beyond it gets a 421 or 452, and keeps the mail to try again.
"""

import asyncio
from dataclasses import dataclass

from mailpixel.relay.client import Client, Refused
from mailpixel.relay.mail_tracking import RelayTracking
from mailpixel.relay.passage import Passage
from mailpixel.relay.reply import SILENT
from mailpixel.relay.upstream import Upstream

SPARE_S = 5
"""A client that was silent for this long may lose its place to a new one, when all are taken."""
END_S = 30
"""How long the relay waits, when it is asked to end, for messages on their way."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What clients may cost: how many at a time, and the memory of all messages on their way.

    Of the messages themselves; each is held up to four times while it is handed on.
    """

    clients: int = 256
    memory_bytes: int = 134_217_728


class Relay:
    """Listens for mail and hands it on. `counts` says what became of it."""

    def __init__(self, upstream: Upstream, tracking: RelayTracking, limits: Limits = Limits()) -> None:
        self._passage = Passage(upstream, tracking, limits.memory_bytes)
        self.counts = self._passage.counts
        self._most_clients = limits.clients
        self._clients: set[Client] = set()
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
        self._passage.threads.end()

    def _is_busy(self) -> bool:
        return self._passage.is_busy or any(client.busy for client in self._clients)

    def _client(self) -> "Client | Refused":
        if len(self._clients) >= self._most_clients and not self._make_room():
            return Refused(self.counts)
        client = Client(self._passage, self._clients.discard)
        self._clients.add(client)
        return client

    def _make_room(self) -> bool:
        """Hang up on the client that has been silent longest, if it may lose its place."""
        silent = [client for client in self._clients if client.silent_s() >= SPARE_S]
        if not silent:
            return False
        longest = max(silent, key=Client.silent_s)
        self._clients.discard(longest)
        longest.hang_up(SILENT)
        return True
