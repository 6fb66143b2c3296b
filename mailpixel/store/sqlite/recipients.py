"""States of a campaign in a SQLite file, a page at a time: all, those of one standing, or by a link that was followed."""  # noqa: E501

from collections.abc import Sequence
from itertools import islice

from mailpixel.store.projections import MessageState
from mailpixel.store.shown import links_people_followed
from mailpixel.store.sqlite.database import Database
from mailpixel.store.sqlite.generations import STATE, live_generation, to_state
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
