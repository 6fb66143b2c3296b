"""Secrets that work for whoever has them: API keys, cookies, sign-in links, shares. Only their SHA-256 is stored."""

import hashlib
import secrets


def new_secret() -> str:
    """A random text of 256 bits: 43 letters, digits, `_` and `-`, safe in a URL and in a cookie."""
    return secrets.token_urlsafe(32)


def digest_of(secret: str) -> bytes:
    """What is stored of a secret: its SHA-256, 32 bytes."""
    return hashlib.sha256(secret.encode()).digest()
