"""Which campaigns a person has events of, in a SQLite file, without asking every campaign.

The log has no index by recipient: it would double what an append costs. The fold writes this table beside the states,
and how far along the log the table is complete; what was logged since is read from the end of the log.
"""

import sqlite3
from collections.abc import Iterable

MOST_UNNOTED = 200_000
"""Positions read from the end of the log; when more is not noted, every campaign is asked instead."""

# The plusses keep SQLite from walking over an index of the whole log instead of what is not noted yet.
UNNOTED = "select distinct +campaign from events where position > ? and +recipient = ?"
CATCH_UP = """
    insert or ignore into campaigns_of_person
    select distinct recipient, campaign from events where position > ? and position <= ?
"""
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


def note_progress(connection: sqlite3.Connection, since: int, until: int) -> None:
    """Move on to `until` after the messages with events behind `since` were noted.

    Where a fold that notes nothing went on for a while, what it left out is read from the log first, a part at a time.
    """
    noted = _noted(connection)
    if noted < since:
        until = min(noted + MOST_UNNOTED, until)
        connection.execute(CATCH_UP, (noted, until))
    if noted < until:
        connection.execute("update folded set noted = ?", (until,))


def campaigns_of(connection: sqlite3.Connection, recipient: str) -> list[str]:
    """The campaigns that may have events of a person, in order: none is missing, as this transaction sees the log."""
    position = _noted(connection)
    (last,) = connection.execute("select coalesce(max(position), 0) from events").fetchone()
    if last - position > MOST_UNNOTED:
        return [campaign for (campaign,) in connection.execute(CAMPAIGNS)]
    noted = connection.execute("select campaign from campaigns_of_person where recipient = ?", (recipient,))
    unnoted = connection.execute(UNNOTED, (position, recipient))
    return sorted({campaign for rows in (noted.fetchall(), unnoted.fetchall()) for (campaign,) in rows})


def _noted(connection: sqlite3.Connection) -> int:
    """The position up to which the table is complete."""
    return int(connection.execute("select noted from folded").fetchone()[0])
