"""The store and the registry in one SQLite file: the default, for one machine and any number of processes."""

from contextlib import suppress
from pathlib import Path

from mailpixel.errors import StoreUnavailable
from mailpixel.store.sqlite.database import bound_page_caches
from mailpixel.store.sqlite.registry import SqliteRegistry
from mailpixel.store.sqlite.store import SqliteStore


def open_sqlite(path: Path | str) -> tuple[SqliteStore, SqliteRegistry]:
    """The store and the registry of a file. The folder and the file are created and migrated when needed.

    New files are readable by their owner only. Raises `StoreUnavailable` when the file cannot be used, or
    was written by a newer mailpixel.
    """
    folder = Path(path).parent
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileExistsError):
            folder.mkdir(mode=0o700)
            folder.chmod(0o700)  # regardless of the umask
    except OSError as error:
        problem = f"the data folder cannot be created: {error.strerror}"
        raise StoreUnavailable(f"{problem}; name another data folder") from error
    return SqliteStore(path), SqliteRegistry(path)


__all__ = ["SqliteRegistry", "SqliteStore", "bound_page_caches", "open_sqlite"]
