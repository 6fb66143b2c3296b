"""Messages by the sources that followed their links, from a SQLite log without an index by address."""

import sqlite3
from array import array
from collections.abc import Iterator, Sequence

from mailpixel.kinds import EventKind
from mailpixel.model import Facts
from mailpixel.store.log import Followed
from mailpixel.store.sqlite.database import Database
from mailpixel.store.sqlite.events import EventLog
from mailpixel.store.sqlite.positions import MAIL
from mailpixel.store.sqlite.rows import KINDS

PAGE = 500
"""Messages read in one transaction, so that no reader delays the log for long."""

FORGED = int(Facts.FORGED)

# One pass over the log, which SQLite sorts in files. Each pair of source and message is one position.
FIRSTS = """
    with followed as materialized (
        select address, agent, campaign, recipient, min(position) as first from events
        where {narrowed} and method is null and address is not null and not facts & {forged}
        group by address, agent, campaign, recipient
    )
    select first from followed
    where (address, agent) in (
        select address, agent from followed group by address, agent having count(distinct recipient) >= ?
    )
    order by address, agent, campaign, recipient
"""
NAMED = """
    select e.address, a.agent, e.campaign, e.recipient
    from events e join agents a on a.id = e.agent where e.position = ?
"""


def messages_by_source(
    database: Database, log: EventLog, least: int, since_ms: int, campaign: str | None
) -> Iterator[Followed]:
    """See `Store`. Uses eight bytes of memory for each message of each source."""
    firsts = _firsts(database, least, since_ms, campaign)
    for start in range(0, len(firsts), PAGE):
        with database.reading() as connection:
            named = _named(connection, firsts[start : start + PAGE])
            messages = log.messages_in(connection, [message for _, message in named])
        yield from ((source, messages[message]) for source, message in named)


def _firsts(database: Database, least: int, since_ms: int, campaign: str | None) -> Sequence[int]:
    """The position of each source's first click on each message, grouped by source."""
    narrowed: dict[str, object] = {
        "kind = ?": KINDS.index((EventKind.CLICK, None)),
        "+position > ?": MAIL.origin,
    }
    if since_ms > 0:
        narrowed["id >= ?"] = since_ms.to_bytes(6, "big")
    if campaign is not None:
        narrowed["campaign = ?"] = campaign
    statement = FIRSTS.format(narrowed=" and ".join(narrowed), forged=FORGED)
    with database.reading() as connection:
        found = connection.execute(statement, (*narrowed.values(), least))
        return array("q", (first for (first,) in found))


def _named(
    connection: sqlite3.Connection, firsts: Sequence[int]
) -> Sequence[tuple[tuple[str, str], tuple[str, str]]]:
    """Source and message of these clicks, without people erased meanwhile."""
    found = (connection.execute(NAMED, (first,)).fetchone() for first in firsts)
    return [(row[:2], row[2:]) for row in found if row is not None]
