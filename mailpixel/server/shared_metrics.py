"""A folder in which several web processes add up their metrics, and what killed services left of such folders."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

PREFIX = "mailpixel-metrics-"
HELD = "held"
"""A file in the folder that its service keeps locked; the lock goes with the process, however it ends."""


@contextmanager
def metrics_folder(parent: Path | None = None) -> Iterator[str]:
    """A new folder, removed at the end. Folders that killed services left in `parent` are removed first."""
    parent = parent or Path(tempfile.gettempdir())
    remove_leftovers(parent)
    folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=parent))
    try:
        with (folder / HELD).open("w") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            yield str(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def remove_leftovers(parent: Path) -> None:
    """Remove the folders of this user that no service holds any more. What cannot be read is left alone."""
    for folder in parent.glob(f"{PREFIX}*"):
        with suppress(OSError):
            if not folder.is_symlink() and folder.stat().st_uid == os.getuid() and _is_free(folder / HELD):
                shutil.rmtree(folder, ignore_errors=True)


def _is_free(held: Path) -> bool:
    with held.open("r") as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)  # BlockingIOError, an OSError, while it is held
    return True
