"""States of a campaign in a SQLite file, a page at a time: all, those of one standing, or by a link that was followed."""  # noqa: E501

import sqlite3
from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import islice

from mailpixel.store.projections import MessageState
from mailpixel.store.shown import links_people_followed
from mailpixel.store.sqlite.database import Database
from mailpixel.store.sqlite.generations import STATE, live_generation, states_of, to_state
from mailpixel.store.sqlite.persons import campaigns_of_all
from mailpixel.store.standing import STANDINGS, Standing

ORDER = "recipient > ? order by recipient"
ALL = f"select {STATE} from states where shelf = ? and {ORDER}"  # noqa: S608
INDEXED = "states indexed by states_by_standing"
"""The planner would sooner read a whole campaign: it does not know how few have one standing."""
OF_STANDING = f"select {STATE} from {INDEXED} where shelf = ? and standing = ? and {ORDER}"  # noqa: S608
CLICKERS = " and first_human_click_at_ms is not null order"


def recipients(
    database: Database, campaign: str, page: tuple[str, int], standing: Standing | None, link: int | None
) -> Sequence[MessageState]:
    """See `ReadProjections`. `page` is the recipient to start after, and the most states to return."""
    after, limit = page
    select = ALL if standing is None else OF_STANDING
    if link is not None:
        select = select.replace(" order", CLICKERS)
    of_standing = () if standing is None else (STANDINGS.index(standing),)
    with database.reading() as connection:
        rows = connection.execute(select, (live_generation(connection, campaign), *of_standing, after))
        states = (to_state(campaign, row) for row in rows)
        asked = (state for state in states if link is None or link in links_people_followed(state.marks))
        return list(islice(asked, limit))


def states_of_people(
    database: Database, recipients: Sequence[str], campaign: str | None
) -> Sequence[MessageState]:
    """See `ReadProjections`."""
    found: list[MessageState] = []
    people = list(dict.fromkeys(recipients))
    with database.reading() as connection:
        asked = {campaign: people} if campaign is not None else _by_campaign(connection, people)
        for id, mine in asked.items():
            generation = live_generation(connection, id)
            if generation is not None:
                found += states_of(connection, generation, id, mine)
    return found


def _by_campaign(connection: sqlite3.Connection, recipients: Sequence[str]) -> Mapping[str, Sequence[str]]:
    found: defaultdict[str, list[str]] = defaultdict(list)
    for recipient, campaigns in campaigns_of_all(connection, recipients).items():
        for campaign in campaigns:
            found[campaign].append(recipient)
    return found
