"""How the service ends: whoever was let in is answered, and no connection is reset."""

import asyncio
import signal
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from mailpixel import TokenKind
from mailpixel.claims import Claims
from mailpixel.folder.key_file import load_keyring
from mailpixel.links.token import TokenSigner
from tests.support.processes import wait_until
from tests.support.service import Service, rows
from tests.support.stores import open_settled

CONNECTIONS = 64


@pytest.fixture
def data(tmp_path: Path) -> Path:
    rows(tmp_path / "data", "campaign", "add", "c1", "--name", "One", "--link", "https://shop.example/")
    return tmp_path / "data"


@dataclass
class Seen:
    """What became of the requests of busy clients."""

    ends: Counter[str] = field(default_factory=Counter)
    answered: list[str] = field(default_factory=list)


def signed_paths(data: Path) -> Iterator[tuple[str, str]]:
    """(recipient, path of its pixel), without end."""
    signer = TokenSigner(load_keyring(data / "keys.json"))
    number = 0
    while True:
        number += 1
        recipient = f"r-{number}"
        yield recipient, f"/o/{signer.sign(Claims(TokenKind.OPEN, 'c1', recipient))}.gif"


async def ask_until_refused(port: int, paths: Iterator[tuple[str, str]], seen: Seen) -> None:
    """Ask over one connection after another, as a busy proxy does, until nobody listens any more."""
    while True:
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
        except ConnectionRefusedError:
            seen.ends["refused"] += 1
            return
        except OSError:
            seen.ends["not connected"] += 1
            return
        try:
            await ask_until_closed(reader, writer, paths, seen)
        except ConnectionError:
            seen.ends["reset"] += 1
        finally:
            writer.close()


async def ask_until_closed(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, paths: Iterator[tuple[str, str]], seen: Seen
) -> None:
    while True:
        recipient, path = next(paths)
        writer.write(f"GET {path} HTTP/1.1\r\nHost: t\r\n\r\n".encode())
        await writer.drain()
        head = b""
        while b"\r\n\r\n" not in head:
            part = await reader.read(65_536)
            if not part:
                seen.ends["closed with a request under way"] += 1
                return
            head += part
        seen.answered.append(recipient)
        if b"\r\nconnection: close" in head:
            seen.ends["said close"] += 1
            assert await reader.read() == b""
            return


@pytest.mark.parametrize("workers", ["1", "2"])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_busy_connections_are_answered_with_close_and_never_reset(
    data: Path, workers: str, number: signal.Signals
) -> None:
    seen = Seen()

    async def ask() -> None:
        paths = signed_paths(data)
        clients = [ask_until_refused(service.port, paths, seen) for _ in range(CONNECTIONS)]
        await asyncio.wait_for(asyncio.gather(*clients), 60)

    with Service(data, ["--workers", workers]) as service:
        clients = threading.Thread(target=asyncio.run, args=(ask(),))
        clients.start()
        wait_until(lambda: len(seen.answered) > 10 * CONNECTIONS, "nobody is answered")
        service.process.send_signal(number)
        clients.join()
        said = service.process.communicate(timeout=40)[1]
    print(workers, number.name, dict(seen.ends), len(seen.answered))
    assert set(seen.ends) <= {"said close", "refused"}
    assert (service.process.returncode, said.count("Traceback")) == (0, 0)
    store, _ = open_settled(data / "mailpixel.db")
    logged = {message.recipient for message in store.messages("c1")}
    assert [recipient for recipient in seen.answered if recipient not in logged] == []
