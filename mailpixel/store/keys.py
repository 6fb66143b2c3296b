"""What the registry can be asked about keys: those of the API, and those that signed links.

One contract suite (`tests/integration/test_registry_contract.py`) runs on every registry.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key of the HTTP API as stored: its SHA-256, never itself. `scope` is read or write."""

    name: str
    scope: str
    digest: bytes
    created_at: datetime
    revoked_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A key that signed links, as remembered: its id in tokens (1 to 255) and its fingerprint, which is no secret.

    A `removed` one is no longer waited for, but its id stays taken: tokens of it must not pass for forged ones.
    """

    id: int
    fingerprint: bytes
    removed: bool = False


class ApiKeys(Protocol):
    """The keys of the HTTP API."""

    def add_key(self, key: ApiKey) -> None:
        """Raises `Conflict` when the name is in use."""
        ...

    def keys(self) -> Sequence[ApiKey]:
        """All API keys, revoked ones too, in order of name."""
        ...

    def revoke_key(self, name: str, now: datetime) -> None:
        """Raises `NotFound`."""
        ...


class SigningKeys(Protocol):
    """What is remembered of signing keys, never a secret."""

    def signing_keys(self) -> Sequence[SigningKey]:
        """The keys that signed links, in order of id."""
        ...

    def remember_keys(self, keys: Sequence[SigningKey]) -> None:
        """Remember these keys as they are here; what was remembered under their ids is replaced."""
        ...
