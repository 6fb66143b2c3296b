"""Counters in a SQLite file: by quarter hour, link and measure, and the sums of each day (UTC).

A year has 35,000 quarter hours but only 365 days. Both change in one transaction with the states.
"""

import sqlite3
from collections import Counter
from collections.abc import Mapping

from mailpixel.store.measures import Step, TallyKey
from mailpixel.store.projections import Window
from mailpixel.store.sqlite.aggregates import buckets_of, joined
from mailpixel.store.sqlite.database import Database
from mailpixel.store.sqlite.generations import live_generation
from mailpixel.store.sqlite.kept import kept_days
from mailpixel.times import DAY_MS

MOVE = """
    insert into counters (shelf, bucket_ms, link, measure, number) values (?, ?, ?, ?, ?)
    on conflict (shelf, bucket_ms, link, measure) do update set number = number + excluded.number
"""
MOVE_DAY = """
    insert into days (shelf, day, measure, number) values (?, ?, ?, ?)
    on conflict (shelf, day, measure) do update set number = number + excluded.number
"""
DROP = "delete from counters where shelf = ? and bucket_ms = ? and link = ? and measure = ? and number = 0"
DROP_DAY = "delete from days where shelf = ? and day = ? and measure = ? and number = 0"

QUARTERS = """
    select bucket_ms, measure, number from counters
    where shelf = ? and bucket_ms > ? and bucket_ms < ? and link = 0 order by bucket_ms, measure
"""
DAYS = """
    select day, measure, number from days where shelf = ? and day > ? and day < ? order by day, measure
"""
LATEST_MS = (1 << 63) - 1


def move_counters(connection: sqlite3.Connection, generation: int, moves: Mapping[TallyKey, int]) -> None:
    """Add to the counters of a generation. Counters that become zero are deleted."""
    days = by_day(moves)
    connection.executemany(MOVE, [(generation, *key, number) for key, number in moves.items()])
    connection.executemany(MOVE_DAY, [(generation, *key, number) for key, number in days.items()])
    connection.executemany(DROP, [(generation, *key) for key, number in moves.items() if number < 0])
    connection.executemany(DROP_DAY, [(generation, *key) for key, number in days.items() if number < 0])


def drop_zeros(connection: sqlite3.Connection, generation: int) -> None:
    """Delete counters that are zero: what retention removed while the generation was filled came off too early."""
    for table in ("counters", "days"):
        connection.execute(f"delete from {table} where shelf = ? and number = 0", (generation,))  # noqa: S608


def by_day(moves: Mapping[TallyKey, int]) -> Mapping[tuple[int, str], int]:
    """The sums by day (UTC) and measure of counters by quarter hour."""
    sums: Counter[tuple[int, str]] = Counter()
    for (bucket_ms, _, measure), number in moves.items():
        if bucket_ms:
            sums[bucket_ms // DAY_MS, measure] += number
    return sums


def bounds_of(window: Window, step: Step) -> tuple[int, int]:
    """The starts of quarter hours, or the numbers of days, between which a window's counters are. Both are outside."""
    until_ms = LATEST_MS if window.until_ms is None else window.until_ms
    if step is Step.DAY:
        return window.since_ms // DAY_MS - 1, -(-until_ms // DAY_MS)
    return max(window.since_ms - step.length_ms, 0), until_ms


def timeline(
    database: Database, campaign: str, since_ms: int, until_ms: int | None, step: Step
) -> Mapping[int, Mapping[str, int]]:
    """See `ReadProjections`."""
    window = Window(since_ms, until_ms)
    buckets: dict[int, dict[str, int]] = {}
    with database.reading() as connection:
        generation = live_generation(connection, campaign)
        statement, scale = (DAYS, DAY_MS) if step is Step.DAY else (QUARTERS, 1)
        rows = connection.execute(statement, (generation, *bounds_of(window, step)))
        for bucket, measure, number in rows:
            buckets.setdefault(bucket * scale, {})[measure] = number
        for start_ms, measure, number in kept_days(connection, campaign, window):
            bucket = buckets.setdefault(start_ms, {})
            bucket[measure] = bucket.get(measure, 0) + number
        unnamed = buckets_of(connection, {campaign: bounds_of(window, step)}, step)[campaign]
    return joined({start_ms: buckets[start_ms] for start_ms in sorted(buckets)}, unnamed)
