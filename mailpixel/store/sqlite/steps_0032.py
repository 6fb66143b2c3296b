"""The schema of erasures, step 32. A released step is never changed."""

from functools import partial

from sqlite_utils import Database as Admin

from mailpixel.store.sqlite.steps_0001 import run
from mailpixel.store.sqlite.steps_0024 import STEPS
from mailpixel.store.tombstones import person8


@STEPS(name="0032_erasures")
def _erasures(db: Admin) -> None:
    """Erasures until they are finished, the campaigns of a person by hash, and agents whose numbers are never reused.

    A fold of the previous release may still run until its last lease ends. It finds no table for the campaigns of a
    person, so it saves nothing.
    """
    (secret,) = db.conn.execute("select secret from person_secret").fetchone()
    db.conn.create_function("person8", 1, partial(person8, secret), deterministic=True)
    run(
        db,
        "create table numbered_agents (id integer primary key autoincrement, agent text not null unique)",
        "insert into numbered_agents select id, agent from agents order by id",
        "drop table agents",
        "alter table numbered_agents rename to agents",
        "create table suspect_agents (agent integer not null)",
        """create table cases_of (
            person8 blob not null, campaign text not null, primary key (person8, campaign)
        ) without rowid""",
        "insert into cases_of select person8(recipient), campaign from campaigns_of_person order by 1, 2",
        "drop table campaigns_of_person",
        """create table erasures (
            id text primary key, asked_at_ms integer not null, done_at_ms integer, people integer not null,
            state text not null, events integer not null, states integer not null, letters integer not null,
            consents_kept integer not null, files_scanned integer not null, bytes_found integer not null
        ) without rowid""",
        "create index unfinished_erasures on erasures (asked_at_ms) where state <> 'done'",
        "create table erasing (erasure text not null, recipient text not null)",
        "create table workers (id text primary key, revision integer not null, at_ms integer not null) without rowid",
    )


__all__ = ["STEPS"]
