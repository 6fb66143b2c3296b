"""Kills of what brings an old data folder to today's schema."""

import asyncio
import json
import shutil
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from functools import partial
from itertools import count
from pathlib import Path

from mailpixel import TokenKind, TokenSigner, load_keyring
from mailpixel.claims import Claims
from mailpixel.store.sqlite.migrations import migrate
from tests.soak.killing import Folder, Killing, ended, forked
from tests.support.load import load
from tests.support.released import RELEASED, part_of, said_by, unpacked
from tests.support.service import Service

FILLED = [path for path in RELEASED if path.name in ("0005", "0006", "0007", "0032-27", "0035-34", "0042-41")]
"""Schemas whose log can be filled by one statement."""
TIMES = 20
"""So many times the log is written again, under other names."""


class OldFolder(Folder):
    """The folder of an old release, with a longer log."""

    def __init__(self, released: Path, data: Path) -> None:
        unpacked(released, data)
        self.path = data / "mailpixel.db"
        self.released = released
        with closing(sqlite3.connect(self.path)) as connection, connection:
            for turn in range(TIMES):
                _write_again(connection, turn)
        self.ids = ids_in(self.path)
        super().__init__(data, "spring")

    def signed(self, number: int) -> dict[str, str]:
        """The paths of as many new recipients."""
        signer = TokenSigner(load_keyring(self.data / "keys.json"))
        people = [f"new-{each}" for each in range(number)]
        return {f"/o/{signer.sign(Claims(TokenKind.OPEN, 'spring', each))}.gif": each for each in people}


def _write_again(connection: sqlite3.Connection, turn: int) -> None:
    columns = [row[1] for row in connection.execute("pragma table_info(events)") if row[1] != "position"]
    values = {
        "id": f"cast(substr(id, 1, 6) || '{turn:04}' || substr(id, 11) as blob)",
        "recipient": f"recipient || '-{turn}'",
    }
    chosen = ", ".join(values.get(name, name) for name in columns)
    connection.execute(
        f"insert into events ({', '.join(columns)}) select {chosen} from events"
        " where campaign = 'spring' and recipient not like '%-%-%'"
    )


def ids_in(path: Path) -> set[bytes]:
    """The ids of all events."""
    with closing(sqlite3.connect(path)) as connection:
        return {id for (id,) in connection.execute("select id from events")}


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Another program reads meanwhile, again and again."""
    done = threading.Event()

    def read() -> None:
        with closing(sqlite3.connect(path, timeout=5)) as connection:
            while not done.is_set():
                connection.execute("select count(*) from events").fetchone()

    reader = threading.Thread(target=read)
    reader.start()
    try:
        yield
    finally:
        done.set()
        reader.join()


def migrations(killing: Killing, folder: Folder) -> Iterator[Folder]:
    """Two processes bring a database to today's schema, while another program reads it. One of them is killed."""
    for number in count():
        old = OldFolder(killing.chance.choice(FILLED), folder.data.parent / f"old-{number}")
        copy = shutil.copyfile(old.path, old.data.with_suffix(".db"))
        killing.measure(partial(migrate, copy))
        other = forked(partial(migrate, old.path))
        with reading(old.path):
            killing.kill(partial(migrate, old.path))
        if ended(other, 60) != 0:
            killing.problem(f"{old.released.name}: the other process did not migrate")
        check(killing, old)
        yield old


def starts(killing: Killing, folder: Folder) -> Iterator[Folder]:
    """The service starts on a folder of an old release, under load, and is killed meanwhile."""
    for number in count():
        old = OldFolder(killing.chance.choice(FILLED), folder.data.parent / f"old-{number}")
        paths = old.signed(4_000)
        service = Service(old.data, ["--workers", "2"])
        killer = threading.Timer(killing.chance.uniform(0.3, 2.5), service.kill)
        killer.start()
        while killer.is_alive():
            answers: Sequence[tuple[str, int]] = asyncio.run(load(service.port, list(paths), connections=16))
            old.answered += [paths.pop(path) for path, status in answers if status == 200]
        killing.note(True)
        check(killing, old)
        yield old


def check(killing: Killing, old: OldFolder) -> None:
    """Note what the folder lost of what was in it: hits, and the figures of the campaign that nobody touched."""
    said = json.loads(old.run("report", "autumn", "--json"))
    then = said_by(old.released)["autumn"]
    if part_of(said, then) != part_of(then, then):
        killing.problem(f"{old.released.name}: other figures")
    if missing := old.ids - ids_in(old.path):
        killing.problem(f"{old.released.name}: {len(missing)} events of before are missing")
    old.run("rebuild")
