"""Every store and every registry that the contract suites run on: another is one line here."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

from mailpixel.spool.expanding import Spool
from mailpixel.store.memory import MemoryRegistry, MemoryStore
from mailpixel.store.registry import Registry
from mailpixel.store.sqlite import SqliteRegistry, SqliteStore, open_sqlite
from mailpixel.store.store import Store

STORES: Mapping[str, Callable[[Path], Store]] = {
    "memory": lambda folder: MemoryStore(),
    "sqlite": lambda folder: SqliteStore(folder / "mailpixel.db"),
}
REGISTRIES: Mapping[str, Callable[[Path], Registry]] = {
    "memory": lambda folder: MemoryRegistry(),
    "sqlite": lambda folder: SqliteRegistry(folder / "mailpixel.db"),
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
