"""The files of the spool: `EDGE-NUMBER`, of one writer each, in the order of their numbers.

A writer holds the lock of the file that it writes. So a file whose lock is free has got all it will ever get, also when
its writer was killed. Whoever moves hits into the log holds the lock of the folder.
"""

import errno
import fcntl
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from mailpixel.errors import StoreUnavailable
from mailpixel.files import replace_file, try_lock

NAME = re.compile(r"([0-9a-f]{16})-([0-9]{10})")
BEGUN = "."
"""Begins the name of a file that is not ready yet."""
DAMAGED = "damaged"
"""The folder of bytes that could not be read, or that the log could not take."""
ZEROS = bytes(1 << 16)


# What to do about an error of the system. Source: errno(3), Linux man-pages 6.9.
REMEDIES = {
    errno.ENOSPC: "free some space",
    errno.EDQUOT: "free some space, or raise the quota of this user",
    errno.EFBIG: "free some space, or raise the limit of file sizes (ulimit -f)",
    errno.EROFS: "make the data folder writable",
    errno.EACCES: "make the folder `spool` and its files readable and writable for this user",
    errno.EPERM: "make the folder `spool` and its files readable and writable for this user",
    errno.EMFILE: "raise the limit of open files (ulimit -n)",
    errno.ENFILE: "raise the limit of open files of the system (fs.file-max)",
}


def unusable(error: OSError, how: str = "read") -> StoreUnavailable:
    """The error for a spool that cannot be read or `written`, with what to do."""
    remedy = REMEDIES.get(error.errno or 0, "check the disk, and the folder `spool`")
    return StoreUnavailable(f"the spool cannot be {how}: {error.strerror}; {remedy}")


class Segment(NamedTuple):
    """A file of the spool."""

    edge: str
    number: int
    path: Path
    size: int


def name_of(edge: str, number: int) -> str:
    """The name of a file."""
    return f"{edge}-{number:010}"


def header_of(edge: str, number: int, version: int = 2) -> bytes:
    """The first line of a file: what it is, the version of its format, and its name."""
    return f"mailpixel spool {version} {name_of(edge, number)}\n".encode()


def segments_in(folder: Path) -> Sequence[Segment]:
    """The files in the order of their writers and numbers. None where there is no folder. Raises `OSError`."""
    found = []
    with suppress(FileNotFoundError), os.scandir(folder) as entries:
        for entry in entries:
            if named := NAME.fullmatch(entry.name):
                with suppress(FileNotFoundError):
                    size = entry.stat().st_size
                    found.append(Segment(named[1], int(named[2]), Path(entry.path), size))
    return sorted(found)


def is_finished(path: Path) -> bool:
    """Whether nobody will write to a file any more. A file that is gone is finished."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(descriptor)
    return True


@contextmanager
def only_one(folder: Path) -> Iterator[bool]:
    """True in the block for one process at a time, and for one of its threads; False for the others, at once.

    The system gives the lock back when a process ends, however it ends.
    """
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        yield try_lock(descriptor)
    finally:
        os.close(descriptor)


def remove(path: Path) -> None:
    """Overwrite a file, then remove it. Raises `OSError`."""
    try:
        descriptor = os.open(path, os.O_WRONLY)
    except FileNotFoundError:
        return
    try:
        left = os.fstat(descriptor).st_size
        while left > 0:
            left -= os.write(descriptor, ZEROS[:left])
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    path.unlink(missing_ok=True)


def keep_aside(folder: Path, name: str, data: bytes) -> None:
    """Keep bytes that cannot be moved into the log, in `damaged/` in the folder of the spool. Raises `OSError`."""
    aside = folder / DAMAGED
    aside.mkdir(mode=0o700, exist_ok=True)
    replace_file(aside / name, data, 0o600)


def aside_in(folder: Path) -> Sequence[Path]:
    """What is kept in `damaged/`."""
    with suppress(FileNotFoundError):
        return sorted(path for path in (folder / DAMAGED).iterdir() if not path.name.startswith(BEGUN))
    return ()
