"""Shares in SQLite."""

import sqlite3
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from mailpixel.errors import NotFound
from mailpixel.store.shares import NewShare, Share, SharePart
from mailpixel.store.sqlite.campaign_rows import missing
from mailpixel.store.sqlite.database import Database
from mailpixel.times import moment_of, to_ms

_NEW = "campaign, digest, parts, created_by, created_at_ms, expires_at_ms"


class SqliteShares:
    """`Shares` on a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add_share(self, share: NewShare) -> Share:
        """See `Shares`."""
        with self._database.writing() as connection:
            known = connection.execute("select 1 from campaigns where id = ?", (share.campaign,)).fetchone()
            if known is None:
                raise missing(share.campaign)
            row = (
                share.campaign,
                share.digest,
                " ".join(sorted(share.parts)),
                share.created_by,
                to_ms(share.created_at),
                to_ms(share.expires_at),
            )
            connection.execute(f"insert into shares ({_NEW}) values (?, ?, ?, ?, ?, ?)", row)  # noqa: S608
            (found,) = _shares(connection, "digest = ?", (share.digest,))
            return found

    def shares(self, campaign: str | None = None, after: int = 0, limit: int = 1_000) -> Sequence[Share]:
        """See `Shares`."""
        where, values = ("campaign = ? and ", (campaign,)) if campaign is not None else ("", ())
        with self._database.reading() as connection:
            return _shares(connection, f"{where}id > ? order by id limit ?", (*values, after, limit))

    def latest_shares(self, campaign: str | None = None, limit: int = 100) -> Sequence[Share]:
        """See `Shares`."""
        where, values = ("campaign = ?", (campaign,)) if campaign is not None else ("true", ())
        with self._database.reading() as connection:
            return _shares(connection, f"{where} order by id desc limit ?", (*values, limit))

    def share_with(self, digest: bytes) -> Share | None:
        """See `Shares`."""
        with self._database.reading() as connection:
            return next(iter(_shares(connection, "digest = ?", (digest,))), None)

    def revoke_share(self, id: int, now: datetime) -> Share:
        """See `Shares`."""
        with self._database.writing() as connection:
            connection.execute(
                "update shares set revoked_at_ms = coalesce(revoked_at_ms, ?) where id = ?", (to_ms(now), id)
            )
            for share in _shares(connection, "id = ?", (id,)):
                return share
        raise NotFound(f"there is no share {id}")


def _shares(connection: sqlite3.Connection, where: str, values: Sequence[Any]) -> list[Share]:
    rows = connection.execute(f"select {_NEW}, id, revoked_at_ms from shares where {where}", values)  # noqa: S608
    return [_share(row) for row in rows]


def _share(row: Sequence[Any]) -> Share:
    campaign, digest, parts, by, created_ms, expires_ms, id, revoked_ms = row
    return Share(
        campaign=campaign,
        digest=digest,
        parts=frozenset(map(SharePart, parts.split())),
        created_by=by,
        created_at=moment_of(created_ms),
        expires_at=moment_of(expires_ms),
        id=id,
        revoked_at=None if revoked_ms is None else moment_of(revoked_ms),
    )
