"""API keys, and the ids and fingerprints of signing keys, in SQLite."""

import sqlite3
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from mailpixel.errors import Conflict, NotFound
from mailpixel.store.keys import ApiKey, SigningKey
from mailpixel.store.sqlite.campaign_rows import next_revision
from mailpixel.store.sqlite.database import Database
from mailpixel.times import moment_of, to_ms

KEY = "name, scope, digest, created_at_ms, revoked_at_ms"


class SqliteKeys:
    """`ApiKeys` and `SigningKeys` on a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add_key(self, key: ApiKey) -> None:
        """See `ApiKeys`."""
        with self._database.writing() as connection:
            if api_keys_in(connection, "name = ?", (key.name,)):
                raise Conflict(f"an API key {key.name!r} exists or existed; choose another name")
            connection.execute(
                f"insert into api_keys ({KEY}, revision) values (?, ?, ?, ?, ?, ?)",  # noqa: S608
                (
                    key.name,
                    key.scope,
                    key.digest,
                    to_ms(key.created_at),
                    None if key.revoked_at is None else to_ms(key.revoked_at),
                    next_revision(connection),
                ),
            )

    def keys(self) -> Sequence[ApiKey]:
        """See `ApiKeys`."""
        with self._database.reading() as connection:
            return api_keys_in(connection, "true order by name", ())

    def revoke_key(self, name: str, now: datetime) -> None:
        """See `ApiKeys`."""
        with self._database.writing() as connection:
            if not api_keys_in(connection, "name = ?", (name,)):
                raise NotFound(f"there is no API key {name!r}")
            connection.execute(
                "update api_keys set revoked_at_ms = coalesce(revoked_at_ms, ?), revision = ? where name = ?",
                (to_ms(now), next_revision(connection), name),
            )

    def signing_keys(self) -> Sequence[SigningKey]:
        """See `SigningKeys`."""
        with self._database.reading() as connection:
            rows = connection.execute("select id, fingerprint, removed from signing_keys order by id")
            return [SigningKey(id, fingerprint, bool(removed)) for id, fingerprint, removed in rows]

    def remember_keys(self, keys: Sequence[SigningKey]) -> None:
        """See `SigningKeys`."""
        rows = [(key.id, key.fingerprint, key.removed) for key in keys]
        with self._database.writing() as connection:
            connection.executemany("insert or replace into signing_keys values (?, ?, ?)", rows)


def api_keys_in(connection: sqlite3.Connection, where: str, values: Sequence[Any]) -> list[ApiKey]:
    """API keys that match `where`, in its order."""
    rows = connection.execute(f"select {KEY} from api_keys where {where}", values).fetchall()  # noqa: S608
    return [
        ApiKey(name, scope, digest, moment_of(created), None if revoked is None else moment_of(revoked))
        for name, scope, digest, created, revoked in rows
    ]
