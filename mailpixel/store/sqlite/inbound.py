"""Sources of delivery reports in SQLite."""

import sqlite3
from collections.abc import Mapping, Sequence

from mailpixel.errors import Conflict, NotFound
from mailpixel.store.inbound import InboundPosts, InboundSource
from mailpixel.store.sqlite.database import Database
from mailpixel.times import moment_of, to_ms

SELECT = "select name, esp, secret, created_at_ms, confirm_url from inbound"


class SqliteInbound:
    """See `InboundSources`."""

    _database: Database

    def inbound(self, name: str) -> InboundSource:
        """See `InboundSources`."""
        with self._database.reading() as connection:
            found = _sources(connection, f"{SELECT} where name = ?", name)
        if not found:
            raise missing(name)
        return found[0]

    def inbounds(self) -> Sequence[InboundSource]:
        """See `InboundSources`."""
        with self._database.reading() as connection:
            return _sources(connection, f"{SELECT} order by name")

    def add_inbound(self, source: InboundSource) -> None:
        """See `InboundSources`."""
        row = (source.name, source.esp, source.secret, to_ms(source.created_at), source.confirm_url)
        with self._database.writing() as connection:
            if _sources(connection, f"{SELECT} where name = ?", source.name):
                raise taken(source.name)
            connection.execute("insert into inbound values (?, ?, ?, ?, ?)", row)

    def remove_inbound(self, name: str) -> None:
        """See `InboundSources`."""
        with self._database.writing() as connection:
            if not connection.execute("delete from inbound where name = ?", (name,)).rowcount:
                raise missing(name)
            connection.execute("delete from inbound_once where source = ?", (name,))
            connection.execute("delete from inbound_posts where source = ?", (name,))

    def keep_confirmation(self, name: str, url: str) -> None:
        """See `InboundSources`."""
        with self._database.writing() as connection:
            changed = connection.execute("update inbound set confirm_url = ? where name = ?", (url, name))
            if not changed.rowcount:
                raise missing(name)

    def inbound_posts(self) -> Mapping[str, InboundPosts]:
        """See `InboundSources`."""
        with self._database.reading() as connection:
            rows = connection.execute(
                "select source, taken_at_ms, refused_at_ms, refused_as from inbound_posts"
            )
            return {source: InboundPosts(*posts) for source, *posts in rows}

    def note_inbound_post(self, name: str, at_ms: int, refused_as: str = "") -> None:
        """See `InboundSources`."""
        changes = "refused_at_ms = :at, refused_as = :refused" if refused_as else "taken_at_ms = :at"
        values = {"name": name, "at": at_ms, "refused": refused_as}
        with self._database.jotting() as connection:
            connection.execute(
                "insert or ignore into inbound_posts (source) select name from inbound where name = :name",
                values,
            )
            connection.execute(f"update inbound_posts set {changes} where source = :name", values)  # noqa: S608

    def is_first(self, name: str, once: bytes, body: bytes, until_ms: int, now_ms: int) -> bool:
        """See `InboundSources`."""
        with self._database.writing() as connection:
            connection.execute("delete from inbound_once where until_ms < ?", (now_ms,))
            row = (name, once, body, until_ms)
            connection.execute("insert or ignore into inbound_once values (?, ?, ?, ?)", row)
            (known,) = connection.execute(
                "select body from inbound_once where source = ? and once = ?", (name, once)
            ).fetchone()
            return bool(known == body)


def missing(name: str) -> NotFound:
    """The error for a source that does not exist."""
    return NotFound(f"there is no source of reports {name!r}; see `mailpixel inbound list`")


def taken(name: str) -> Conflict:
    """The error for a name that another source has."""
    return Conflict(f"the source of reports {name!r} exists already; choose another name or remove it first")


def _sources(connection: sqlite3.Connection, statement: str, *values: str) -> list[InboundSource]:
    rows = connection.execute(statement, values).fetchall()
    return [InboundSource(name, esp, secret, moment_of(at_ms), url) for name, esp, secret, at_ms, url in rows]
