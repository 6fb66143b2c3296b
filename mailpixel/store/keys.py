"""What the registry offers for keys: API keys, and the keys that signed links.

One contract suite (`tests/integration/test_registry_contract.py`) runs on every registry.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from mailpixel.bearer import digest_of, new_secret


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key of the HTTP API as stored: its SHA-256, never the key itself. `scope` is read, write or privacy."""

    name: str
    scope: str
    digest: bytes
    created_at: datetime
    revoked_at: datetime | None = None


def new_api_key(name: str, scope: str, now: datetime) -> tuple[ApiKey, str]:
    """A new key and its text, which is shown once."""
    text = f"mp_{new_secret()}"
    return ApiKey(name, scope, digest_of(text), now), text


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A key that signed links: its id in tokens (1 to 255) and its fingerprint, which is not secret.

    A `removed` key is no longer expected, but its id stays taken: its tokens
    must not be mistaken for forgeries.
    """

    id: int
    fingerprint: bytes
    removed: bool = False


class ApiKeys(Protocol):
    """The keys of the HTTP API."""

    def add_key(self, key: ApiKey) -> None:
        """Add a key. Raises `Conflict` when the name is in use."""
        ...

    def keys(self) -> Sequence[ApiKey]:
        """All API keys, including revoked ones, in order of name."""
        ...

    def revoke_key(self, name: str, now: datetime) -> None:
        """Revoke a key from `now` on. Raises `NotFound`."""
        ...


class SigningKeys(Protocol):
    """What is known about signing keys; never a secret."""

    def signing_keys(self) -> Sequence[SigningKey]:
        """The keys that signed links, in order of id."""
        ...

    def remember_keys(self, keys: Sequence[SigningKey]) -> None:
        """Store these keys, replacing what was stored under their ids."""
        ...
