"""What the registry offers for signing in to the pages: links that work once, and sessions.

Only the SHA-256 of a link or a cookie is stored. One contract suite
(`tests/integration/test_sign_in_contract.py`) runs on every registry.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class SignInLink:
    """A link that signs a person in once. `scope` is read, write or privacy."""

    digest: bytes
    name: str
    scope: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Session:
    """A person who is signed in: `name` and `scope` of the API key or of the link, and the SHA-256 of the cookie.

    `key` is the SHA-256 of the API key, so that a revoked key ends the session; None when a link was used.
    """

    digest: bytes
    name: str
    scope: str
    key: bytes | None
    expires_at: datetime


class SignIns(Protocol):
    """Links that sign in, and the sessions of those who did."""

    def add_sign_in_link(self, link: SignInLink, now: datetime) -> None:
        """Add a link. Links that expired by `now` are forgotten."""
        ...

    def sign_in_link(self, digest: bytes, now: datetime) -> SignInLink | None:
        """The link; None when it is unknown, expired or used."""
        ...

    def use_sign_in_link(
        self, digest: bytes, session: bytes, expires_at: datetime, now: datetime
    ) -> Session | None:
        """Use a link and begin its session, with this digest and end. None when it is unknown, expired or used.

        Of several that use one link at the same time, exactly one gets the session.
        """
        ...

    def begin_session(self, session: Session, now: datetime) -> None:
        """Remember a session. Those that expired by `now` are forgotten."""
        ...

    def session(self, digest: bytes, now: datetime) -> Session | None:
        """The session; None when it is unknown, ended or expired."""
        ...

    def end_session(self, digest: bytes) -> None:
        """End a session. Doing it twice changes nothing."""
        ...

    def end_link_sessions(self, name: str) -> int:
        """End the sessions that began with a link of this name, and forget its links. Returns how many ended."""
        ...
