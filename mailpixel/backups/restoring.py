"""Puts a backup into a data folder.

1. The backup is checked, and nobody may have the database open that it replaces.
2. A copy is prepared in a folder beside it: what people refused since the backup is taken over from the database that
   is replaced, and whoever was erased since is erased again.
3. The copy takes the place of the database, whose files are kept in `replaced`.

Until the third step nothing is changed, and a restore that was interrupted can be run again.
"""

import shutil
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from secrets import token_hex

from msgspec import Struct

from mailpixel.backups.contents import (
    DATABASE,
    KEYS,
    OPERATOR,
    SUPPRESSED,
    Contents,
    check_backup,
    unreadable,
)
from mailpixel.backups.exchanging import check_unused, folder_for_replaced, put_in_place
from mailpixel.backups.joining import join_suppressed, joined_erasures, joined_keys, keys_here
from mailpixel.backups.taking import copy_file, sync_file
from mailpixel.erasing import erasing_in
from mailpixel.errors import StoreUnavailable
from mailpixel.files import is_missing, replace_file
from mailpixel.folder.key_file import load_keyring
from mailpixel.folder.opening import has_database
from mailpixel.folder.operator_file import operator_file
from mailpixel.folder.suppressed import suppressed_file
from mailpixel.links.keyring import Keyring, dump_keyring
from mailpixel.privacy.erasure import notify_nobody
from mailpixel.privacy.optout import note_opt_outs
from mailpixel.privacy.replayed_erasures import replay_erasures
from mailpixel.settings import Settings
from mailpixel.store.erasure import Suppression
from mailpixel.store.sqlite import SqliteRegistry, SqliteStore
from mailpixel.store.sqlite.taken_over import TakenOver, take_over

STAGED = ".restoring"
LOST = "what people refused since the backup cannot be taken over"
REMEDY = "--without-refusals restores without it"


class Restored(Struct, frozen=True):
    """What a restore did.

    `statements`, `erasures` and `revoked` are as in `TakenOver`. `erased_again` counts entries of the list of erased
    people that the backup did not know, and `keys` the signing keys that are there now. `replaced` is where the
    replaced files are kept (empty: nothing was replaced).
    """

    contents: Contents
    statements: int = 0
    erasures: int = 0
    revoked: int = 0
    erased_again: int = 0
    keys: int = 0
    replaced: str = ""


def restore(settings: Settings, folder: Path, now_ms: int, *, without_refusals: bool = False) -> Restored:
    """Put a backup into the data folder of these settings. On disk when this returns.

    With `without_refusals` a database that cannot be read is replaced all the same. Raises `StoreUnavailable`,
    `KeyringError`, and `Conflict` when the database is in use or is of another data folder.
    """
    contents = check_backup(folder)
    try:
        settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
        here = has_database(settings)
        if here:
            check_unused(settings.database)
        with _staged(settings, folder) as staged:
            taken = _take_over(settings, staged, without_refusals) if here else TakenOver()
            prepared = _Prepared(settings, staged, taken, now_ms)
            erased_again = prepared.erase_again(folder / SUPPRESSED)
            keyring = prepared.keyring(load_keyring(folder / KEYS))
            replaced = prepared.exchange(keyring)
    except OSError as error:
        raise unreadable(settings.data, error) from error
    return Restored(
        contents,
        taken.statements,
        taken.erasures,
        taken.revoked,
        erased_again,
        len(keyring.keys),
        str(replaced or ""),
    )


@contextmanager
def _staged(settings: Settings, folder: Path) -> Iterator[Settings]:
    """The settings of a folder in the data folder with a copy of the backup. It goes when the block ends."""
    for left in settings.data.glob(f"{STAGED}-*"):
        shutil.rmtree(left)
    data = settings.data / f"{STAGED}-{token_hex(4)}"
    data.mkdir(mode=0o700)
    try:
        copy_file(folder / DATABASE, data / DATABASE)
        lists = operator_file(settings.data)
        lists = folder / OPERATOR if is_missing(lists) else lists
        if not is_missing(lists):
            copy_file(lists, data / OPERATOR)
        yield replace(settings, data=data, keys=None)
    finally:
        shutil.rmtree(data, ignore_errors=True)


def _take_over(settings: Settings, staged: Settings, without_refusals: bool) -> TakenOver:
    try:
        return take_over(staged.database, settings.database)
    except (StoreUnavailable, sqlite3.DatabaseError) as error:
        if without_refusals:
            return TakenOver()
        raise StoreUnavailable(f"{LOST}: {str(error).partition('; ')[0]}; {REMEDY}") from error


class _Prepared:
    """A copy of the backup, being made ready to take the place of a database."""

    def __init__(self, settings: Settings, staged: Settings, taken: TakenOver, now_ms: int) -> None:
        self._settings = settings
        self._staged = staged
        self._taken = taken
        self._now_ms = now_ms
        self._secret = b""
        self._erased: Sequence[Suppression] = ()

    def erase_again(self, listed: Path) -> int:
        """Erase whoever was erased since, and note the new opt-outs in the log. Returns the number of erasures."""
        store, registry = SqliteStore(self._staged.database), SqliteRegistry(self._staged.database)
        with closing(store), closing(registry):
            self._secret = store.person_secret()
            lists = (listed, suppressed_file(self._settings.key_file))
            erased = joined_erasures(self._secret, lists, self._taken.suppressions)
            join_suppressed(suppressed_file(self._staged.key_file), self._secret, erased)
            erasing = replace(erasing_in(self._staged, store, registry), notify=notify_nobody)
            replayed = replay_erasures(erasing)
            refusing = [each for each in self._taken.refusing if registry.is_opted_out(each)]
            note_opt_outs(store, refusing, self._now_ms)
            self._erased = store.suppressions()
        with closing(sqlite3.connect(self._staged.database)) as connection:
            connection.execute("pragma journal_mode = delete").fetchall()
        sync_file(self._staged.database)
        return replayed.entries

    def keyring(self, backup: Keyring) -> Keyring:
        """The keys of the backup, and those that are here. Raises `Conflict`."""
        with closing(SqliteRegistry(self._staged.database)) as registry:
            removed = [key.id for key in registry.signing_keys() if key.removed]
        return joined_keys(backup, keys_here(self._settings.key_file), removed)

    def exchange(self, keyring: Keyring) -> Path | None:
        """Put everything in its place: what protects people first. Returns where replaced files are, if any."""
        key_file, database = self._settings.key_file, self._settings.database
        key_file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        new_keys = keys_here(key_file) != keyring
        replaces = [path for path in (database, *([key_file] if new_keys else ())) if not is_missing(path)]
        replaced = folder_for_replaced(self._settings.data, self._now_ms) if replaces else None
        join_suppressed(suppressed_file(key_file), self._secret, self._erased)
        self._put_lists()
        if new_keys:
            if replaced and key_file in replaces:
                copy_file(key_file, replaced / KEYS)
            replace_file(key_file, dump_keyring(keyring), 0o600)
        put_in_place(self._staged.database, database, replaced)
        return replaced

    def _put_lists(self) -> None:
        lists = operator_file(self._settings.data)
        if is_missing(lists) and not is_missing(self._staged.data / OPERATOR):
            copy_file(self._staged.data / OPERATOR, lists)
