"""A campaign with the figures of a newsletter to millions, made of those of the demonstration: each counter times a
number. Its list of recipients stays that of the demonstration."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from mailpixel.model import Campaign, Link
from mailpixel.store.sqlite import open_sqlite

HUGE = "huge"
LINKS = 200
NAME = (
    "Newsletter 47: what we learned from a year of repairs, "
    + "and a long name that has to wrap somewhere " * 4
)
WORD = "Donaudampfschifffahrtsgesellschaftskapitaen" * 4

COLUMNS = {
    "counters": ("bucket_ms, link, measure", "number * :times"),
    "days": ("day, measure", "number * :times"),
    "states": (
        "recipient, marks, delivered_at_ms, opted_out, first_human_open_at_ms, first_human_click_at_ms, "
        "last_event_at_ms, client, standing, known, edition, bounced_at_ms, bounce_reason, complained_at_ms",
        "",
    ),
}


def enlarge(database: Path, template: str, delivered: int, others: int = 0) -> None:
    """Add the campaign `HUGE` with at least this number of deliveries, 200 links and a name of 200 characters, and
    this number of small campaigns."""
    store, registry = open_sqlite(database)
    with closing(store), closing(registry):
        model = registry.campaign(template)
        delivered_there = store.figures(template, 0, 0).totals["delivered"]
        times = -(-delivered // delivered_there)
        sent = delivered_there * times + 10_000
        registry.add_campaign(
            replace(
                model, id=HUGE, name=NAME[:200], sent=sent, links=_links(model.links), demonstration=False
            )
        )
        for number in range(others):
            name = WORD if number % 50 == 7 else f"Letter {number}"
            registry.add_campaign(Campaign(f"letter-{number}", name, sent=1000 + number))
    with closing(sqlite3.connect(database)) as connection, connection:
        _copy(connection, template, times)


def _links(given: Sequence[Link]) -> tuple[Link, ...]:
    more = range(len(given) + 1, LINKS + 1)
    return (
        *given,
        *(
            Link(
                n,
                f"https://shop.example/{'a-long-path-' * (n % 17)}{n}",
                label=f"Teaser {n}" if n % 3 else "",
            )
            for n in more
        ),
    )


def _copy(connection: sqlite3.Connection, template: str, times: int) -> None:
    shelf = "select id from shelves where campaign = ? and live = 1"
    (old,) = connection.execute(shelf, (template,)).fetchone()
    found = connection.execute(shelf, (HUGE,)).fetchone()
    new = (
        found[0]
        if found
        else connection.execute("insert into shelves (campaign, live) values (?, 1)", (HUGE,)).lastrowid
    )
    for table, (columns, number) in COLUMNS.items():
        into = f"{columns}, number" if number else columns
        given = f"{columns}, {number}" if number else columns
        connection.execute(
            f"insert into {table} (shelf, {into}) select :new, {given} from {table} where shelf = :old",
            {"new": new, "old": old, "times": times},
        )
    connection.execute(
        "insert or replace into editions select ?, edition from editions where campaign = ?", (HUGE, template)
    )
    connection.execute("update campaigns set stale = 0 where id = ?", (HUGE,))
