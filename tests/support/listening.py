"""Listeners on the streams of a running service, each over a connection of its own."""

import asyncio
import json
from contextlib import suppress
from typing import Any

from tests.support.service import Service

Event = tuple[str, Any, str]
"""Kind, data and id."""


class Stream:
    """One listener over a connection of its own."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def head(self) -> str:
        """Status line and headers."""
        return (await asyncio.wait_for(self._reader.readuntil(b"\r\n\r\n"), 60)).decode()

    async def piece(self) -> bytes:
        """The next chunk; empty at the end of the answer."""
        size = int(await asyncio.wait_for(self._reader.readuntil(b"\r\n"), 60), 16)
        piece = await self._reader.readexactly(size + 2)
        return piece[:-2]

    async def events(self, number: int) -> list[Event]:
        """The next events, comments left out."""
        found: list[Event] = []
        while len(found) < number:
            piece = await self.piece()
            assert piece, "the stream has ended"
            found += [event_of(text) for text in piece.decode().split("\n\n") if text and text != ":"]
        return found

    async def rest(self) -> bytes:
        """Everything up to the end of the connection."""
        return await asyncio.wait_for(self._reader.read(), 60)

    async def close(self) -> None:
        """Go away."""
        self._writer.close()
        with suppress(ConnectionError):
            await self._writer.wait_closed()


class Clients:
    """Listeners of one service, who all go at the end of the block."""

    def __init__(self, service: Service, key: str, campaign: str = "c1", path: str = "") -> None:
        self._service = service
        self._path = path or f"/api/campaigns/{campaign}/stream"
        self._key = key
        self._open: list[Stream] = []

    async def __aenter__(self) -> "Clients":
        return self

    async def __aexit__(self, *exception: object) -> None:
        for stream in self._open:
            await stream.close()

    async def ask(self, query: str = "", key: str = "", **headers: str) -> Stream:
        """Ask for the stream."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self._service.port)
        stream = Stream(reader, writer)
        self._open.append(stream)
        given = {"host": "t", "authorization": f"Bearer {key or self._key}"} | headers
        head = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in given.items())
        writer.write(f"GET {self._path}{query} HTTP/1.1\r\n{head}\r\n".encode())
        return stream

    async def listen(self, query: str = "") -> Stream:
        """A stream behind its head and the first line."""
        stream = await self.ask(query)
        assert " 200 " in await stream.head()
        await stream.piece()
        return stream


def event_of(text: str) -> Event:
    """One event from its text."""
    fields = dict(line.split(": ", 1) for line in text.splitlines())
    return fields["event"], json.loads(fields["data"]), fields.get("id", "")
