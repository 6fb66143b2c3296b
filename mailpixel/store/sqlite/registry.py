"""Campaigns, links, API keys, opt-outs and the lease of the fold in SQLite."""

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from mailpixel.errors import Conflict, NotFound
from mailpixel.model import Campaign, Link, moment_of, to_ms
from mailpixel.store.campaign_changes import (
    calls_for_rebuild,
    calls_for_recount,
    check_never_sent,
    numbered,
    replaced_links,
)
from mailpixel.store.campaigns import LinkRevision, Sighting
from mailpixel.store.keys import ApiKey, SigningKey
from mailpixel.store.leases import FoldState
from mailpixel.store.registry import RegistryNews
from mailpixel.store.sqlite.database import BUSY_MS, Database
from mailpixel.store.sqlite.met_links import known_links, meeting, remember
from mailpixel.store.sqlite.migrations import migrate

CAMPAIGN = "id, name, sent_at_ms, sent, base_url, passthrough, archived"
KEY = "name, scope, digest, created_at_ms, revoked_at_ms"


_TABLES = (
    ("seen_urls", "campaign"),
    ("link_revisions", "campaign"),
    ("links", "campaign"),
    ("campaigns", "id"),
)
"""Where a campaign stands, and by which column."""


class SqliteRegistry:
    """A `Registry` in a file that several processes may use at once; made and migrated when it is opened.

    Raises `StoreUnavailable` from every call while the file cannot be used; the next call tries again.
    """

    def __init__(self, path: Path | str, busy_ms: int = BUSY_MS) -> None:
        migrate(path, busy_ms)
        self._database = Database(path, busy_ms)

    def __reduce__(self) -> tuple[type["SqliteRegistry"], tuple[Path, int]]:
        return SqliteRegistry, (self._database.path, self._database.busy_ms)

    def campaigns(
        self, after: str = "", limit: int = 1000, archived: bool | None = None
    ) -> Sequence[Campaign]:
        """See `Registry`."""
        asked = "" if archived is None else f"archived = {archived:d} and "
        with self._database.reading() as connection:
            return _campaigns(connection, f"{asked}id > ? order by id limit ?", (after, limit))

    def campaign(self, id: str) -> Campaign:
        """See `Registry`."""
        with self._database.reading() as connection:
            return _campaign(connection, id)

    def outline(self, id: str) -> Campaign:
        """See `Registry`."""
        with self._database.reading() as connection:
            for outline in _outlines(connection, "id = ?", (id,), {}):
                return outline
        raise _missing(id)

    def add_campaign(self, campaign: Campaign) -> None:
        """See `Registry`."""
        with self._database.writing() as connection:
            if _campaigns(connection, "id = ?", (campaign.id,)):
                raise Conflict(
                    f"campaign {campaign.id!r} exists already; choose another id or change that one"
                )
            connection.execute("delete from deleted_campaigns where id = ?", (campaign.id,))
            connection.execute(
                f"insert into campaigns ({CAMPAIGN}, stale, revision) values (?, ?, ?, ?, ?, ?, ?, 1, ?)",  # noqa: S608
                (*_campaign_row(campaign), _next_revision(connection)),
            )
            _put_links(connection, campaign.id, campaign.links)

    def update_campaign(self, campaign: Campaign, by: str, now: datetime) -> None:
        """See `Registry`."""
        self.change_campaign(campaign.id, lambda _: campaign, by, now)

    def change_campaign(
        self, id: str, change: Callable[[Campaign], Campaign], by: str, now: datetime
    ) -> Campaign:
        """See `Registry`."""
        with self._database.writing() as connection:
            former = _campaign(connection, id)
            campaign = change(former)
            _remember_links(connection, former, campaign, by, now)
            connection.execute(
                "update campaigns set name = ?, sent_at_ms = ?, sent = ?, base_url = ?, passthrough = ?,"
                " archived = ?, stale = max(stale, ?), relinked = max(relinked, ?), revision = ? where id = ?",
                (
                    *_campaign_row(campaign)[1:],
                    calls_for_rebuild(former, campaign),
                    calls_for_recount(former, campaign),
                    _next_revision(connection),
                    id,
                ),
            )
            connection.execute("delete from links where campaign = ?", (id,))
            _put_links(connection, id, campaign.links)
            return _campaign(connection, id)

    def note_signed(self, campaign: str) -> None:
        """See `Registry`."""
        with self._database.reading() as connection:
            if _is_signed(connection, campaign):
                return
        with self._database.writing() as connection:
            connection.execute("update campaigns set signed = 1 where id = ?", (campaign,))

    def delete_campaign(self, id: str) -> None:
        """See `Registry`."""
        with self._database.writing() as connection:
            check_never_sent(_campaign(connection, id), _is_signed(connection, id))
            for table, column in _TABLES:
                connection.execute(f"delete from {table} where {column} = ?", (id,))  # noqa: S608
            row = (id, _next_revision(connection))
            connection.execute("insert into deleted_campaigns values (?, ?)", row)

    def register_links(self, campaign: str, urls: Sequence[str]) -> Mapping[str, int]:
        """See `Registry`."""
        with self._database.reading() as connection:
            numbers, new = numbered(known_links(connection, campaign, urls), urls)
        if not new:  # nearly always; so mail seldom waits for a writer
            return numbers
        with self._database.writing() as connection:
            return _register(connection, campaign, urls)

    def meet_links(self, campaign: str, sightings: Sequence[Sighting]) -> Mapping[str, int]:
        """See `Registry`."""
        with self._database.reading() as connection:
            known, (again, fresh) = meeting(connection, campaign, sightings)
        if again:
            with self._database.writing() as connection:
                known, (again, fresh) = meeting(connection, campaign, sightings)
                known |= _register(connection, campaign, [each.url for each in again])
                remember(connection, campaign, again, fresh)
        elif fresh:  # losing this in a power cut costs nothing
            with self._database.jotting() as connection:
                remember(connection, campaign, (), fresh)
        return known

    def forget_sightings(self) -> None:
        """See `Registry`."""
        with self._database.writing() as connection:
            connection.execute("delete from seen_urls")

    def link_revisions(self, campaign: str) -> Sequence[LinkRevision]:
        """See `Registry`."""
        with self._database.reading() as connection:
            rows = connection.execute(
                "select number, url, replaced_at_ms, replaced_by from link_revisions"
                " where campaign = ? order by id",
                (campaign,),
            )
            return [LinkRevision(number, url, moment_of(at_ms), by) for number, url, at_ms, by in rows]

    def news(self, since: int) -> RegistryNews:
        """See `Registry`."""
        with self._database.reading() as connection:
            (revision,) = connection.execute("select revision from registry").fetchone()
            if revision <= since:
                return RegistryNews(revision, (), (), ())
            opted_out = connection.execute(
                "select recipient from optouts where revision > ? order by revision", (since,)
            )
            deleted = connection.execute(
                "select id from deleted_campaigns where revision > ? order by id", (since,)
            )
            return RegistryNews(
                revision,
                _campaigns(connection, "revision > ? order by id", (since,)),
                _keys(connection, "revision > ? order by name", (since,)),
                [recipient for (recipient,) in opted_out],
                [id for (id,) in deleted],
            )

    def stale(self) -> Sequence[str]:
        """See `Registry`."""
        with self._database.reading() as connection:
            return _ids(connection, "stale = 1")

    def relinked(self) -> Sequence[str]:
        """See `Registry`."""
        with self._database.reading() as connection:
            return _ids(connection, "relinked = 1")

    def any_stale(self) -> bool:
        """See `Registry`."""
        with self._database.reading() as connection:
            return bool(_ids(connection, "stale = 1", 1) or _ids(connection, "relinked = 1", 1))

    def settled(self, *campaigns: Campaign) -> None:
        """See `Registry`."""
        with self._database.writing() as connection:
            for judged, present in _present(connection, campaigns):
                if not calls_for_rebuild(judged, present):
                    connection.execute("update campaigns set stale = 0 where id = ?", (judged.id,))
                _settle_links(connection, judged, present)

    def links_settled(self, *campaigns: Campaign) -> None:
        """See `Registry`."""
        with self._database.writing() as connection:
            for judged, present in _present(connection, campaigns):
                _settle_links(connection, judged, present)

    def add_key(self, key: ApiKey) -> None:
        """See `Registry`."""
        with self._database.writing() as connection:
            if _keys(connection, "name = ?", (key.name,)):
                raise Conflict(f"an API key {key.name!r} exists or existed; choose another name")
            connection.execute(
                f"insert into api_keys ({KEY}, revision) values (?, ?, ?, ?, ?, ?)",  # noqa: S608
                (
                    key.name,
                    key.scope,
                    key.digest,
                    to_ms(key.created_at),
                    None if key.revoked_at is None else to_ms(key.revoked_at),
                    _next_revision(connection),
                ),
            )

    def keys(self) -> Sequence[ApiKey]:
        """See `Registry`."""
        with self._database.reading() as connection:
            return _keys(connection, "true order by name", ())

    def revoke_key(self, name: str, now: datetime) -> None:
        """See `Registry`."""
        with self._database.writing() as connection:
            if not _keys(connection, "name = ?", (name,)):
                raise NotFound(f"there is no API key {name!r}")
            connection.execute(
                "update api_keys set revoked_at_ms = coalesce(revoked_at_ms, ?), revision = ? where name = ?",
                (to_ms(now), _next_revision(connection), name),
            )

    def opt_out(self, recipient: str, now: datetime) -> None:
        """See `Registry`."""
        with self._database.writing() as connection:
            if (
                connection.execute("select 1 from optouts where recipient = ?", (recipient,)).fetchone()
                is None
            ):
                row = (recipient, to_ms(now), _next_revision(connection))
                connection.execute("insert into optouts values (?, ?, ?)", row)

    def signing_keys(self) -> Sequence[SigningKey]:
        """See `Registry`."""
        with self._database.reading() as connection:
            rows = connection.execute("select id, fingerprint, removed from signing_keys order by id")
            return [SigningKey(id, fingerprint, bool(removed)) for id, fingerprint, removed in rows]

    def remember_keys(self, keys: Sequence[SigningKey]) -> None:
        """See `Registry`."""
        rows = [(key.id, key.fingerprint, key.removed) for key in keys]
        with self._database.writing() as connection:
            connection.executemany("insert or replace into signing_keys values (?, ?, ?)", rows)

    def check_in_place(self) -> None:
        """See `Registry`."""
        self._database.check_in_place()

    def take_lease(self, holder: str, now_ms: int, for_ms: int) -> bool:
        """See `Registry`."""
        with self._database.writing() as connection:
            taken = connection.execute(
                "update lease set holder = ?, expires_at_ms = ?"
                " where holder = ? or expires_at_ms <= ? or expires_at_ms > ?",
                (holder, now_ms + for_ms, holder, now_ms, now_ms + 2 * for_ms),
            )
            return taken.rowcount == 1

    def drop_lease(self, holder: str) -> None:
        """See `Registry`."""
        with self._database.writing() as connection:
            connection.execute("update lease set expires_at_ms = 0 where holder = ?", (holder,))

    def caught_up(self, holder: str, now_ms: int) -> None:
        """See `Registry`."""
        with self._database.writing() as connection:
            connection.execute("update lease set caught_up_at_ms = ? where holder = ?", (now_ms, holder))

    def fold_state(self) -> FoldState:
        """See `Registry`."""
        with self._database.reading() as connection:
            return FoldState(
                *connection.execute("select holder, expires_at_ms, caught_up_at_ms from lease").fetchone()
            )

    def close(self) -> None:
        """Close the connections of all threads; none may be at work."""
        self._database.close()


def _register(connection: sqlite3.Connection, campaign: str, urls: Sequence[str]) -> dict[str, int]:
    """The numbers of destinations, new ones registered."""
    highest = connection.execute(
        "select max(coalesce((select max(number) from link_revisions where campaign = ?), 0),"
        " coalesce((select max(number) from links where campaign = ?), 0))",
        (campaign, campaign),
    )
    numbers, new = numbered(known_links(connection, campaign, urls), urls, *highest.fetchone())
    if new:
        _put_links(connection, campaign, new)
        row = (_next_revision(connection), campaign)
        connection.execute("update campaigns set relinked = 1, revision = ? where id = ?", row)
    return numbers


def _ids(connection: sqlite3.Connection, where: str, limit: int = -1) -> list[str]:
    rows = connection.execute(f"select id from campaigns where {where} order by id limit ?", (limit,))  # noqa: S608
    return [id for (id,) in rows]


def _present(
    connection: sqlite3.Connection, campaigns: Sequence[Campaign]
) -> Iterator[tuple[Campaign, Campaign]]:
    """Each campaign as it was judged by and as it is now, but for deleted ones."""
    for judged in campaigns:
        for present in _campaigns(connection, "id = ?", (judged.id,)):
            yield judged, present


def _settle_links(connection: sqlite3.Connection, judged: Campaign, present: Campaign) -> None:
    row = (calls_for_recount(judged, present), judged.id)
    connection.execute("update campaigns set relinked = ? where id = ?", row)


def _next_revision(connection: sqlite3.Connection) -> int:
    connection.execute("update registry set revision = revision + 1")
    return int(connection.execute("select revision from registry").fetchone()[0])


def _campaign(connection: sqlite3.Connection, id: str) -> Campaign:
    for campaign in _campaigns(connection, "id = ?", (id,)):
        return campaign
    raise _missing(id)


def _missing(id: str) -> NotFound:
    return NotFound(f"there is no campaign {id!r}")


def _is_signed(connection: sqlite3.Connection, id: str) -> bool:
    row = connection.execute("select signed from campaigns where id = ?", (id,)).fetchone()
    if row is None:
        raise _missing(id)
    return bool(row[0])


def _campaigns(connection: sqlite3.Connection, where: str, values: Sequence[Any]) -> list[Campaign]:
    """Campaigns in the order asked for, with their links: two questions, however many there are."""
    return _outlines(connection, where, values, _links(connection, where, values))


def _outlines(
    connection: sqlite3.Connection, where: str, values: Sequence[Any], links: Mapping[str, list[Link]]
) -> list[Campaign]:
    """Campaigns in the order asked for, with these links by campaign."""
    rows = connection.execute(f"select {CAMPAIGN} from campaigns where {where}", values).fetchall()  # noqa: S608
    return [
        Campaign(
            id,
            name,
            None if sent_at_ms is None else moment_of(sent_at_ms),
            sent,
            base_url,
            tuple(links.get(id, ())),
            tuple(passthrough.split()),
            bool(archived),
        )
        for id, name, sent_at_ms, sent, base_url, passthrough, archived in rows
    ]


def _links(connection: sqlite3.Connection, where: str, values: Sequence[Any]) -> Mapping[str, list[Link]]:
    """The links of campaigns, by campaign and in order of number."""
    links: dict[str, list[Link]] = {}
    rows = connection.execute(
        "select campaign, number, url, trap from links"  # noqa: S608 - only our own conditions
        f" where campaign in (select id from campaigns where {where}) order by campaign, number",
        values,
    )
    for campaign, number, url, trap in rows:
        links.setdefault(campaign, []).append(Link(number, url, bool(trap)))
    return links


def _remember_links(
    connection: sqlite3.Connection, former: Campaign, campaign: Campaign, by: str, now: datetime
) -> None:
    rows = [(former.id, link.number, link.url, to_ms(now), by) for link in replaced_links(former, campaign)]
    connection.executemany(
        "insert into link_revisions (campaign, number, url, replaced_at_ms, replaced_by)"
        " values (?, ?, ?, ?, ?)",
        rows,
    )


def _put_links(connection: sqlite3.Connection, campaign: str, links: Sequence[Link]) -> None:
    rows = [(campaign, link.number, link.url, link.trap) for link in links]
    connection.executemany("insert into links values (?, ?, ?, ?)", rows)


def _campaign_row(campaign: Campaign) -> tuple[Any, ...]:
    sent_at_ms = None if campaign.sent_at is None else to_ms(campaign.sent_at)
    facts = (campaign.id, campaign.name, sent_at_ms, campaign.sent, campaign.base_url)
    return (*facts, " ".join(campaign.passthrough), campaign.archived)


def _keys(connection: sqlite3.Connection, where: str, values: Sequence[Any]) -> list[ApiKey]:
    rows = connection.execute(f"select {KEY} from api_keys where {where}", values).fetchall()  # noqa: S608
    return [
        ApiKey(name, scope, digest, moment_of(created), None if revoked is None else moment_of(revoked))
        for name, scope, digest, created, revoked in rows
    ]
