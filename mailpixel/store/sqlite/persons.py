"""Which campaigns a person has events of, in a SQLite file, without asking every campaign.

The log has no index by recipient: it would double what an append costs. The fold writes this table beside the states;
what is logged and not folded yet is read from the end of the log.
"""

import sqlite3
from collections.abc import Iterable

from mailpixel.store.sqlite.cursor import read_cursor

MOST_UNFOLDED = 200_000
"""Positions read from the end of the log; when more is not folded, every campaign is asked instead."""

# The plusses keep SQLite from walking over an index of the whole log instead of what lies behind the cursor.
UNFOLDED = "select distinct +campaign from events where position > ? and +recipient = ?"
# Hops from each campaign to the next along the index: as many steps as there are campaigns, not events.
CAMPAIGNS = """
    with recursive logged (campaign) as (
        select min(campaign) from events
        union all
        select (select min(campaign) from events where campaign > logged.campaign)
        from logged where logged.campaign is not null
    )
    select campaign from logged where campaign is not null order by campaign
"""


def note_campaign(connection: sqlite3.Connection, campaign: str, recipients: Iterable[str]) -> None:
    """Note that these people have events of a campaign."""
    rows = [(recipient, campaign) for recipient in recipients]
    connection.executemany("insert or ignore into campaigns_of_person values (?, ?)", rows)


def campaigns_of(connection: sqlite3.Connection, recipient: str) -> list[str]:
    """The campaigns that may have events of a person, in order: none is missing, as this transaction sees the log."""
    position = read_cursor(connection).position
    (last,) = connection.execute("select coalesce(max(position), 0) from events").fetchone()
    if last - position > MOST_UNFOLDED:
        return [campaign for (campaign,) in connection.execute(CAMPAIGNS)]
    noted = connection.execute("select campaign from campaigns_of_person where recipient = ?", (recipient,))
    unfolded = connection.execute(UNFOLDED, (position, recipient))
    return sorted({campaign for rows in (noted.fetchall(), unfolded.fetchall()) for (campaign,) in rows})
