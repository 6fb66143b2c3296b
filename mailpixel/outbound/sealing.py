"""Secrets of webhooks as they are stored: AES-256-GCM with a key derived from the pseudonym secret of the key file.

That secret never changes, so rotating or removing signing keys leaves webhooks as they are. A copy of the
database alone reveals no secret.
"""

import hmac
import os
from typing import TYPE_CHECKING

from mailpixel.errors import KeyringError, MissingExtra
from mailpixel.links.keyring import Keyring

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

VERSION = b"\x01"
NONCE_BYTES = 12
LABEL = b"mailpixel.webhook-secrets"
EXTRA = "webhooks need two more packages: pip install 'mailpixel[webhooks]'"


def seal(keyring: Keyring, name: str, secret: bytes) -> bytes:
    """A secret sealed for the webhook of this name. Raises `MissingExtra`."""
    nonce = os.urandom(NONCE_BYTES)
    return VERSION + nonce + _cipher(keyring).encrypt(nonce, secret, name.encode())


def unseal(keyring: Keyring, name: str, sealed: bytes) -> bytes:
    """The secret again. Raises `KeyringError` when it was sealed with another key file, and `MissingExtra`."""
    from cryptography.exceptions import InvalidTag

    nonce, text = sealed[1 : 1 + NONCE_BYTES], sealed[1 + NONCE_BYTES :]
    try:
        return _cipher(keyring).decrypt(nonce, text, name.encode())
    except (InvalidTag, ValueError):
        problem = f"the secret of webhook {name!r} was stored with another key file"
        raise KeyringError(
            f"{problem}; put that file back, or make a new secret with `mailpixel webhook rotate {name}`"
        ) from None


def _cipher(keyring: Keyring) -> "AESGCM":
    try:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    except ImportError:
        raise MissingExtra(EXTRA) from None
    return AESGCM(hmac.digest(keyring.pseudonym, LABEL, "sha256"))
