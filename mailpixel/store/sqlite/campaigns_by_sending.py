"""Campaigns in a SQLite file with the newest sending first, a page at a time."""

import sqlite3
from collections.abc import Sequence

from mailpixel.model import Campaign
from mailpixel.store.campaigns import order_after
from mailpixel.store.sqlite.campaign_rows import outlines_in

AFTER = "(sending_order, id) > (?, ?)"
SEARCHED = "(instr(casefold(name), ?) or instr(casefold(id), ?))"
ORDER = "order by sending_order, id limit ?"


def list_by_sending(
    connection: sqlite3.Connection, page: tuple[str, int], archived: bool | None, search: str
) -> Sequence[Campaign]:
    """See `CampaignReader.outlines`; `page` is the place to begin after, and the most campaigns."""
    after, limit = page
    begin, text = order_after(after), search.casefold()
    asked = {
        AFTER: begin if after else (),
        "archived = ?": () if archived is None else (archived,),
        SEARCHED: (text, text) if text else (),
    }
    if text:  # SQLite itself knows upper and lower case of ASCII only
        connection.create_function("casefold", 1, str.casefold, deterministic=True)
    where = " and ".join(condition for condition, values in asked.items() if values) or "true"
    values = [value for values in asked.values() for value in values]
    return outlines_in(connection, f"{where} {ORDER}", (*values, limit), {})
