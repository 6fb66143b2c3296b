"""The two ranges of positions in one table of events: messages from 1 on, visits and orders below 0.

So a reader of mail passes over no event of a site, however many there are, and the reverse. SQLite itself gives
messages their positions and never the same twice. Those of visits and orders are counted in a table, for the same
reason. What is shown of a position outside of the file counts from the beginning of its range.
"""

import sqlite3
from typing import NamedTuple

from mailpixel.errors import InvalidInput
from mailpixel.site_model import MESSAGES, SITE_CASES, Cases

SITE_ORIGIN = -(1 << 40)
"""The position before the first event of a site."""
OF_MESSAGES = "+position > 0"
"""Chooses the events of messages, as SQL. The plus sign keeps SQLite from scanning the table instead of an index."""
NOT_OF_SITES = "campaign not glob 'site:*' and campaign not glob 'order:*'"
"""Chooses what is of messages in tables without positions, as SQL."""
LAST = "select position from events where position > ? and position <= ? order by position desc limit 1"
TAKE = "update site_positions set last = last + ? returning last"


class Range(NamedTuple):
    """Positions after `origin`, up to and including `last`."""

    origin: int
    last: int


MAIL = Range(0, (1 << 62) - 1)
SITES = Range(SITE_ORIGIN, -1)


def range_of(cases: Cases) -> Range:
    """Where the events of these kinds of cases are.

    Raises `InvalidInput` for messages together with others, and for no kind.
    """
    for part, positions in ((MESSAGES, MAIL), (SITE_CASES, SITES)):
        if cases and cases <= part:
            return positions
    raise InvalidInput("cases", "must be messages, or visits and orders; use one consumer for each")


def last_position(connection: sqlite3.Connection, positions: Range = MAIL) -> int:
    """The position of the last event in a range; its origin when it has none."""
    found = connection.execute(LAST, positions).fetchone()
    return positions.origin if found is None else int(found[0])


def take_site_positions(connection: sqlite3.Connection, number: int) -> int:
    """Take positions for events of sites. Returns the first of them."""
    ((last,),) = connection.execute(TAKE, (number,)).fetchall()
    return SITE_ORIGIN + int(last) - number + 1
