"""Finds the campaigns that have events of a person, in a SQLite file, without asking every campaign.

The log has no index by recipient, which would double the cost of an append. The fold writes
this table beside the states, and notes up to which position the table is complete. Newer events
are read from the end of the log.
"""

import sqlite3
from collections.abc import Iterable

MOST_UNNOTED = 200_000
"""Most positions read from the end of the log. When more are not noted, every campaign is asked instead."""

# The plus signs keep SQLite from scanning an index of the whole log instead of the positions not noted yet.
UNNOTED = "select distinct +campaign from events where position > ? and +recipient = ?"
CATCH_UP = """
    insert or ignore into campaigns_of_person
    select distinct recipient, campaign from events where position > ? and position <= ?
"""
# Jumps from each campaign to the next along the index: one step for each campaign, not for each event.
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
    """Move on to `until` after noting the messages with events after `since`.

    A fold of an older release notes nothing. What it left out is first read from the log, a part at a time.
    """
    noted = _noted(connection)
    if noted < since:
        until = min(noted + MOST_UNNOTED, until)
        connection.execute(CATCH_UP, (noted, until))
    if noted < until:
        connection.execute("update folded set noted = ?", (until,))


def campaigns_of(connection: sqlite3.Connection, recipient: str) -> list[str]:
    """The campaigns that may have events of a person, in order. None is missing, as this transaction sees the log."""
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
