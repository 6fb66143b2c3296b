"""Secrets sealed for the database: without the key file nobody can read or change them.

    version (1 byte) | nonce (16) | the secret, xor a key stream (HMAC-SHA256 of nonce and counter) | tag (16)

The tag is HMAC-SHA256, cut to 16 bytes, of all before it. Both keys are made from the `pseudonym` secret of the
keyring, which never changes: rotating or removing signing keys leaves sealed secrets readable.
"""

import hmac
from itertools import count

from mailpixel.errors import InvalidInput, KeyringError
from mailpixel.links.keyring import Keyring

VERSION = b"\x01"
NONCE_BYTES = TAG_BYTES = 16
DIGEST_BYTES = 32
SEALED_BYTES = 65_536
"""The longest secret."""


def seal(keyring: Keyring, purpose: str, secret: bytes, nonce: bytes) -> bytes:
    """The secret sealed for one purpose, such as `webhook`. `nonce` is 16 random bytes, new for each call.

    Raises `InvalidInput` for a secret of more than 65,536 bytes.
    """
    if len(secret) > SEALED_BYTES:
        raise InvalidInput("secret", f"has {len(secret):,} bytes; at most {SEALED_BYTES:,} are allowed")
    stream = _stream(_key(keyring, purpose, "stream"), nonce, len(secret))
    sealed = VERSION + nonce + bytes(a ^ b for a, b in zip(secret, stream, strict=True))
    return sealed + _tag(keyring, purpose, sealed)


def unseal(keyring: Keyring, purpose: str, sealed: bytes) -> bytes:
    """The secret. Raises `KeyringError` when this keyring did not seal it for this purpose."""
    body, tag = sealed[:-TAG_BYTES], sealed[-TAG_BYTES:]
    is_ours = hmac.compare_digest(tag, _tag(keyring, purpose, body))
    if not is_ours or body[:1] != VERSION or len(body) <= NONCE_BYTES:
        raise KeyringError(
            "a stored secret was sealed with other keys; restore the key file, or set the secret again"
        )
    nonce, hidden = body[1 : 1 + NONCE_BYTES], body[1 + NONCE_BYTES :]
    stream = _stream(_key(keyring, purpose, "stream"), nonce, len(hidden))
    return bytes(a ^ b for a, b in zip(hidden, stream, strict=True))


def _key(keyring: Keyring, purpose: str, part: str) -> bytes:
    return hmac.digest(keyring.pseudonym, f"mailpixel.sealed\0{purpose}\0{part}".encode(), "sha256")


def _tag(keyring: Keyring, purpose: str, body: bytes) -> bytes:
    return hmac.digest(_key(keyring, purpose, "tag"), body, "sha256")[:TAG_BYTES]


def _stream(key: bytes, nonce: bytes, size: int) -> bytes:
    blocks = (hmac.digest(key, nonce + number.to_bytes(8, "big"), "sha256") for number in count())
    return b"".join(next(blocks) for _ in range(-(-size // DIGEST_BYTES)))[:size]
