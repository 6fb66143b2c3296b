"""Sign-in links and sessions in SQLite."""

import sqlite3
from datetime import datetime

from mailpixel.store.sign_ins import Session, SignInLink
from mailpixel.store.sqlite.database import Database
from mailpixel.times import moment_of, to_ms

_LINK = "select digest, name, scope, expires_at_ms from sign_in_links where digest = ? and expires_at_ms > ?"
_SESSION = (
    "select digest, name, scope, key, expires_at_ms from sessions where digest = ? and expires_at_ms > ?"
)


class SqliteSignIns:
    """`SignIns` on a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add_sign_in_link(self, link: SignInLink, now: datetime) -> None:
        """See `SignIns`."""
        row = (link.digest, link.name, link.scope, to_ms(link.expires_at))
        with self._database.writing() as connection:
            connection.execute("delete from sign_in_links where expires_at_ms <= ?", (to_ms(now),))
            connection.execute("insert into sign_in_links values (?, ?, ?, ?)", row)

    def sign_in_link(self, digest: bytes, now: datetime) -> SignInLink | None:
        """See `SignIns`."""
        with self._database.reading() as connection:
            return _link(connection, digest, now)

    def use_sign_in_link(
        self, digest: bytes, session: bytes, expires_at: datetime, now: datetime
    ) -> Session | None:
        """See `SignIns`."""
        with self._database.writing() as connection:
            link = _link(connection, digest, now)
            if link is None:
                return None
            connection.execute("delete from sign_in_links where digest = ?", (digest,))
            _begin(connection, Session(session, link.name, link.scope, None, expires_at), now)
            return _session(connection, session, now)

    def begin_session(self, session: Session, now: datetime) -> None:
        """See `SignIns`."""
        with self._database.writing() as connection:
            _begin(connection, session, now)

    def session(self, digest: bytes, now: datetime) -> Session | None:
        """See `SignIns`."""
        with self._database.reading() as connection:
            return _session(connection, digest, now)

    def end_session(self, digest: bytes) -> None:
        """See `SignIns`."""
        with self._database.writing() as connection:
            connection.execute("delete from sessions where digest = ?", (digest,))

    def end_link_sessions(self, name: str) -> int:
        """See `SignIns`."""
        with self._database.writing() as connection:
            connection.execute("delete from sign_in_links where name = ?", (name,))
            return connection.execute("delete from sessions where key is null and name = ?", (name,)).rowcount


def _link(connection: sqlite3.Connection, digest: bytes, now: datetime) -> SignInLink | None:
    row = connection.execute(_LINK, (digest, to_ms(now))).fetchone()
    return None if row is None else SignInLink(row[0], row[1], row[2], moment_of(row[3]))


def _session(connection: sqlite3.Connection, digest: bytes, now: datetime) -> Session | None:
    row = connection.execute(_SESSION, (digest, to_ms(now))).fetchone()
    return None if row is None else Session(row[0], row[1], row[2], row[3], moment_of(row[4]))


def _begin(connection: sqlite3.Connection, session: Session, now: datetime) -> None:
    row = (session.digest, session.name, session.scope, session.key, to_ms(session.expires_at))
    connection.execute("delete from sessions where expires_at_ms <= ?", (to_ms(now),))
    connection.execute("insert into sessions values (?, ?, ?, ?, ?)", row)
