"""The keys that sign links, and the file they are kept in.

    {"version": 1,
     "keys": [{"id": 1, "secret": "64 hex digits", "created_at": "2026-11-25T09:00:00+00:00"}, ...],
     "pseudonym": "64 hex digits"}

Oldest key first. Keys are added, and an old one is kept for as long as links signed with it shall work. The
`pseudonym` secret never changes, so that one address keeps one pseudonym.
"""

import hmac
import json
import os
import secrets
from collections.abc import Callable, Container
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from mailpixel.errors import InvalidInput, KeyringError
from mailpixel.files import locked, open_to_read, replace_file, sync_folder, written_beside
from mailpixel.links.token_format import encode

SECRET_BYTES = 32
LAST_KEY_ID = 255
FINGERPRINT_BYTES = 8
FILE_BYTES = 1_000_000
"""A key file of more bytes is not one of ours."""
ADDRESS_CHARS = 320
"""The longest text a pseudonym is made of; an e-mail address has at most 254 characters."""
PSEUDONYM_PREFIX = "p."


@dataclass(frozen=True, slots=True)
class Key:
    """One signing key: its id in tokens, 1 to 255, and 32 random bytes."""

    id: int
    secret: bytes = field(repr=False)
    created_at: datetime

    @property
    def fingerprint(self) -> bytes:
        """8 bytes that tell this key from any other. No secret: nobody finds the key from it."""
        return hmac.digest(self.secret, b"mailpixel.fingerprint", "sha256")[:FINGERPRINT_BYTES]


@dataclass(frozen=True, slots=True)
class Keyring:
    """Signing keys, oldest to newest, and the secret that pseudonyms are made with. Raises `KeyringError`."""

    keys: tuple[Key, ...]
    pseudonym: bytes = field(repr=False)

    def __post_init__(self) -> None:
        """Refuse keys that could sign nothing, or that look the same."""
        lengths = {len(self.pseudonym)} | {len(key.secret) for key in self.keys}
        ids = [key.id for key in self.keys]
        if not ids or len(set(ids)) != len(ids) or not all(1 <= id <= LAST_KEY_ID for id in ids):
            raise KeyringError("a keyring needs one to 255 keys, each with an id of its own from 1 to 255")
        if lengths != {SECRET_BYTES}:
            raise KeyringError(f"every secret of a keyring has {SECRET_BYTES} bytes")


def new_keyring(now: datetime, id: int = 1) -> Keyring:
    """A keyring with one fresh key."""
    return Keyring((Key(id, secrets.token_bytes(SECRET_BYTES), now),), secrets.token_bytes(SECRET_BYTES))


def pseudonym(keyring: Keyring, address: str, field: str = "recipient") -> str:
    """A recipient id for an address: 24 characters, the same for every spelling in case and outer space.

    It is `p.` and the base64url of the first 16 bytes of HMAC-SHA-256, keyed with the pseudonym secret, of
    the trimmed, lower-cased address in UTF-8. Without the key file nobody can find the address from it.
    Raises `InvalidInput` for an empty text, one over 320 characters, and one with control characters.
    """
    text = address.strip().lower()
    if not text:
        raise InvalidInput(field, "is empty; give every recipient an address or an id")
    if len(text) > ADDRESS_CHARS:
        raise InvalidInput(field, f"has {len(text):,} characters; at most {ADDRESS_CHARS} are allowed")
    if not text.isprintable():
        raise InvalidInput(field, "holds a control character or is not UTF-8; save the file as UTF-8")
    digest = hmac.digest(keyring.pseudonym, text.encode(), "sha256")
    return PSEUDONYM_PREFIX + encode(digest[:16]).decode()


def load_keyring(path: str | Path) -> Keyring:
    """The keyring in a file. Never makes one: links signed with a key that takes the place of another are dead.

    Raises `KeyringError` when it is missing, cannot be read, is damaged, or others than its owner may read it.
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
    """Make a key file (mode 0600) with one fresh key, once for a data folder. On disk when this returns.

    Raises `KeyringError` when there is a file, also one that another process made meanwhile, and when it cannot be
    written.
    """
    path = Path(path)
    made = new_keyring(datetime.now(UTC), id)
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with written_beside(path, _text_of(made), 0o600) as beside:
            os.link(beside, path)
        sync_folder(path.parent)
    except FileExistsError:
        raise KeyringError(f"{path}: there is a key file; load_keyring reads it") from None
    except OSError as error:
        raise _unreadable(path, error) from error
    return made


def rotate(path: str | Path, taken: Container[int] = ()) -> Keyring:
    """Add a key to the file, which signs from now on; the others keep verifying. On disk when this returns.

    Ids that are `taken` are left alone while there are others: links of a removed key must not look forged. Raises
    `KeyringError` as `load_keyring`, and when all ids are taken.
    """
    return _changed(path, lambda keyring: with_new_key(keyring, datetime.now(UTC), taken))


def remove(path: str | Path, id: int) -> Keyring:
    """Take a key out of the file: links signed with it stop working. On disk when this returns.

    Raises `KeyringError` as `load_keyring`, when there is no such key, and when it is the only one.
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
    """The refusal to remove the only key that there is."""
    return KeyringError(f"key {id} is the only key; run `mailpixel keys rotate` first, so that another signs")


def _changed(path: str | Path, change: Callable[[Keyring], Keyring]) -> Keyring:
    """The keyring as changed in its file, in one step that others wait for."""
    path = Path(path)
    load_keyring(path)
    try:
        with locked(path.resolve().parent):
            changed = change(_read(path))
            replace_file(path, _text_of(changed), 0o600)
    except OSError as error:
        raise _unreadable(path, error) from error
    return changed


def with_new_key(keyring: Keyring, now: datetime, taken: Container[int] = ()) -> Keyring:
    """The keyring with one more, newest key; of the free ids one that is not `taken`, where there is one.

    Raises `KeyringError` when all 255 ids are in the keyring.
    """
    here = {key.id for key in keyring.keys}
    newest = keyring.keys[-1].id
    free = [id for id in (*range(newest + 1, LAST_KEY_ID + 1), *range(1, newest)) if id not in here]
    if not free:
        raise KeyringError(
            f"all {LAST_KEY_ID} key ids are taken; remove the oldest key (mailpixel keys remove), whose links then end"
        )
    id = next((id for id in free if id not in taken), free[0])
    return Keyring((*keyring.keys, Key(id, secrets.token_bytes(SECRET_BYTES), now)), keyring.pseudonym)


def _unreadable(path: Path, error: OSError) -> KeyringError:
    remedy = "the signing keys must be a file that the user mailpixel runs as can read and write"
    return KeyringError(f"{path}: {error.strerror or type(error).__name__}; {remedy}")


def _read(path: Path) -> Keyring:
    with open_to_read(path) as file:
        if os.fstat(file.fileno()).st_mode & 0o077:
            raise KeyringError(f"{path}: others can read the signing keys; run: chmod 600 {path}")
        text = file.read(FILE_BYTES + 1)
    if len(text) > FILE_BYTES:
        raise KeyringError(f"{path}: is too large for a key file; {_RESTORE}")
    return _parse(path, text)


_RESTORE = "restore it from a backup: without its keys, links in mail already sent stop working"


def _parse(path: Path, text: bytes) -> Keyring:
    try:
        document = json.loads(text)
        if document["version"] == 1:
            keys = tuple(_key(key["id"], key["secret"], key["created_at"]) for key in document["keys"])
            return Keyring(keys, bytes.fromhex(document["pseudonym"]))
    except KeyringError as error:
        raise KeyringError(f"{path}: {error}; {_RESTORE}") from None
    except (ValueError, TypeError, KeyError, RecursionError):
        # `from None`: the original error quotes the text of the file
        raise KeyringError(f"{path}: is damaged; {_RESTORE}") from None
    raise KeyringError(f"{path}: was written by a later mailpixel; use that one")


def _key(id: object, secret: str, created_at: str) -> Key:
    time = datetime.fromisoformat(created_at)
    if type(id) is not int or time.tzinfo is None:
        raise ValueError("no key")
    return Key(id, bytes.fromhex(secret), time)


def _text_of(keyring: Keyring) -> str:
    keys = [
        {"id": key.id, "secret": key.secret.hex(), "created_at": key.created_at.isoformat()}
        for key in keyring.keys
    ]
    document = {"version": 1, "keys": keys, "pseudonym": keyring.pseudonym.hex()}
    return json.dumps(document, indent=1) + "\n"
