"""A backup is made under load and restored elsewhere: every hit that was answered before is in it, counted right."""

import asyncio
import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from mailpixel import TokenKind
from mailpixel.claims import Claims
from mailpixel.folder.key_file import load_keyring
from mailpixel.links.token import TokenSigner
from mailpixel.store.sqlite import open_sqlite
from tests.support.load import BROWSER, Connection
from tests.support.service import Service, rows

HITS = 60_000
"""More than are answered while the backup is made; the load ends when it is done."""


def paths_of(data: Path) -> dict[str, str]:
    """Path to recipient: opens and clicks by turns, every one of another recipient."""
    signer = TokenSigner(load_keyring(data / "keys.json"))
    paths = {}
    for n in range(HITS):
        if n % 2:
            paths["/c/" + signer.sign(Claims(TokenKind.CLICK, "c1", f"r-{n}", link=1))] = f"r-{n}"
        else:
            paths["/o/" + signer.sign(Claims(TokenKind.OPEN, "c1", f"r-{n}")) + ".gif"] = f"r-{n}"
    return paths


class Load:
    """Readers in a thread of their own, on 16 connections, until they are told to end."""

    def __init__(self, port: int, paths: dict[str, str]) -> None:
        self.answered: list[tuple[str, int]] = []
        self._port, self._left, self._ended = port, iter(paths), threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._send()))
        self._thread.start()

    def end(self) -> None:
        self._ended.set()
        self._thread.join()

    def _requests(self) -> Iterator[tuple[str, bytes]]:
        for path in self._left:
            if self._ended.is_set():
                return
            yield path, f"GET {path} HTTP/1.1\r\nHost: t\r\n{BROWSER}\r\n".encode()

    async def _send(self) -> None:
        left, loop = self._requests(), asyncio.get_running_loop()
        made = [
            (await loop.create_connection(lambda: Connection(left, self.answered), "127.0.0.1", self._port))[
                1
            ]
            for _ in range(16)
        ]
        await asyncio.gather(*(connection.done for connection in made))


def test_every_hit_answered_before_the_backup_is_in_it_once_restored_and_counted(tmp_path: Path) -> None:
    data, backup, there = tmp_path / "data", tmp_path / "backup", tmp_path / "there"
    rows(data, "campaign", "add", "c1", "--name", "One", "--link", "https://shop.example/")
    paths = paths_of(data)
    with Service(data, ["--workers", "2"]) as service:
        load = Load(service.port, paths)
        while len(load.answered) < 500:
            time.sleep(0.01)
        before = list(load.answered)
        rows(data, "backup", str(backup))
        meanwhile = len(load.answered) - len(before)
        load.end()
    assert meanwhile > 0, "hits went on"
    assert {status for _, status in load.answered} == {200, 302}
    rows(there, "restore", str(backup))
    store, registry = open_sqlite(there / "mailpixel.db")
    with closing(store), closing(registry):
        logged = Counter(m.recipient for m in store.messages("c1") for _ in m.events)
    assert [path for path, _ in before if logged[paths[path]] != 1] == []
    assert set(logged.values()) == {1}
    assert json.loads(rows(there, "report", "c1", "--json"))["opens"]["events"] > 0
    assert json.loads(rows(there, "rebuild", "--dry-run", "--json")) == []
