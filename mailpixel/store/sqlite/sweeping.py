"""What was deleted from a SQLite file, overwritten wherever the file or its write-ahead log keeps a copy of it."""

import time

from mailpixel.errors import ErasureUnfinished, StoreUnavailable
from mailpixel.store.sqlite.agents import remove_unused_agents
from mailpixel.store.sqlite.database import Database
from mailpixel.store.sqlite.generations import sweep_left
from mailpixel.store.sqlite.leftovers import holds_leftovers
from mailpixel.store.sqlite.unswept import forget, unswept

ATTEMPTS = 3
"""How often the write-ahead log is emptied, each time waiting for readers as long as writers wait."""

PAUSE_S = 0.1


def sweep(database: Database) -> None:
    """Overwrite what remains of erased people. Raises `ErasureUnfinished`.

    Where the file keeps former content of theirs between its rows, it is written anew.
    """
    sweep_left(database)
    while unswept(database):
        remove_unused_agents(database)
        texts = unswept(database)
        _empty_log(database)
        if holds_leftovers(database.path, texts):
            _rewrite(database)
        forget(database, texts)
    _empty_log(database)


def _rewrite(database: Database) -> None:
    try:
        database.rewrite()
    except StoreUnavailable as error:
        raise ErasureUnfinished(
            f"the person is erased, but former content is still in {database.path.name}, and writing it anew failed:"
            f" {error}; then erase this person again"
        ) from error


def _empty_log(database: Database) -> None:
    for _ in range(ATTEMPTS):
        if database.truncate_log():
            return
        time.sleep(PAUSE_S)
    raise ErasureUnfinished(
        f"the person is erased, but what was deleted is still in {database.path.name}-wal, because another program has"
        " been reading the database all the while; end it or let it finish, and erase this person again"
    )
