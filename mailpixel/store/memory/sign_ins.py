"""Sign-in links and sessions in memory."""

import threading
from dataclasses import replace
from datetime import datetime

from mailpixel.store.campaign_changes import to_the_millisecond
from mailpixel.store.sign_ins import Session, SignInLink


class MemorySignIns:
    """`SignIns` in memory. Any thread may call it."""

    def __init__(self) -> None:
        super().__init__()
        self._sign_in_lock = threading.RLock()
        self._sign_in_links: dict[bytes, SignInLink] = {}
        self._sessions: dict[bytes, Session] = {}

    def add_sign_in_link(self, link: SignInLink, now: datetime) -> None:
        """See `SignIns`."""
        with self._sign_in_lock:
            kept = {digest: each for digest, each in self._sign_in_links.items() if each.expires_at > now}
            expires_at = to_the_millisecond(link.expires_at) or link.expires_at
            self._sign_in_links = kept | {link.digest: replace(link, expires_at=expires_at)}

    def sign_in_link(self, digest: bytes, now: datetime) -> SignInLink | None:
        """See `SignIns`."""
        with self._sign_in_lock:
            link = self._sign_in_links.get(digest)
            return link if link is not None and link.expires_at > now else None

    def use_sign_in_link(
        self, digest: bytes, session: bytes, expires_at: datetime, now: datetime
    ) -> Session | None:
        """See `SignIns`."""
        with self._sign_in_lock:
            link = self.sign_in_link(digest, now)
            if link is None:
                return None
            del self._sign_in_links[digest]
            self.begin_session(Session(session, link.name, link.scope, None, expires_at), now)
            return self._sessions[session]

    def begin_session(self, session: Session, now: datetime) -> None:
        """See `SignIns`."""
        with self._sign_in_lock:
            kept = {digest: each for digest, each in self._sessions.items() if each.expires_at > now}
            expires_at = to_the_millisecond(session.expires_at) or session.expires_at
            self._sessions = kept | {session.digest: replace(session, expires_at=expires_at)}

    def session(self, digest: bytes, now: datetime) -> Session | None:
        """See `SignIns`."""
        with self._sign_in_lock:
            session = self._sessions.get(digest)
            return session if session is not None and session.expires_at > now else None

    def end_session(self, digest: bytes) -> None:
        """See `SignIns`."""
        with self._sign_in_lock:
            self._sessions.pop(digest, None)

    def end_link_sessions(self, name: str) -> int:
        """See `SignIns`."""
        with self._sign_in_lock:
            ended = [
                each.digest for each in self._sessions.values() if each.key is None and each.name == name
            ]
            for digest in ended:
                del self._sessions[digest]
            links = self._sign_in_links.items()
            self._sign_in_links = {digest: each for digest, each in links if each.name != name}
            return len(ended)
