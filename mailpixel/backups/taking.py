"""Makes a backup while the service runs: the database and the keys together, of one moment.

The database comes first. A key that is added meanwhile is then in the key file, which may hold more keys than the
database knows, and a person who is erased meanwhile is on the list of erased people.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec

from mailpixel.backups.contents import (
    DATABASE,
    HOLDS,
    KEYS,
    LIST,
    OPERATOR,
    SUPPRESSED,
    Contents,
    contents_of,
    unreadable,
)
from mailpixel.errors import InvalidInput
from mailpixel.files import is_missing, replace_file, sync_folder
from mailpixel.folder.key_file import load_keyring
from mailpixel.folder.keys import check_keys
from mailpixel.folder.opening import need_database, settle
from mailpixel.folder.operator_file import operator_file
from mailpixel.folder.suppressed import suppressed_file
from mailpixel.settings import Settings
from mailpixel.store.sqlite.copying import copy_database, remembered_keys
from mailpixel.times import moment_of


def take_backup(
    settings: Settings,
    folder: Path,
    now_ms: int,
    progress: Callable[[int, int], object] = lambda done, of: None,
) -> Contents:
    """Make a backup in a folder that is empty or does not exist yet. On disk when this returns.

    `progress` is called with the pages copied and all pages. Every hit that was answered before the call is in the
    backup. Raises `InvalidInput` for a folder that cannot take one, `KeyringError` and `StoreUnavailable`; the folder
    is then empty as before.
    """
    need_database(settings)
    with _prepared(settings, folder):
        settle(settings)
        copy_database(settings.database, folder / DATABASE, progress)
        _copy_files(settings, folder)
        keyring = load_keyring(folder / KEYS)
        check_keys(keyring, remembered_keys(folder / DATABASE), settings.key_file)
        return _listed(folder, now_ms)


@contextmanager
def _prepared(settings: Settings, folder: Path) -> Iterator[None]:
    """A folder for its owner only. What was written into it goes again when the block fails."""
    inside = settings.data.resolve()
    if folder.resolve() == inside or inside in folder.resolve().parents:
        raise InvalidInput(
            "FOLDER", "is in the data folder; name a place outside of it, best on another disk"
        )
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise InvalidInput("FOLDER", "is not empty; name a new folder for each backup")
        folder.chmod(0o700)  # regardless of the umask, and of what it was
        yield
    except BaseException as error:
        for name in (*HOLDS, LIST):
            with suppress(OSError):
                (folder / name).unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise unreadable(folder, error) from error
        raise


def _copy_files(settings: Settings, folder: Path) -> None:
    sources = {
        KEYS: settings.key_file,
        SUPPRESSED: suppressed_file(settings.key_file),
        OPERATOR: operator_file(settings.data),
    }
    for name, source in sources.items():
        if name == KEYS or not is_missing(source):
            copy_file(source, folder / name)


def copy_file(source: Path, target: Path) -> None:
    """Copy a file into a new one that only its owner can read. Raises `OSError`."""
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as copy, source.open("rb") as file:
        shutil.copyfileobj(file, copy, 1_048_576)
        copy.flush()
        os.fsync(copy.fileno())


def _listed(folder: Path, now_ms: int) -> Contents:
    """Write the list of contents last, once everything that it names is on disk."""
    sync_file(folder / DATABASE)
    contents = contents_of(folder, f"{moment_of(now_ms):%Y-%m-%dT%H:%M:%SZ}")
    text = msgspec.json.format(msgspec.json.encode(contents)).decode()
    replace_file(folder / LIST, text + "\n", 0o600)
    sync_folder(folder.resolve().parent)
    return contents


def sync_file(path: Path) -> None:
    """Make the content of a file durable. Raises `OSError`."""
    with path.open("rb") as file:
        os.fsync(file.fileno())
