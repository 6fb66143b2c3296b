"""Files that other processes also read and write: note their state, read them, and replace them whole."""

import errno
import fcntl
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, NamedTuple


class Stamp(NamedTuple):
    """The state of a file. It differs whenever the content or the permissions differ."""

    inode: int
    modified_ns: int
    changed_ns: int
    size_bytes: int
    mode: int


def stamp_of(path: Path) -> Stamp | None:
    """The state of a file, by one `stat` call. None for a missing or inaccessible file."""
    try:
        facts = path.stat()
    except OSError:
        return None
    return Stamp(facts.st_ino, facts.st_mtime_ns, facts.st_ctime_ns, facts.st_size, facts.st_mode)


def is_missing(path: Path) -> bool:
    """Whether a file is missing. False for an inaccessible one: opening it then reports the reason."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        return False
    return False


def open_to_read(path: Path) -> BinaryIO:
    """Open a regular file for reading. A pipe is refused, because its reader could wait for ever.

    Raises `OSError`.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        return os.fdopen(descriptor, "rb")
    os.close(descriptor)
    raise OSError(errno.EINVAL, "is not a regular file", str(path))


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the lock of a folder, so that concurrent changes to its files do not collide. Raises `OSError`."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def try_lock(file: BinaryIO | int) -> bool:
    """Lock an open file or folder until it is closed. Returns False while another process holds the lock."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextmanager
def written_beside(path: Path, content: str | bytes, mode: int) -> Iterator[Path]:
    """Write a complete temporary file in the same folder. Remove it at the end if it is still there.

    The umask limits `mode`, but the owner may always read and write the file.
    """
    beside = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(descriptor, stat.S_IMODE(os.fstat(descriptor).st_mode) | stat.S_IRUSR | stat.S_IWUSR)
            file.write(content.encode() if isinstance(content, str) else content)
            file.flush()
            os.fsync(file.fileno())
        yield beside
    finally:
        beside.unlink(missing_ok=True)


def replace_file(path: Path, content: str | bytes, mode: int) -> None:
    """Replace a file in one step: a reader sees the old content or the new. It is on disk when this returns.

    A symbolic link is followed: its target is replaced. Raises `OSError`.
    """
    path = path.resolve()
    with written_beside(path, content, mode) as beside:
        beside.replace(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make the directory entries of a folder durable. Raises `OSError`."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
