"""Finds in the SQLite log the messages that have news after a position."""

import sqlite3
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import chain

from mailpixel.errors import StoreUnavailable
from mailpixel.model import Event, Message
from mailpixel.store.log import PutAside
from mailpixel.store.sqlite.database import Database
from mailpixel.store.sqlite.events import EventLog, Name
from mailpixel.store.sqlite.positions import MAIL, Range
from mailpixel.store.sqlite.rows import SqlRow

NEWS = """
    select campaign, recipient, max(position)
    from (
        select position, campaign, recipient from events
        where position > ? and position <= ? order by position limit ?
    )
    group by campaign, recipient
"""
END = """
    select max(position) from (
        select position from events where position > ? and position <= ? order by position limit ?
    )
"""
ASKED = 256
"""Messages whose numbers are asked for by one statement."""
# How many events each message has, and how many of them its live state knows.
NUMBERS = """
    select named.column1, named.column2, s.known,
        (select count(*) from events e where e.campaign = named.column1 and e.recipient = named.column2)
    from (values {}) as named
    left join shelves h on h.campaign = named.column1 and h.live = 1
    left join states s on s.shelf = h.id and s.recipient = named.column2
"""


def named_after(
    database: Database, position: int, limit: int, within: Range = MAIL
) -> tuple[int, Sequence[SqlRow]]:
    """The position of the last of the next `limit` events, and rows that begin with their messages' names."""
    with database.reading() as connection:
        named = connection.execute(NEWS, (position, within.last, limit)).fetchall()
    return max((last for _, _, last in named), default=position), named


def end_after(database: Database, position: int, limit: int) -> int:
    """The position of the last of the next `limit` events of messages; the same position when there is none."""
    with database.reading() as connection:
        (end,) = connection.execute(END, (position, MAIL.last, limit)).fetchone()
    return position if end is None else int(end)


def not_known(database: Database, log: EventLog, since: int, until: int) -> Iterator[Message | PutAside]:
    """Stream the messages with events between two positions whose live state does not know all their events.

    A state that does was judged after the last of them was logged, so what is news of it has been judged already. Many
    are, in a log that is long behind. Most other messages have no event elsewhere: those between the positions are
    read in one go, which takes half the time of asking for each message, and only the rest by name.
    """
    found = _read(log, since, until)
    if found is None:  # the one that cannot be read is found by name
        _, named = named_after(database, since, until - since, Range(since, until))
        found = {row[:2]: [] for row in named}
    elif since == MAIL.origin and end_after(database, until, 1) == until:  # that is the whole log
        yield from (Message(*name, found.pop(name)) for name in sorted(found))
    names = sorted(found)
    for start in range(0, len(names), ASKED):
        with database.reading() as connection:
            numbers = _numbers(connection, names[start : start + ASKED])
        yield from _of_numbers(log, numbers, found)


def _read(log: EventLog, since: int, until: int) -> dict[Name, list[Event]] | None:
    """The events between two positions by message; None when one of them cannot be read."""
    try:
        return log.between(since, until)
    except StoreUnavailable:
        raise
    except Exception:
        return None


def _of_numbers(
    log: EventLog, numbers: Sequence[SqlRow], found: dict[Name, list[Event]]
) -> Iterator[Message | PutAside]:
    """The messages not known: those with other events than `found` are read from the log. Empties `found`."""
    elsewhere = []
    for campaign, recipient, known, logged in numbers:
        events = found.pop((campaign, recipient))
        if known == logged or not logged:
            continue
        if len(events) == logged:
            yield Message(campaign, recipient, events)
        else:
            elsewhere.append((campaign, recipient))
    yield from log.named(elsewhere)


def _numbers(connection: sqlite3.Connection, names: Sequence[Name]) -> Sequence[SqlRow]:
    return connection.execute(_numbers_of(len(names)), list(chain.from_iterable(names))).fetchall()


@lru_cache(maxsize=ASKED)
def _numbers_of(names: int) -> str:
    return NUMBERS.format(", ".join(["(?, ?)"] * names))
