"""Finds the campaigns that have events of a person, in a SQLite file, without asking every campaign.

The log has no index by recipient, which would double the cost of an append. The fold writes this table
beside the states, and notes up to which position the table is complete. Newer events are read from the end of the
log. The table names people by their eight bytes, so it is no list of recipients.
"""

import json
import sqlite3
from collections.abc import Iterable, Sequence

from mailpixel.store.sqlite.person_secret import secret_of
from mailpixel.store.sqlite.positions import NOT_OF_SITES, last_position
from mailpixel.store.tombstones import person8

MOST_UNNOTED = 200_000
"""Most positions read from the end of the log. When more are not noted, every campaign is asked instead."""

# The plus signs keep SQLite from scanning an index of the whole log instead of the positions not noted yet.
UNNOTED = """
    select distinct +recipient, +campaign from events
    where position > ? and +recipient in (select value from json_each(?))
"""
CATCH_UP = "select distinct recipient, campaign from events where position > ? and position <= ?"
NOTE = "insert or ignore into cases_of values (?, ?)"
NOTED = "select campaign from cases_of where person8 = ?"
# Jumps from each campaign to the next along the index: one step for each campaign, not for each event.
# Sites are left out at the end: a few steps more.
CAMPAIGNS = f"""
    with recursive logged (campaign) as (
        select min(campaign) from events
        union all
        select (select min(campaign) from events where campaign > logged.campaign)
        from logged where logged.campaign is not null
    )
    select campaign from logged where campaign is not null and {NOT_OF_SITES} order by campaign
"""  # noqa: S608


def note_campaign(connection: sqlite3.Connection, campaign: str, recipients: Iterable[str]) -> None:
    """Note that these people have events of a campaign."""
    _note(connection, ((recipient, campaign) for recipient in recipients))


def note_progress(connection: sqlite3.Connection, since: int, until: int) -> None:
    """Move on to `until` after noting the messages with events after `since`.

    A fold of an older release notes nothing. What it left out is first read from the log, a part at a time.
    """
    noted = _noted(connection)
    if noted < since:
        until = min(noted + MOST_UNNOTED, until)
        _note(connection, connection.execute(CATCH_UP, (noted, until)).fetchall())
    if noted < until:
        connection.execute("update folded set noted = ?", (until,))


def campaigns_of_all(connection: sqlite3.Connection, recipients: Sequence[str]) -> dict[str, list[str]]:
    """The campaigns that may have events of each of these people, in order. The end of the log is read once for all.

    None is missing, as this transaction sees the log.
    """
    position = _noted(connection)
    last = last_position(connection)
    if last - position > MOST_UNNOTED:
        every = [campaign for (campaign,) in connection.execute(CAMPAIGNS)]
        return dict.fromkeys(recipients, every)
    found = {recipient: _noted_campaigns(connection, recipient) for recipient in recipients}
    for recipient, campaign in connection.execute(UNNOTED, (position, json.dumps(list(recipients)))):
        found[recipient].add(campaign)
    return {recipient: sorted(campaigns) for recipient, campaigns in found.items()}


def forget_cases(connection: sqlite3.Connection, recipients: Iterable[str]) -> int:
    """Forget which campaigns have events of these people. Returns how many there were."""
    secret = secret_of(connection)
    gone = "delete from cases_of where person8 = ?"
    return sum(connection.execute(gone, (person8(secret, each),)).rowcount for each in recipients)


def _noted_campaigns(connection: sqlite3.Connection, recipient: str) -> set[str]:
    key = person8(secret_of(connection), recipient)
    return {campaign for (campaign,) in connection.execute(NOTED, (key,))}


def _note(connection: sqlite3.Connection, named: Iterable[tuple[str, str]]) -> None:
    secret = secret_of(connection)
    connection.executemany(NOTE, [(person8(secret, recipient), campaign) for recipient, campaign in named])


def _noted(connection: sqlite3.Connection) -> int:
    """The position up to which the table is complete."""
    return int(connection.execute("select noted from folded").fetchone()[0])
