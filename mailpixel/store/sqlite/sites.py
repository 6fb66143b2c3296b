"""Web sites in SQLite."""

import json
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from mailpixel.site_model import Planned, Site
from mailpixel.store.sites import SiteNews, missing_site, taken
from mailpixel.store.sqlite.campaign_rows import next_revision
from mailpixel.store.sqlite.database import Database

_SITE = "id, key, hosts, ask, names, keep, plan, cookie_domain, archived"


class SqliteSites:
    """`Sites` on a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def sites(self, after: str = "", limit: int = 1_000, archived: bool | None = None) -> Sequence[Site]:
        """See `Sites`."""
        asked = "" if archived is None else f"archived = {archived:d} and "
        with self._database.reading() as connection:
            return _sites(connection, f"{asked}id > ? order by id limit ?", (after, limit))

    def site(self, id: str) -> Site:
        """See `Sites`."""
        with self._database.reading() as connection:
            return _site_in(connection, id)

    def site_of_key(self, key: str) -> Site | None:
        """See `Sites`."""
        with self._database.reading() as connection:
            return next(iter(_sites(connection, "key = ?", (key,))), None)

    def site_news(self, since: int) -> SiteNews:
        """See `SiteFeed`."""
        with self._database.reading() as connection:
            (revision,) = connection.execute("select revision from registry").fetchone()
            changed = _sites(connection, "revision > ? order by id", (since,)) if revision > since else ()
            return SiteNews(revision, tuple(changed))

    def add_site(self, site: Site) -> None:
        """See `Sites`."""
        with self._database.writing() as connection:
            if _sites(connection, "id = ? or key = ?", (site.id, site.key)):
                raise taken(site)
            _put(connection, site)

    def edit_site(self, id: str, change: Callable[[Site], Site]) -> Site:
        """See `Sites`."""
        with self._database.writing() as connection:
            former = _site_in(connection, id)
            site = replace(change(former), id=former.id, key=former.key)
            _put(connection, site)
            return site


def _site_in(connection: sqlite3.Connection, id: str) -> Site:
    for site in _sites(connection, "id = ?", (id,)):
        return site
    raise missing_site(id)


def _sites(connection: sqlite3.Connection, where: str, values: Sequence[Any]) -> list[Site]:
    rows = connection.execute(f"select {_SITE} from sites where {where}", values)  # noqa: S608
    return [_site(row) for row in rows]


def _site(row: Sequence[Any]) -> Site:
    id, key, hosts, ask, names, keep, plan, cookie_domain, archived = row
    return Site(
        id=id,
        key=key,
        hosts=tuple(hosts.split()),
        ask=bool(ask),
        names=tuple(names.split()),
        keep=tuple(keep.split()),
        plan=tuple(Planned(name, tuple(required)) for name, required in json.loads(plan)),
        cookie_domain=cookie_domain,
        archived=bool(archived),
    )


def _put(connection: sqlite3.Connection, site: Site) -> None:
    """Write a site over its former row, if there is one."""
    row = (
        site.id,
        site.key,
        " ".join(site.hosts),
        site.ask,
        " ".join(site.names),
        " ".join(site.keep),
        json.dumps([[planned.name, planned.required] for planned in site.plan]),
        site.cookie_domain,
        site.archived,
        next_revision(connection),
    )
    connection.execute(
        f"insert or replace into sites ({_SITE}, revision) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608
        row,
    )
