"""Lists, adds and removes signing keys, in the key file and in the database that remembers them."""

from dataclasses import replace

from mailpixel.errors import NotFound
from mailpixel.files import is_missing
from mailpixel.folder.key_file import create_keyring, load_keyring, only_key, remove, rotate
from mailpixel.folder.keys import open_keys, read_keys
from mailpixel.folder.opening import has_database, open_stores
from mailpixel.links.keyring import Keyring
from mailpixel.settings import Settings
from mailpixel.store.keys import SigningKey


def kept_keys(settings: Settings) -> Keyring:
    """The keys in the key file, whatever the database expects. Raises `KeyringError` and `StoreUnavailable`."""
    if not is_missing(settings.key_file):
        return load_keyring(settings.key_file)
    _, registry = open_stores(settings)
    return read_keys(settings.key_file, registry.signing_keys())


def rotate_keys(settings: Settings) -> Keyring:
    """Add a signing key, or create the key file again when all its keys were removed.

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
    """Give up a key: remove it from the key file if it is there, and no longer expect it.

    Raises `NotFound` when neither the file nor the database knows it, `KeyringError` when it is the only one
    in the file, and `StoreUnavailable`.
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
    # The database first: a server that looks in between still finds every key that it expects.
    registry.remember_keys([replace(key, removed=True)])
    if id in here and here[id].fingerprint == key.fingerprint:
        remove(settings.key_file, id)
