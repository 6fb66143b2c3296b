"""Every store and every registry that the contract suites run on: another is one line here."""

import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from functools import cache
from pathlib import Path

from mailpixel.spool.expanding import Spool
from mailpixel.store.memory import MemoryRegistry, MemoryStore
from mailpixel.store.registry import Registry
from mailpixel.store.sqlite import SqliteRegistry, SqliteStore, open_sqlite
from mailpixel.store.sqlite.migrations import migrate
from mailpixel.store.store import Store


def migrated(path: Path) -> Path:
    """The path of a database: an empty one of the newest schema, if there was no file.

    To bring a new file through all migrations is most of the work of a short test, so one is copied.
    """
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_bytes(_empty())
    return path


@cache
def _empty() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "mailpixel.db")
        migrate(path)
        return path.read_bytes()


STORES: Mapping[str, Callable[[Path], Store]] = {
    "memory": lambda folder: MemoryStore(),
    "sqlite": lambda folder: SqliteStore(migrated(folder / "mailpixel.db")),
}
REGISTRIES: Mapping[str, Callable[[Path], Registry]] = {
    "memory": lambda folder: MemoryRegistry(),
    "sqlite": lambda folder: SqliteRegistry(migrated(folder / "mailpixel.db")),
}


@contextmanager
def a_store(name: str, folder: Path) -> Iterator[Store]:
    """The store of this name, with what is in the folder."""
    with closing(STORES[name](folder)) as store:
        yield store


@contextmanager
def a_registry(name: str, folder: Path) -> Iterator[Registry]:
    """The registry of this name, with what is in the folder."""
    with closing(REGISTRIES[name](folder)) as registry:
        yield registry


def settle(store: SqliteStore | Store, data: Path) -> None:
    """Have every hit that was answered up to now in the log of a data folder, as a command does before it reads."""
    assert Spool(data / "spool", store).settle(60)


def open_settled(path: Path) -> tuple[SqliteStore, SqliteRegistry]:
    """The store and the registry of a data folder's database, with every hit that was answered in the log."""
    store, registry = open_sqlite(path)
    settle(store, path.parent)
    return store, registry
