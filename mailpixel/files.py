"""What tells one state of a file from another, and the reading of one that others put there."""

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO, NamedTuple


class Stamp(NamedTuple):
    """The state of a file: another content or other rights never have the same one."""

    inode: int
    modified_ns: int
    changed_ns: int
    size_bytes: int
    mode: int


def stamp_of(path: Path) -> Stamp | None:
    """The state of a file; None while it is missing or cannot be looked at. One look, nothing is read."""
    try:
        facts = path.stat()
    except OSError:
        return None
    return Stamp(facts.st_ino, facts.st_mtime_ns, facts.st_ctime_ns, facts.st_size, facts.st_mode)


def is_missing(path: Path) -> bool:
    """Whether there is nothing; False also where this user may not look, which opening it then says."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        return False
    return False


def open_to_read(path: Path) -> BinaryIO:
    """A regular file, opened to be read. A pipe in its place would make its reader wait for ever, so it is refused.

    Raises `OSError`.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        return os.fdopen(descriptor, "rb")
    os.close(descriptor)
    raise OSError(errno.EINVAL, "is not a regular file", str(path))
