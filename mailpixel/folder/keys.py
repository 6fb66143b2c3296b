"""Checks that the keys of the key file are the ones that signed for the database."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from mailpixel.errors import KeyringError, StoreUnavailable
from mailpixel.files import is_missing
from mailpixel.folder.key_file import load_keyring
from mailpixel.links.keyring import Keyring
from mailpixel.store.keys import SigningKey, SigningKeys

RESTORE = "put the right key file back from a backup, or name it with MAILPIXEL_KEYS"


def open_keys(key_file: Path, registry: SigningKeys) -> Keyring:
    """The keys of a file, checked to be the ones that signed for the database. New ones are remembered.

    Raises `KeyringError` with the remedy, and `StoreUnavailable` when the database cannot be read.
    """
    remembered = registry.signing_keys()
    keyring = read_keys(key_file, remembered)
    new = _new(keyring, remembered)
    if new:
        with suppress(StoreUnavailable):  # on a read-only disk they are remembered another time
            registry.remember_keys(new)
    return keyring


def read_keys(key_file: Path, remembered: Sequence[SigningKey]) -> Keyring:
    """The keys of a file, checked against the remembered ones of a database; see `open_keys`."""
    if is_missing(key_file):
        raise KeyringError(_missing(key_file, remembered))
    keyring = load_keyring(key_file)
    check_keys(keyring, remembered, key_file)
    return keyring


def check_keys(
    keyring: Keyring, remembered: Iterable[SigningKey], key_file: Path | str = "the key file"
) -> None:
    """Raises `KeyringError` unless this keyring signed for the database that remembers these keys."""
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
