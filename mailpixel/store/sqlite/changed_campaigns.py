"""Campaigns in SQLite that wait to be judged again."""

import sqlite3
from collections.abc import Iterator, Sequence

from mailpixel.model import Campaign
from mailpixel.store.campaign_changes import calls_for_rebuild, calls_for_recount
from mailpixel.store.sqlite.campaign_rows import campaigns_in
from mailpixel.store.sqlite.database import Database


class SqliteChangedCampaigns:
    """`ChangedCampaigns` on the campaigns of a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def stale(self) -> Sequence[str]:
        """See `ChangedCampaigns`."""
        with self._database.reading() as connection:
            return _ids(connection, "stale = 1")

    def relinked(self) -> Sequence[str]:
        """See `ChangedCampaigns`."""
        with self._database.reading() as connection:
            return _ids(connection, "relinked = 1")

    def any_stale(self) -> bool:
        """See `ChangedCampaigns`."""
        with self._database.reading() as connection:
            return bool(_ids(connection, "stale = 1", 1) or _ids(connection, "relinked = 1", 1))

    def settled(self, *campaigns: Campaign) -> None:
        """See `ChangedCampaigns`."""
        with self._database.writing() as connection:
            for judged, present in _present(connection, campaigns):
                if not calls_for_rebuild(judged, present):
                    connection.execute("update campaigns set stale = 0 where id = ?", (judged.id,))
                _settle_links(connection, judged, present)

    def links_settled(self, *campaigns: Campaign) -> None:
        """See `ChangedCampaigns`."""
        with self._database.writing() as connection:
            for judged, present in _present(connection, campaigns):
                _settle_links(connection, judged, present)


def _ids(connection: sqlite3.Connection, where: str, limit: int = -1) -> list[str]:
    rows = connection.execute(f"select id from campaigns where {where} order by id limit ?", (limit,))  # noqa: S608
    return [id for (id,) in rows]


def _present(
    connection: sqlite3.Connection, campaigns: Sequence[Campaign]
) -> Iterator[tuple[Campaign, Campaign]]:
    """Each campaign as it was when judged and as it is now, without deleted ones."""
    for judged in campaigns:
        for present in campaigns_in(connection, "id = ?", (judged.id,)):
            yield judged, present


def _settle_links(connection: sqlite3.Connection, judged: Campaign, present: Campaign) -> None:
    row = (calls_for_recount(judged, present), judged.id)
    connection.execute("update campaigns set relinked = ? where id = ?", row)
