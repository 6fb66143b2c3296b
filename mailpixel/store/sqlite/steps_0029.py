"""The schema, step 29: the ledger of consent. A released step is never changed."""

from sqlite_utils import Database as Admin

from mailpixel.store.sqlite.steps_0001 import run
from mailpixel.store.sqlite.steps_0024 import STEPS
from mailpixel.store.tombstones import person8


@STEPS(name="0029_consents")
def _consents(db: Admin) -> None:
    """What people said about being measured, the texts they saw, and what holds of it now.

    `purposes` is a set of bits, `state` 0 unknown, 1 granted, 2 denied; `states` has two bits for each purpose, and
    bit 12 for a person who was erased. Opt-outs become refusals of opens and clicks.
    """
    run(
        db,
        """create table consents (
            position integer primary key autoincrement, person8 integer not null, recipient text,
            purposes integer not null, state integer not null, at_ms integer not null,
            recorded_ms integer not null, source text not null, wording text not null, method text not null
        )""",
        "create index consents_of_person on consents (person8)",
        """create table consent_now (
            person8 integer primary key, states integer not null, revision integer not null
        )""",
        "create index consent_now_by_revision on consent_now (revision)",
        """create table wordings (
            version text primary key, language text not null, body text not null, chosen_ms integer
        ) without rowid""",
    )
    _take_opt_outs(db)
    run(db, "pragma secure_delete = on", "drop table optouts")


def _take_opt_outs(db: Admin) -> None:
    """One refusal of opens and clicks for each opt-out, at its moment, with its revision."""
    (secret,) = db.conn.execute("select secret from person_secret").fetchone()
    found = db.conn.execute("select recipient, opted_out_at_ms, revision from optouts").fetchall()
    people = [
        (int.from_bytes(person8(secret, recipient), "big", signed=True), recipient, at_ms, revision)
        for recipient, at_ms, revision in found
    ]
    db.conn.executemany(
        "insert into consents (person8, recipient, purposes, state, at_ms, recorded_ms, source, wording, method)"
        " values (?1, ?2, 3, 2, ?3, ?3, 'optout', '', 'optout')",
        [(key, recipient, at_ms) for key, recipient, at_ms, _ in people],
    )
    db.conn.executemany(
        "insert or ignore into consent_now values (?, 10, ?)",
        [(key, revision) for key, _, _, revision in people],
    )


__all__ = ["STEPS"]
