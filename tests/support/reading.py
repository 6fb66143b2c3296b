"""Files that may only be read, and a user for whom that holds: the tests may run as root, who may do anything."""

import os
import pickle
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")
NOBODY = 65_534


@contextmanager
def a_folder() -> Iterator[Path]:
    """A folder that any user may reach."""
    folder = Path(tempfile.mkdtemp(prefix="mailpixel-reading-"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        allow(folder, 0o755, 0o644)
        shutil.rmtree(folder)


def allow(folder: Path, folder_mode: int, file_mode: int) -> None:
    """Give a folder and all in it these rights."""
    for place in [folder, *folder.rglob("*")]:
        place.chmod(folder_mode if place.is_dir() else file_mode)


def as_reader(call: Callable[[], T]) -> T:
    """What a call gives, or raises, to a user who owns nothing; in a process of its own where we are root."""
    if os.geteuid() != 0:
        return call()
    receiving, sending = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(receiving)
        with os.fdopen(sending, "wb") as sink:
            sink.write(pickle.dumps(_outcome(call)))
            sink.flush()
            os._exit(0)
    os.close(sending)
    with os.fdopen(receiving, "rb") as source:
        raised, value = pickle.loads(source.read())
    os.waitpid(child, 0)
    if raised:
        raise value
    result: T = value
    return result


def _outcome(call: Callable[[], object]) -> tuple[bool, object]:
    os.setgroups([])
    os.setgid(NOBODY)
    os.setuid(NOBODY)
    try:
        return False, call()
    except BaseException as error:
        return True, error
