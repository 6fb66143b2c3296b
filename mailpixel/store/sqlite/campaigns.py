"""Campaigns and their links in SQLite."""

import json
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from mailpixel.errors import Conflict
from mailpixel.model import Campaign, Link
from mailpixel.store.campaign_changes import (
    calls_for_rebuild,
    calls_for_recount,
    check_never_sent,
    placed,
    with_mode_since,
)
from mailpixel.store.campaigns import LinkPlace, LinkRevision, Sighting
from mailpixel.store.sqlite.campaign_rows import (
    CAMPAIGN,
    campaign_in,
    campaigns_in,
    is_signed,
    keep_former_links,
    links_in,
    missing,
    next_revision,
    outlines_in,
    put_labels,
    put_links,
    row_of_campaign,
)
from mailpixel.store.sqlite.campaigns_by_sending import list_by_sending
from mailpixel.store.sqlite.database import Database
from mailpixel.store.sqlite.met_links import known_links, meeting, remember
from mailpixel.times import moment_of

_TABLES = (
    ("mails", "campaign"),
    ("overrides", "campaign"),
    ("seen_urls", "campaign"),
    ("link_revisions", "campaign"),
    ("links", "campaign"),
    ("shares", "campaign"),
    ("signings", "campaign"),
    ("campaigns", "id"),
)
"""The tables with rows of a campaign, and the column that names it."""


class SqliteCampaigns:
    """A `CampaignWriter` on the campaigns of a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def campaigns(
        self, after: str = "", limit: int = 1000, archived: bool | None = None
    ) -> Sequence[Campaign]:
        """See `CampaignWriter`."""
        asked = "" if archived is None else f"archived = {archived:d} and "
        with self._database.reading() as connection:
            return campaigns_in(connection, f"{asked}id > ? order by id limit ?", (after, limit))

    def campaign(self, id: str) -> Campaign:
        """See `CampaignWriter`."""
        with self._database.reading() as connection:
            return campaign_in(connection, id)

    def outline(self, id: str) -> Campaign:
        """See `CampaignWriter`."""
        with self._database.reading() as connection:
            for outline in outlines_in(connection, "id = ?", (id,), {}):
                return outline
        raise missing(id)

    def outlines(
        self, after: str = "", limit: int = 50, archived: bool | None = None, search: str = ""
    ) -> Sequence[Campaign]:
        """See `CampaignReader`."""
        with self._database.reading() as connection:
            return list_by_sending(connection, (after, limit), archived, search)

    def links_of(self, campaigns: Sequence[str]) -> Mapping[str, Sequence[Link]]:
        """See `CampaignReader`."""
        with self._database.reading() as connection:
            found = links_in(connection, "id in (select value from json_each(?))", (json.dumps(campaigns),))
        return {id: tuple(links) for id, links in found.items()}

    def link_revisions(self, campaign: str) -> Sequence[LinkRevision]:
        """See `CampaignWriter`."""
        with self._database.reading() as connection:
            rows = connection.execute(
                "select number, url, replaced_at_ms, replaced_by from link_revisions"
                " where campaign = ? order by id",
                (campaign,),
            )
            return [LinkRevision(number, url, moment_of(at_ms), by) for number, url, at_ms, by in rows]

    def add_campaign(self, campaign: Campaign) -> None:
        """See `CampaignWriter`."""
        with self._database.writing() as connection:
            if campaigns_in(connection, "id = ?", (campaign.id,)):
                raise Conflict(
                    f"campaign {campaign.id!r} exists already; choose another id or change that one"
                )
            connection.execute("delete from deleted_campaigns where id = ?", (campaign.id,))
            connection.execute(
                f"insert into campaigns ({CAMPAIGN}, stale, revision) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1, ?)",  # noqa: S608
                (*row_of_campaign(campaign), next_revision(connection)),
            )
            put_links(connection, campaign.id, campaign.links)

    def change_campaign(
        self, id: str, change: Callable[[Campaign], Campaign], by: str, now: datetime
    ) -> Campaign:
        """See `CampaignWriter`."""
        with self._database.writing() as connection:
            former = campaign_in(connection, id)
            campaign = with_mode_since(former, change(former), now)
            keep_former_links(connection, former, campaign, by, now)
            connection.execute(
                "update campaigns set name = ?, sent_at_ms = ?, sent = ?, base_url = ?, passthrough = ?,"
                " mode = ?, archived = ?, demonstration = ?, carry = ?, mode_since_ms = ?, stale = max(stale, ?),"
                " relinked = max(relinked, ?), revision = ? where id = ?",
                (
                    *row_of_campaign(campaign)[1:],
                    calls_for_rebuild(former, campaign),
                    calls_for_recount(former, campaign),
                    next_revision(connection),
                    id,
                ),
            )
            connection.execute("delete from links where campaign = ?", (id,))
            put_links(connection, id, campaign.links)
            return campaign_in(connection, id)

    def delete_campaign(self, id: str) -> None:
        """See `CampaignWriter`."""
        with self._database.writing() as connection:
            check_never_sent(campaign_in(connection, id), is_signed(connection, id))
            for table, column in _TABLES:
                connection.execute(f"delete from {table} where {column} = ?", (id,))  # noqa: S608
            row = (id, next_revision(connection))
            connection.execute("insert into deleted_campaigns values (?, ?)", row)

    def note_signed(self, campaign: str) -> None:
        """See `CampaignWriter`."""
        with self._database.reading() as connection:
            if is_signed(connection, campaign):
                return
        with self._database.writing() as connection:
            connection.execute("update campaigns set signed = 1 where id = ?", (campaign,))

    def register_links(self, campaign: str, urls: Sequence[str]) -> Mapping[str, int]:
        """See `CampaignWriter`."""
        return dict(zip(urls, self.register_places(campaign, [LinkPlace(url) for url in urls]), strict=True))

    def register_places(self, campaign: str, places: Sequence[LinkPlace]) -> Sequence[int]:
        """See `CampaignWriter`."""
        urls = list(dict.fromkeys(place.url for place in places))
        with self._database.reading() as connection:
            found = placed(known_links(connection, campaign, urls), places)
        if not found.new and not found.relabelled:
            # nearly always true, so sending mail rarely waits for a writer
            return found.numbers
        with self._database.writing() as connection:
            return _register(connection, campaign, places)

    def meet_links(self, campaign: str, sightings: Sequence[Sighting]) -> Mapping[str, int]:
        """See `CampaignWriter`."""
        with self._database.reading() as connection:
            known, (again, fresh) = meeting(connection, campaign, sightings)
        if again:
            with self._database.writing() as connection:
                known, (again, fresh) = meeting(connection, campaign, sightings)
                numbers = _register(connection, campaign, [LinkPlace(each.url) for each in again])
                known |= {each.url: number for each, number in zip(again, numbers, strict=True)}
                remember(connection, campaign, again, fresh)
        elif fresh:  # losing this in a power cut costs nothing
            with self._database.jotting() as connection:
                remember(connection, campaign, (), fresh)
        return known


def _register(connection: sqlite3.Connection, campaign: str, places: Sequence[LinkPlace]) -> list[int]:
    """The numbers of places; new ones are registered."""
    highest = connection.execute(
        "select max(coalesce((select max(number) from link_revisions where campaign = ?), 0),"
        " coalesce((select max(number) from links where campaign = ?), 0))",
        (campaign, campaign),
    )
    urls = list(dict.fromkeys(place.url for place in places))
    found = placed(known_links(connection, campaign, urls), places, *highest.fetchone())
    put_links(connection, campaign, found.new)
    put_labels(connection, campaign, found.relabelled)
    if found.new or found.relabelled:
        row = (bool(found.new), next_revision(connection), campaign)
        connection.execute("update campaigns set relinked = max(relinked, ?), revision = ? where id = ?", row)
    return found.numbers
