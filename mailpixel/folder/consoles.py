"""The consoles of the web processes: where each shows its last envelopes, and how all of them are read together.

Each process listens on a socket in the data folder. A reader sends the id of a site as one line and gets the
envelopes of that site as lines of JSON: those that are remembered, an empty line, and then each as it arrives.
With `tally ` before the id it gets what was counted of the site, as one line of JSON.
"""

import asyncio
import os
import secrets
import socket as sockets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

FOLDER = "console"
SUFFIX = ".sock"
LINE_BYTES = 262_144
"""A longer line is none of ours."""
MOST_WAITING = 4_000
"""Lines that wait for a slow reader. Further ones are left out."""
LOOK_EVERY_S = 1.0
"""How often to look for processes that have started meanwhile."""
ANSWER_S = 2.0
TALLY = "tally "
"""What stands before the id of a site when its counts are asked for."""
_PATH_BYTES = 100
"""The longest address of a socket, in bytes; systems take 104 or 108."""


def new_socket(data: Path) -> Path:
    """The path of a socket for this process, in a folder that only its owner may enter. Raises `OSError`."""
    folder = data / FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder / f"{os.getpid()}-{secrets.token_hex(4)}{SUFFIX}"


@contextmanager
def address_of(socket: Path) -> Iterator[str]:
    """The address of a socket, also where its path is longer than an address may be. Raises `OSError`."""
    if len(os.fsencode(socket)) <= _PATH_BYTES:
        yield str(socket)
        return
    folder = os.open(socket.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{folder}/{socket.name}"
    finally:
        os.close(folder)


def sockets_in(data: Path) -> list[Path]:
    """The sockets of all processes, also of those that were killed."""
    return sorted((data / FOLDER).glob(f"*{SUFFIX}"))


def tallies_in(data: Path, site: str) -> list[bytes]:
    """What each web process of a data folder counted of a site, as lines of JSON; nothing where none runs."""
    return [line for socket in sockets_in(data) if (line := _tally_of(socket, site))]


def _tally_of(socket: Path, site: str) -> bytes:
    """The tally of one process; empty where it does not answer."""
    found = bytearray()
    with suppress(OSError), address_of(socket) as address, sockets.socket(sockets.AF_UNIX) as connection:
        connection.settimeout(ANSWER_S)
        connection.connect(address)
        connection.sendall(f"{TALLY}{site}\n".encode())
        while len(found) <= LINE_BYTES and (piece := connection.recv(LINE_BYTES)):
            found += piece
    return bytes(found) if found.endswith(b"\n") else b""


class Consoles:
    """The consoles of all web processes of a data folder, read together for one site.

    `workers` is how many of them are being read. Use it in one event loop, and call `close` at the end.
    """

    def __init__(self, data: Path, site: str) -> None:
        self._data = data
        self._site = site
        self._lines: asyncio.Queue[bytes] = asyncio.Queue(MOST_WAITING)
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._look_at_s = 0.0
        self.workers = 0
        self.left_out = 0

    async def begin(self) -> list[bytes]:
        """What is remembered, in order of time; everything later comes from `next`."""
        found = await asyncio.gather(*(self._join(socket) for socket in sockets_in(self._data)))
        return sorted(line for lines in found for line in lines)

    async def next(self, within_s: float) -> bytes:
        """The next envelope as it arrives; empty when none came within this time."""
        await self._look()
        with suppress(TimeoutError):
            return await asyncio.wait_for(self._lines.get(), within_s)
        return b""

    async def _look(self) -> None:
        """Join the processes that have started meanwhile."""
        now_s = asyncio.get_running_loop().time()
        if now_s < self._look_at_s:
            return
        self._look_at_s = now_s + LOOK_EVERY_S
        for socket in sockets_in(self._data):
            for line in await self._join(socket):
                self._put(line)

    def close(self) -> None:
        """Read no more."""
        for task in self._tasks.values():
            task.cancel()

    async def _join(self, socket: Path) -> list[bytes]:
        """Begin to read one console. Returns what it remembers; nothing when it is read already, or has ended."""
        if socket.name in self._tasks:
            return []
        try:
            with address_of(socket) as address:
                reader, writer = await asyncio.open_unix_connection(address, limit=LINE_BYTES)
        except ConnectionRefusedError:
            socket.unlink(missing_ok=True)  # its process was killed
            return []
        except OSError:
            return []
        writer.write(self._site.encode() + b"\n")
        lines = await _until_empty(reader)
        self._tasks[socket.name] = asyncio.create_task(self._read(socket.name, reader, writer))
        self.workers += 1
        return lines

    async def _read(self, name: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while line := await reader.readline():
                self._put(line.rstrip(b"\n"))
        except (OSError, ValueError):
            pass
        finally:
            writer.close()
            self.workers -= 1
            self._tasks.pop(name, None)

    def _put(self, line: bytes) -> None:
        try:
            self._lines.put_nowait(line)
        except asyncio.QueueFull:
            self.left_out += 1


async def _until_empty(reader: asyncio.StreamReader) -> list[bytes]:
    lines: list[bytes] = []
    with suppress(TimeoutError, OSError, ValueError):
        async with asyncio.timeout(ANSWER_S):
            while line := (await reader.readline()).rstrip(b"\n"):
                lines.append(line)
    return lines
