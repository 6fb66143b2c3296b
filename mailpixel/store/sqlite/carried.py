"""Finds messages in a SQLite log with a click that itself carried one of these destinations."""

import json
from collections.abc import Iterator, Sequence

from mailpixel.model import Message
from mailpixel.store.log import PutAside
from mailpixel.store.sqlite.database import Database
from mailpixel.store.sqlite.events import EventLog

PAGE = 500
"""Messages looked up in one transaction, so that no reader delays the log for long."""

CARRIED = """
    select value from json_each(?)
    where exists (select 1 from events where campaign = ? and destination = value)
"""
CARRIERS = """
    select distinct recipient from events
    where campaign = ? and destination = ? and recipient > ? order by recipient limit ?
"""


def messages_that_carried(
    database: Database, log: EventLog, campaign: str, urls: Sequence[str]
) -> Iterator[Message | PutAside]:
    """See `Store`."""
    with database.reading() as connection:
        carried = connection.execute(CARRIED, (json.dumps(list(urls)), campaign)).fetchall()
    for (url,) in carried:
        after = ""
        while page := _page(database, campaign, url, after):
            yield from log.named([(campaign, recipient) for recipient in page])
            after = page[-1]


def _page(database: Database, campaign: str, url: str, after: str) -> Sequence[str]:
    with database.reading() as connection:
        found = connection.execute(CARRIERS, (campaign, url, after, PAGE))
        return [recipient for (recipient,) in found]
