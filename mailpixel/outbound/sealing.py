"""Secrets of webhooks as they are stored: sealed under the key file, each for the webhook of its name."""

import os

from mailpixel.errors import KeyringError
from mailpixel.links import sealed as seals
from mailpixel.links.keyring import Keyring

EXTRA = "webhooks need two more packages: pip install 'mailpixel[webhooks]'"


def seal(keyring: Keyring, name: str, secret: bytes) -> bytes:
    """A secret sealed for the webhook of this name. Raises `MissingExtra`."""
    return seals.seal(keyring, _purpose(name), secret, os.urandom(seals.NONCE_BYTES))


def unseal(keyring: Keyring, name: str, sealed: bytes) -> bytes:
    """The secret again. Raises `KeyringError` when it was sealed with another key file, and `MissingExtra`."""
    try:
        return seals.unseal(keyring, _purpose(name), sealed)
    except KeyringError:
        problem = f"the secret of webhook {name!r} was stored with another key file"
        raise KeyringError(
            f"{problem}; put that file back, or make a new secret with `mailpixel webhook rotate {name}`"
        ) from None


def _purpose(name: str) -> str:
    return f"webhook {name}"
