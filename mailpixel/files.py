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
    """The state of a file. It differs whenever the content or the access rights differ."""

    inode: int
    modified_ns: int
    changed_ns: int
    size_bytes: int
    mode: int


def stamp_of(path: Path) -> Stamp | None:
    """The state of a file, without reading it; None while it is missing or cannot be examined."""
    try:
        facts = path.stat()
    except OSError:
        return None
    return Stamp(facts.st_ino, facts.st_mtime_ns, facts.st_ctime_ns, facts.st_size, facts.st_mode)


def is_missing(path: Path) -> bool:
    """Whether nothing is at this path. False also where this user may not look: opening it then says why."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        return False
    return False


def open_to_read(path: Path) -> BinaryIO:
    """Open a regular file for reading. Anything else is refused: reading a pipe could wait forever.

    Raises `OSError`.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        return os.fdopen(descriptor, "rb")
    os.close(descriptor)
    raise OSError(errno.EINVAL, "is not a regular file", str(path))


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the lock of a folder, so that two changes to its files cannot undo each other. Raises `OSError`."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def try_lock(file: BinaryIO) -> bool:
    """Lock an open file until it is closed. Returns False while another process holds the lock."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextmanager
def written_beside(path: Path, text: str, mode: int) -> Iterator[Path]:
    """A complete file on disk, in the same folder under another name. At the end it is removed if still there.

    `mode` is limited by the umask for others. The owner can always read and write the file. Raises `OSError`.
    """
    beside = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            os.fchmod(descriptor, stat.S_IMODE(os.fstat(descriptor).st_mode) | stat.S_IRUSR | stat.S_IWUSR)
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        yield beside
    finally:
        beside.unlink(missing_ok=True)


def replace_file(path: Path, text: str, mode: int) -> None:
    """Replace a file in one step: readers see the old content or the new one. On disk when this returns.

    A symbolic link stays a link; the file that it points to is replaced. Raises `OSError`.
    """
    path = path.resolve()
    with written_beside(path, text, mode) as beside:
        beside.replace(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make sure that the names in a folder are on disk. Raises `OSError`."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
