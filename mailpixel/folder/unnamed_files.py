"""Files without a name that nobody else sees, for what is too large for memory."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from mailpixel.errors import StoreUnavailable


def unnamed_file(folder: Path) -> BinaryIO:
    """A file in this folder that has no name, so that it is gone as soon as it is closed, even by a crash.

    Only its owner can read it. Raises `StoreUnavailable` when the folder cannot be written.
    """
    with disk_errors():
        return cast(BinaryIO, tempfile.TemporaryFile(dir=folder))


@contextmanager
def disk_errors() -> Iterator[None]:
    """Turn what the disk refuses inside of the block into `StoreUnavailable`."""
    try:
        yield
    except OSError as error:
        raise StoreUnavailable(f"the data folder cannot be written: {error.strerror}") from error
