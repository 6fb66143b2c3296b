"""Secrets sealed for the database: without the key file nobody can read or change them.

    version (1 byte) | nonce (12) | AES-256-GCM of the secret, with its tag (16)

The key is made from the `pseudonym` secret of the keyring, which never changes: rotating or removing signing keys
leaves sealed secrets readable. What a secret is for, such as `webhook shop`, is authenticated with it, so no secret
can be put in the place of another. Needs the extra `webhooks` or `inbound`.
"""

import hmac
from typing import TYPE_CHECKING

from mailpixel.errors import InvalidInput, KeyringError, MissingExtra
from mailpixel.links.keyring import Keyring

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

VERSION = b"\x01"
NONCE_BYTES = 12
SEALED_BYTES = 65_536
"""The longest secret."""
LABEL = b"mailpixel.sealed"
EXTRA = "webhooks and delivery reports need `pip install 'mailpixel[webhooks,inbound]'`"


def seal(keyring: Keyring, purpose: str, secret: bytes, nonce: bytes) -> bytes:
    """The secret sealed for one purpose, such as `webhook shop`. `nonce` is 12 random bytes, new for each call.

    Raises `InvalidInput` for a secret of more than 65,536 bytes, and `MissingExtra`.
    """
    if len(secret) > SEALED_BYTES:
        raise InvalidInput("secret", f"has {len(secret):,} bytes; at most {SEALED_BYTES:,} are allowed")
    return VERSION + nonce + _cipher(keyring).encrypt(nonce, secret, purpose.encode())


def unseal(keyring: Keyring, purpose: str, sealed: bytes) -> bytes:
    """The secret. Raises `KeyringError` when this keyring did not seal it for this purpose, and `MissingExtra`."""
    cipher = _cipher(keyring)
    from cryptography.exceptions import InvalidTag

    version, nonce, hidden = sealed[:1], sealed[1 : 1 + NONCE_BYTES], sealed[1 + NONCE_BYTES :]
    try:
        if version == VERSION:
            return cipher.decrypt(nonce, hidden, purpose.encode())
    except (InvalidTag, ValueError):
        pass
    raise KeyringError(
        f"the secret of {purpose} was sealed with other keys; restore the key file, or set the secret again"
    )


def _cipher(keyring: Keyring) -> "AESGCM":
    try:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    except ImportError:
        raise MissingExtra(EXTRA) from None
    return AESGCM(hmac.digest(keyring.pseudonym, LABEL, "sha256"))
