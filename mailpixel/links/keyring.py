"""The keys that sign links, and the text that keeps them.

    {"version": 1,
     "keys": [{"id": 1, "secret": "64 hex digits", "created_at": "2026-11-25T09:00:00+00:00"}, ...],
     "pseudonym": "64 hex digits"}

Oldest key first. Keys are added, and an old one is kept for as long as its links are to work. The
`pseudonym` secret never changes, so that one address keeps one pseudonym.
"""

import hmac
import json
from collections.abc import Container
from dataclasses import dataclass, field
from datetime import datetime

from mailpixel.errors import InvalidInput, KeyringError
from mailpixel.links.token_format import encode

SECRET_BYTES = 32
LAST_KEY_ID = 255
FINGERPRINT_BYTES = 8
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
        """8 bytes that distinguish this key from any other. They are not secret: they do not reveal the key."""
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


def free_id(keyring: Keyring, taken: Container[int] = ()) -> int | None:
    """The id for another key: the first free one after the newest key's that is not `taken`, if there is one.

    None when all 255 are in the keyring.
    """
    here = {key.id for key in keyring.keys}
    newest = keyring.keys[-1].id
    free = [id for id in (*range(newest + 1, LAST_KEY_ID + 1), *range(1, newest)) if id not in here]
    return next((id for id in free if id not in taken), free[0] if free else None)


def pseudonym(keyring: Keyring, address: str, field: str = "recipient") -> str:
    """A recipient id for an address: 24 characters, the same for every spelling in case and outer space.

    It is `p.` and the base64url of the first 16 bytes of HMAC-SHA-256, keyed with the pseudonym secret, of
    the trimmed, lower-cased address in UTF-8. Without the key file the address cannot be found from it.
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


RESTORE = "restore it from a backup: without its keys, links in mail already sent stop working"


def parse_keyring(text: bytes) -> Keyring:
    """The keyring in the bytes of a key file. Raises `KeyringError`, which quotes nothing of the text."""
    try:
        document = json.loads(text)
        if document["version"] == 1:
            keys = tuple(_key(key["id"], key["secret"], key["created_at"]) for key in document["keys"])
            return Keyring(keys, bytes.fromhex(document["pseudonym"]))
    except KeyringError as error:
        raise KeyringError(f"{error}; {RESTORE}") from None
    except (ValueError, TypeError, KeyError, RecursionError):
        # `from None`: the original error quotes the text of the file
        raise KeyringError(f"is damaged; {RESTORE}") from None
    raise KeyringError("was written by a later mailpixel; use that one")


def dump_keyring(keyring: Keyring) -> str:
    """The text of a key file, which `parse_keyring` reads."""
    keys = [
        {"id": key.id, "secret": key.secret.hex(), "created_at": key.created_at.isoformat()}
        for key in keyring.keys
    ]
    document = {"version": 1, "keys": keys, "pseudonym": keyring.pseudonym.hex()}
    return json.dumps(document, indent=1) + "\n"


def _key(id: object, secret: str, created_at: str) -> Key:
    time = datetime.fromisoformat(created_at)
    if type(id) is not int or time.tzinfo is None:
        raise ValueError("no key")
    return Key(id, bytes.fromhex(secret), time)
