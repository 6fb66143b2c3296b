"""Drops the details of hits in a SQLite file. Overwritten columns are overwritten on disk, too."""

from collections.abc import Sequence

from mailpixel.model import Event
from mailpixel.store.sqlite.database import Database
from mailpixel.store.sqlite.rows import decision_text, intern_agents

# Their agents may be used by no event any more, so the next sweep looks.
SUSPECT = """
    insert into suspect_agents
    select agent from events where id = ? and agent not in (select agent from suspect_agents)
"""
DROP = """
    update events set address = null, agent = ?, facts = ?, tag = nullif(?, x''), decided = ?,
    network = case when position < 0 then null else network end
    where id = ? and decided is null
"""


def drop_details(database: Database, hits: Sequence[Event]) -> int:
    """See `Details`."""
    decided = [(hit, decision_text(hit.decided)) for hit in hits if hit.decided is not None]
    if not decided:
        return 0
    with database.writing() as connection:
        connection.executemany(SUSPECT, [(hit.id,) for hit, _ in decided])
        empty = intern_agents(connection, [""])[""]
        rows = [(empty, hit.facts._value_, hit.tag, text, hit.id) for hit, text in decided]
        return connection.executemany(DROP, rows).rowcount
