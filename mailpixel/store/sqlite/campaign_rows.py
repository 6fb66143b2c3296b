"""Campaigns and links as rows of a SQLite file, in both directions."""

import sqlite3
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from mailpixel.errors import NotFound
from mailpixel.model import Campaign, Link
from mailpixel.modes import parse_modes
from mailpixel.store.campaign_changes import replaced_links
from mailpixel.times import moment_of, to_ms

CAMPAIGN = (
    "id, name, sent_at_ms, sent, base_url, passthrough, mode, archived, demonstration, carry, mode_since_ms"
)


def next_revision(connection: sqlite3.Connection) -> int:
    """Increment the revision of the registry and return it."""
    connection.execute("update registry set revision = revision + 1")
    return int(connection.execute("select revision from registry").fetchone()[0])


def campaign_in(connection: sqlite3.Connection, id: str) -> Campaign:
    """One campaign with its links. Raises `NotFound`."""
    for campaign in campaigns_in(connection, "id = ?", (id,)):
        return campaign
    raise missing(id)


def missing(id: str) -> NotFound:
    """The error for an id that no campaign has."""
    return NotFound(f"there is no campaign {id!r}")


def is_signed(connection: sqlite3.Connection, id: str) -> bool:
    """Whether links were signed for a campaign. Raises `NotFound`."""
    row = connection.execute("select signed from campaigns where id = ?", (id,)).fetchone()
    if row is None:
        raise missing(id)
    return bool(row[0])


def campaigns_in(connection: sqlite3.Connection, where: str, values: Sequence[Any]) -> list[Campaign]:
    """Campaigns that match `where`, in its order, with their links. It takes two queries, however many there are."""
    return outlines_in(connection, where, values, links_in(connection, where, values))


def outlines_in(
    connection: sqlite3.Connection, where: str, values: Sequence[Any], links: Mapping[str, list[Link]]
) -> list[Campaign]:
    """Campaigns that match `where`, in its order, with the passed links by campaign."""
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
            bool(demonstration),
            parse_modes(mode) if mode else None,
            bool(carry),
            None if mode_since_ms is None else moment_of(mode_since_ms),
        )
        for (
            id,
            name,
            sent_at_ms,
            sent,
            base_url,
            passthrough,
            mode,
            archived,
            demonstration,
            carry,
            mode_since_ms,
        ) in rows
    ]


def links_in(connection: sqlite3.Connection, where: str, values: Sequence[Any]) -> Mapping[str, list[Link]]:
    """The links of campaigns, by campaign and in order of number."""
    links: dict[str, list[Link]] = {}
    rows = connection.execute(
        "select campaign, number, url, trap, label from links"  # noqa: S608 - conditions come from this package only
        f" where campaign in (select id from campaigns where {where}) order by campaign, number",
        values,
    )
    for campaign, number, url, trap, label in rows:
        links.setdefault(campaign, []).append(Link(number, url, bool(trap), label))
    return links


def keep_former_links(
    connection: sqlite3.Connection, former: Campaign, campaign: Campaign, by: str, now: datetime
) -> None:
    """Keep the destinations that a change of a campaign replaces or removes."""
    rows = [(former.id, link.number, link.url, to_ms(now), by) for link in replaced_links(former, campaign)]
    connection.executemany(
        "insert into link_revisions (campaign, number, url, replaced_at_ms, replaced_by)"
        " values (?, ?, ?, ?, ?)",
        rows,
    )


def put_links(connection: sqlite3.Connection, campaign: str, links: Sequence[Link]) -> None:
    """Add links to a campaign."""
    rows = [(campaign, link.number, link.url, link.trap, link.label) for link in links]
    connection.executemany(
        "insert into links (campaign, number, url, trap, label) values (?, ?, ?, ?, ?)", rows
    )


def put_labels(connection: sqlite3.Connection, campaign: str, links: Sequence[Link]) -> None:
    """Write the labels of links that are there."""
    rows = [(link.label, campaign, link.number) for link in links]
    connection.executemany("update links set label = ? where campaign = ? and number = ?", rows)


def row_of_campaign(campaign: Campaign) -> tuple[Any, ...]:
    """The values of a campaign in the order of `CAMPAIGN`."""
    sent_at_ms = None if campaign.sent_at is None else to_ms(campaign.sent_at)
    facts = (campaign.id, campaign.name, sent_at_ms, campaign.sent, campaign.base_url)
    mode = "" if campaign.mode is None else campaign.mode.text
    mode_since_ms = None if campaign.mode_since is None else to_ms(campaign.mode_since)
    flags = (campaign.archived, campaign.demonstration, campaign.carry)
    return (*facts, " ".join(campaign.passthrough), mode, *flags, mode_since_ms)
