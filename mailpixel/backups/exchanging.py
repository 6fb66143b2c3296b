"""Whether nobody uses a database, and putting another in its place without a moment in which there is none.

SQLite locks bytes of a file for as long as it is open. Whoever gets all of them knows that nobody else has it open, and
keeps everybody from opening it meanwhile. That works for a damaged file, too.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from mailpixel.errors import Conflict
from mailpixel.files import sync_folder
from mailpixel.times import moment_of

# Source: https://www.sqlite.org/src/file/src/os.h, November 2026: PENDING_BYTE, and 2 + SHARED_SIZE bytes from it on.
FIRST_BYTE, BYTES = 0x40000000, 512
REPLACED = "replaced"
"""The folder in the data folder that takes what was replaced, each time in a folder of its own."""
BESIDE = ("-wal", "-shm")


@contextmanager
def unused(database: Path) -> Iterator[None]:
    """Hold a database that no other process has open. Raises `Conflict` when one has, and `OSError`.

    No connection of this process may be open, and none may be closed meanwhile: the locks would go with it.
    """
    descriptor = os.open(database, os.O_RDWR)
    try:
        fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB, BYTES, FIRST_BYTE)
        yield
    except BlockingIOError:
        stop = "stop the service, and commands that still run"
        raise Conflict(f"another process uses the database that is to be replaced; {stop}") from None
    finally:
        os.close(descriptor)


def check_unused(database: Path) -> None:
    """Raises `Conflict` when another process has a database open, and `OSError`."""
    with unused(database):
        pass


def folder_for_replaced(data: Path, now_ms: int) -> Path:
    """A new folder for what is replaced in a data folder. Raises `OSError`."""
    (data / REPLACED).mkdir(mode=0o700, exist_ok=True)
    folder = data / REPLACED / f"{moment_of(now_ms):%Y-%m-%dT%H-%M-%SZ}"
    folder.mkdir(mode=0o700)
    return folder


def put_in_place(new: Path, path: Path, replaced: Path | None) -> None:
    """Put a new database in the place of one, which is kept in `replaced`. There is always one of them.

    Without one, `replaced` is None. Raises `Conflict` when another process uses the one that is there, and `OSError`.
    """
    if replaced is None or not path.exists():
        os.replace(new, path)
    else:
        with unused(path):
            os.link(path, replaced / path.name)
            for ending in BESIDE:  # a log must never meet another database
                with suppress(FileNotFoundError):
                    os.rename(path.with_name(path.name + ending), replaced / (path.name + ending))
            os.replace(new, path)
        sync_folder(replaced)
    sync_folder(path.parent)
