"""The list of suppressions beside the key file: who was erased, as keyed hashes, in case the database is restored.

The list is only added to, so a restored folder never loses an entry. It can hold the entries of several databases.
"""

import os
import struct
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path
from typing import IO

from mailpixel.errors import StoreUnavailable
from mailpixel.files import locked, sync_folder
from mailpixel.store.erasure import Suppression

FILE_NAME = "suppressed.bin"
ENTRY = struct.Struct(">4s8sqq")
"""Four bytes that name the database, the hash of the person, when they were erased, and when that was lifted or -1."""


def suppressed_file(key_file: Path) -> Path:
    """Where the list is kept: beside the key file."""
    return key_file.with_name(FILE_NAME)


def read_suppressed(path: Path, secret: bytes) -> dict[bytes, Suppression]:
    """The entries of the database with this secret, the latest of each person. Raises `StoreUnavailable`."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise _refused(path, error) from error
    mine, found = _name_of(secret), dict[bytes, Suppression]()
    for name, *entry in ENTRY.iter_unpack(content[: len(content) // ENTRY.size * ENTRY.size]):
        each = Suppression(*entry)
        if name == mine and each.is_news_to(found.get(each.person8)):
            found[each.person8] = each
    return found


def join_suppressed(path: Path, secret: bytes, entries: Iterable[Suppression]) -> int:
    """Add the entries that the list lacks; on disk when this returns. Returns how many. Raises `StoreUnavailable`."""
    try:
        with locked(path.parent):
            known = read_suppressed(path, secret)
            new = [each for each in entries if each.is_news_to(known.get(each.person8))]
            if new:
                with _opened(path) as file:
                    file.write(b"".join(ENTRY.pack(_name_of(secret), *each) for each in new))
                    file.flush()
                    os.fsync(file.fileno())
                sync_folder(path.parent)
            return len(new)
    except OSError as error:
        raise _refused(path, error) from error


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    """The file behind its last whole entry. What a crash left of an entry is written over."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    with os.fdopen(descriptor, "r+b") as file:
        file.seek(os.fstat(descriptor).st_size // ENTRY.size * ENTRY.size)
        file.truncate()
        yield file


def _name_of(secret: bytes) -> bytes:
    return blake2b(secret, digest_size=4, person=b"suppressed").digest()


def _refused(path: Path, error: OSError) -> StoreUnavailable:
    reason = error.strerror or type(error).__name__
    return StoreUnavailable(
        f"{path}: {reason}; the list of erased people must be a file that this user can read and write"
    )
