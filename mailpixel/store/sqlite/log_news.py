"""Finds in the SQLite log the messages that have news after a position."""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import chain

from mailpixel.model import Message
from mailpixel.store.log import PutAside
from mailpixel.store.sqlite.database import Database
from mailpixel.store.sqlite.events import KEYS, EventLog
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
# Of messages by name, those whose state does not know all their events. A state that does was judged after the last of
# them was logged, so what is news of it has been judged already. Many are, in a log that is long behind.
NOT_KNOWN = """
    select named.column1, named.column2 from (values {}) as named
    left join shelves h on h.campaign = named.column1 and h.live = 1
    left join states s on s.shelf = h.id and s.recipient = named.column2
    where s.known is null or s.known <> (
        select count(*) from events e where e.campaign = named.column1 and e.recipient = named.column2
    )
"""


def named_after(
    database: Database, position: int, limit: int, within: Range = MAIL
) -> tuple[int, Sequence[SqlRow]]:
    """The position of the last of the next `limit` events, and rows that begin with their messages' names."""
    with database.reading() as connection:
        named = connection.execute(NEWS, (position, within.last, limit)).fetchall()
    return max((last for _, _, last in named), default=position), named


def not_known(database: Database, log: EventLog, named: Sequence[SqlRow]) -> Iterator[Message | PutAside]:
    """Stream those of the messages that `log.named` would whose live state does not know all their events."""
    for start in range(0, len(named), KEYS):
        part = named[start : start + KEYS]
        with database.reading() as connection:
            asked = list(chain.from_iterable(key[:2] for key in part))
            left = connection.execute(_not_known_of(len(part)), asked).fetchall()
        yield from log.named(left)


@lru_cache(maxsize=KEYS)
def _not_known_of(keys: int) -> str:
    return NOT_KNOWN.format(", ".join(["(?, ?)"] * keys))
