"""Overwrites deleted content wherever a SQLite file or its write-ahead log keeps a copy."""

import time

from mailpixel.errors import ErasureUnfinished, StoreUnavailable
from mailpixel.store.sqlite.agents import remove_unused_agents
from mailpixel.store.sqlite.database import Database
from mailpixel.store.sqlite.generations import sweep_left
from mailpixel.store.sqlite.leftovers import holds_leftovers
from mailpixel.store.sqlite.unswept import forget, unswept

ATTEMPTS = 3
"""Attempts to empty the write-ahead log. Each waits for readers as long as writers wait."""

PAUSE_S = 0.1
FINISH = "a running service then finishes this by itself"


def sweep(database: Database) -> None:
    """Overwrite what remains of erased people. Raises `ErasureUnfinished`.

    If the file keeps their former content between its rows, the whole file is written again.
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
            f"erased, but former content is still in {database.path.name}, as it could not be rewritten:"
            f" {error}; {FINISH}"
        ) from error


def _empty_log(database: Database) -> None:
    for _ in range(ATTEMPTS):
        if database.truncate_log():
            return
        time.sleep(PAUSE_S)
    raise ErasureUnfinished(
        f"erased, but deleted content is still in {database.path.name}-wal, because another program"
        f" kept reading the database; end it or let it finish: {FINISH}"
    )
