"""The data folder: who may begin one, how it is opened, and whether its keys are those that signed for it."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from mailpixel.errors import KeyringError, NotFound, StoreUnavailable
from mailpixel.files import is_missing
from mailpixel.links.keyring import Keyring, create_keyring, load_keyring, only_key, remove, rotate
from mailpixel.settings import Settings
from mailpixel.store.protocol import Registry, SigningKey
from mailpixel.store.sqlite import SqliteRegistry, SqliteStore, open_sqlite

RESTORE = "put the right key file back from a backup, or name it with MAILPIXEL_KEYS"


def open_stores(settings: Settings) -> tuple[SqliteStore, SqliteRegistry]:
    """The store and the registry of a data folder that there is; makes none.

    Raises `StoreUnavailable` when there is no database in it, or when it cannot be used.
    """
    if not has_database(settings):
        raise StoreUnavailable(
            f"no data here ({settings.data}); name the data folder with --data DIR or MAILPIXEL_DATA"
        )
    return open_sqlite(settings.database)


def has_database(settings: Settings) -> bool:
    """Whether there is a database. Raises `StoreUnavailable` when this user may not even look."""
    try:
        settings.database.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        problem = f"the data folder cannot be read: {error.strerror}"
        raise StoreUnavailable(f"{problem}; give this user the right to read it") from None
    return True


def begin(settings: Settings) -> tuple[SqliteStore, SqliteRegistry, Keyring]:
    """A data folder opened for `campaign add`, `serve` and `apikey add`, which may begin an empty one.

    A key file is made only where none ever signed. Raises `StoreUnavailable` and `KeyringError`.
    """
    store, registry = open_sqlite(settings.database)
    if is_missing(settings.key_file) and not registry.signing_keys() and not store.campaigns():
        with suppress(
            KeyringError
        ):  # of two that begin at once, one makes it; what is wrong is said when it is read
            create_keyring(settings.key_file)
    return store, registry, open_keys(settings.key_file, registry)


def open_keys(key_file: Path, registry: Registry) -> Keyring:
    """The keys of a file, once it is known that they are those that signed for the database; new ones are remembered.

    Raises `KeyringError` with the remedy, and `StoreUnavailable` when the database does not say which they are.
    """
    remembered = registry.signing_keys()
    keyring = read_keys(key_file, remembered)
    new = _new(keyring, remembered)
    if new:
        with suppress(StoreUnavailable):  # a disk that may only be read: they are remembered another time
            registry.remember_keys(new)
    return keyring


def read_keys(key_file: Path, remembered: Sequence[SigningKey]) -> Keyring:
    """The keys of a file, once it is known that they are those that signed for a database; see `open_keys`."""
    if is_missing(key_file):
        raise KeyringError(_missing(key_file, remembered))
    keyring = load_keyring(key_file)
    check_keys(keyring, remembered, key_file)
    return keyring


def kept_keys(settings: Settings) -> Keyring:
    """The keys in the key file, whatever the database waits for. Raises `KeyringError` and `StoreUnavailable`."""
    if not is_missing(settings.key_file):
        return load_keyring(settings.key_file)
    _, registry = open_stores(settings)
    return read_keys(settings.key_file, registry.signing_keys())


def check_keys(
    keyring: Keyring, remembered: Iterable[SigningKey], key_file: Path | str = "the key file"
) -> None:
    """Raises `KeyringError` when the keyring is not the one that signed for the database that remembers these keys."""
    here = {key.id: key.fingerprint for key in keyring.keys}
    known = {key.id: key for key in remembered}
    others = [id for id, fingerprint in here.items() if id in known and known[id].fingerprint != fingerprint]
    lacking = [key.id for key in known.values() if not key.removed and key.id not in here]
    if others and known[others[0]].removed:
        problem = f"its key {_listed(others)} has the id of a key that was given up"
        raise KeyringError(f"{key_file}: {problem}; move the file away and run `mailpixel keys rotate`")
    if others:
        problem = f"holds another key {_listed(others)} than the one that signed links for this database"
        raise KeyringError(f"{key_file}: {problem}: it belongs to another data folder; {RESTORE}")
    if lacking:
        problem = f"lacks {_keys(lacking)}, which signed links for this database"
        raise KeyringError(f"{key_file}: {problem}; {RESTORE}{_given_up(lacking)}")


def rotate_keys(settings: Settings) -> Keyring:
    """Add a signing key, or make the key file again when all its keys were removed.

    Raises `KeyringError` and `StoreUnavailable`.
    """
    if not has_database(settings) and not is_missing(settings.key_file):
        return rotate(settings.key_file)
    _, registry = open_stores(settings)
    remembered = registry.signing_keys()
    taken = {key.id for key in remembered}
    if is_missing(settings.key_file) and all(key.removed for key in remembered):
        create_keyring(settings.key_file, max(taken, default=0) % 255 + 1)
    else:
        open_keys(settings.key_file, registry)
        rotate(settings.key_file, taken)
    keyring = load_keyring(settings.key_file)
    newest = keyring.keys[-1]
    registry.remember_keys([SigningKey(newest.id, newest.fingerprint)])
    return keyring


def remove_key(settings: Settings, id: int) -> None:
    """Give up a key: it is taken out of the key file, when it is there, and no longer waited for.

    Raises `NotFound` when neither the file nor the database knows it, `KeyringError` when it is the only one in the
    file, and `StoreUnavailable`.
    """
    _, registry = open_stores(settings)
    known = {key.id: key for key in registry.signing_keys() if not key.removed}
    here = (
        {key.id: key for key in load_keyring(settings.key_file).keys}
        if not is_missing(settings.key_file)
        else {}
    )
    if id not in known and id not in here:
        raise NotFound(f"there is no key {id}; `mailpixel keys list` shows the keys")
    if set(here) == {id} and id in known and known[id].fingerprint == here[id].fingerprint:
        raise only_key(id)
    key = known.get(id) or SigningKey(id, here[id].fingerprint)
    # The database first: a server that looks in between still finds every key that it waits for.
    registry.remember_keys([replace(key, removed=True)])
    if id in here and here[id].fingerprint == key.fingerprint:
        remove(settings.key_file, id)


def _new(keyring: Keyring, remembered: Iterable[SigningKey]) -> list[SigningKey]:
    known = set(remembered)
    keys = [SigningKey(key.id, key.fingerprint) for key in keyring.keys]
    return [key for key in keys if key not in known]


def _missing(key_file: Path, remembered: Sequence[SigningKey]) -> str:
    lacking = [key.id for key in remembered if not key.removed]
    if lacking:
        problem = f"there is no key file, but {_keys(lacking)} signed links for this database"
        return f"{key_file}: {problem}; {RESTORE}{_given_up(lacking)}"
    return f"{key_file}: there is no key file; {RESTORE}, or make one with `mailpixel keys rotate`"


def _given_up(ids: Sequence[int]) -> str:
    commands = " && ".join(f"mailpixel keys remove {id}" for id in ids)
    lost = "they are lost for good, give up on them" if ids[1:] else "it is lost for good, give it up"
    return f". Only if {lost}: {commands}"


def _keys(ids: Sequence[int]) -> str:
    return f"{'keys' if ids[1:] else 'key'} {_listed(ids)}"


def _listed(ids: Sequence[int]) -> str:
    return ", ".join(map(str, ids))
