"""Remembers destinations seen in a campaign's mails, until a second recipient's mail makes one a link."""

import json
import sqlite3
from collections.abc import Sequence

from mailpixel.errors import NotFound
from mailpixel.model import Link
from mailpixel.store.campaign_changes import met
from mailpixel.store.campaigns import MOST_MET_LINKS, Sighting

Met = tuple[list[Sighting], list[Sighting]]
"""The sightings that become links, and those to remember."""


def known_links(connection: sqlite3.Connection, campaign: str, urls: Sequence[str]) -> list[Link]:
    """The links of a campaign with these destinations, without traps, in order of number. Raises `NotFound`."""
    if connection.execute("select 1 from campaigns where id = ?", (campaign,)).fetchone() is None:
        raise NotFound(f"there is no campaign {campaign!r}")
    rows = connection.execute(
        "select number, url, label from links where campaign = ? and trap = 0"
        " and url in (select value from json_each(?)) order by number",
        (campaign, json.dumps(list(urls))),
    )
    return [Link(number, url, label=label) for number, url, label in rows]


def meeting(
    connection: sqlite3.Connection, campaign: str, sightings: Sequence[Sighting]
) -> tuple[dict[str, int], Met]:
    """The numbers of destinations that are already links, and what happens to the others. Raises `NotFound`."""
    links = known_links(connection, campaign, [each.url for each in sightings])
    known = {link.url: link.number for link in reversed(links)}
    unknown = [each for each in sightings if each.url not in known]
    if not unknown:
        return known, ([], [])
    (count,) = connection.execute("select met_links from campaigns where id = ?", (campaign,)).fetchone()
    rows = connection.execute(
        "select slot, mark, reader from seen_urls where campaign = ? and slot in (select value from json_each(?))",
        (campaign, json.dumps([each.slot for each in unknown])),
    )
    remembered = {slot: (mark, reader) for slot, mark, reader in rows}
    return known, met(unknown, remembered, MOST_MET_LINKS - count)


def remember(
    connection: sqlite3.Connection, campaign: str, again: Sequence[Sighting], fresh: Sequence[Sighting]
) -> None:
    """Note which destinations became links and which were seen."""
    connection.execute("update campaigns set met_links = met_links + ? where id = ?", (len(again), campaign))
    connection.executemany(
        "insert or replace into seen_urls values (?, ?, ?, ?)",
        [(campaign, each.slot, each.mark, each.reader) for each in fresh],
    )
    connection.executemany(
        "delete from seen_urls where campaign = ? and slot = ?", [(campaign, each.slot) for each in again]
    )
