"""The file with the signing keys: created once, readable by its owner only, replaced as a whole."""

import os
import secrets
from collections.abc import Callable, Container
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from mailpixel.errors import KeyringError
from mailpixel.files import locked, open_to_read, replace_file, sync_folder, written_beside
from mailpixel.links.keyring import (
    LAST_KEY_ID,
    RESTORE,
    SECRET_BYTES,
    Key,
    Keyring,
    dump_keyring,
    free_id,
    parse_keyring,
)

FILE_BYTES = 1_000_000
"""A larger file cannot be a key file, in bytes."""


def new_keyring(now: datetime, id: int = 1) -> Keyring:
    """A keyring with one new key."""
    return Keyring((_new_key(id, now),), secrets.token_bytes(SECRET_BYTES))


def with_new_key(keyring: Keyring, now: datetime, taken: Container[int] = ()) -> Keyring:
    """The keyring with one more, newest key. It gets a free id that is not `taken`, if there is one.

    Raises `KeyringError` when all 255 ids are in the keyring.
    """
    id = free_id(keyring, taken)
    if id is None:
        remedy = "remove the oldest key (mailpixel keys remove), whose links then end"
        raise KeyringError(f"all {LAST_KEY_ID} key ids are taken; {remedy}")
    return replace(keyring, keys=(*keyring.keys, _new_key(id, now)))


def load_keyring(path: str | Path) -> Keyring:
    """Read the keyring in a file. Never creates one: a new key would break all links signed with the missing one.

    Raises `KeyringError` when the file is missing, cannot be read, is damaged, or may
    be read by others than its owner.
    """
    path = Path(path)
    try:
        return _read(path)
    except FileNotFoundError:
        remedy = "name the right one, or make one, once, with create_keyring or `mailpixel campaign add`"
        raise KeyringError(f"{path}: there is no key file; {remedy}") from None
    except OSError as error:
        raise _unreadable(path, error) from error


def create_keyring(path: str | Path, id: int = 1) -> Keyring:
    """Create a key file (mode 0600) with one new key, once for a data folder. On disk when this returns.

    Raises `KeyringError` when there already is a file, also one that another process created
    meanwhile, and when it cannot be written.
    """
    path = Path(path)
    made = new_keyring(datetime.now(UTC), id)
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with written_beside(path, dump_keyring(made), 0o600) as beside:
            os.link(beside, path)
        sync_folder(path.parent)
    except FileExistsError:
        raise KeyringError(f"{path}: there is a key file; load_keyring reads it") from None
    except OSError as error:
        raise _unreadable(path, error) from error
    return made


def rotate(path: str | Path, taken: Container[int] = ()) -> Keyring:
    """Add a key to the file. It signs from now on; the others keep verifying. On disk when this returns.

    Ids in `taken` are avoided while others are free, because links of a removed key must not look forged.
    Raises `KeyringError` as `load_keyring` does, and when all ids are taken.
    """
    return _changed(path, lambda keyring: with_new_key(keyring, datetime.now(UTC), taken))


def remove(path: str | Path, id: int) -> Keyring:
    """Remove a key from the file: links signed with it stop working. On disk when this returns.

    Raises `KeyringError` as `load_keyring` does, when there is no such key, and when it is the only one.
    """

    def without(keyring: Keyring) -> Keyring:
        kept = tuple(key for key in keyring.keys if key.id != id)
        if len(kept) == len(keyring.keys):
            raise KeyringError(f"the key file holds no key {id}; `mailpixel keys list` shows its keys")
        if not kept:
            raise only_key(id)
        return replace(keyring, keys=kept)

    return _changed(path, without)


def only_key(id: int) -> KeyringError:
    """The error that refuses to remove the only key."""
    return KeyringError(f"key {id} is the only key; run `mailpixel keys rotate` first, so that another signs")


def _changed(path: str | Path, change: Callable[[Keyring], Keyring]) -> Keyring:
    """Change the keyring in its file, in one step that other processes wait for. Returns the new keyring."""
    path = Path(path)
    load_keyring(path)
    try:
        with locked(path.resolve().parent):
            changed = change(_read(path))
            replace_file(path, dump_keyring(changed), 0o600)
    except OSError as error:
        raise _unreadable(path, error) from error
    return changed


def _new_key(id: int, now: datetime) -> Key:
    return Key(id, secrets.token_bytes(SECRET_BYTES), now)


def _unreadable(path: Path, error: OSError) -> KeyringError:
    remedy = "the signing keys must be a file that the user mailpixel runs as can read and write"
    return KeyringError(f"{path}: {error.strerror or type(error).__name__}; {remedy}")


def _read(path: Path) -> Keyring:
    with open_to_read(path) as file:
        if os.fstat(file.fileno()).st_mode & 0o077:
            raise KeyringError(f"{path}: others can read the signing keys; run: chmod 600 {path}")
        text = file.read(FILE_BYTES + 1)
    if len(text) > FILE_BYTES:
        raise KeyringError(f"{path}: is too large for a key file; {RESTORE}")
    try:
        return parse_keyring(text)
    except KeyringError as error:
        raise KeyringError(f"{path}: {error}") from None
