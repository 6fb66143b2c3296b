"""Figures and timelines of many campaigns from a SQLite file, in one question each."""

import json
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from mailpixel.model import Facts
from mailpixel.store.measures import MEASURES, Step
from mailpixel.store.projections import Buckets, Figures, Window
from mailpixel.store.sqlite.aggregates import buckets_of, joined, whole_of
from mailpixel.store.sqlite.counters import bounds_of
from mailpixel.store.sqlite.database import Database
from mailpixel.store.sqlite.kept import gone_until, kept_days, kept_overflow, kept_totals
from mailpixel.store.sqlite.positions import OF_MESSAGES
from mailpixel.store.sqlite.projections import after_ms, as_of_ms
from mailpixel.store.sqlite.rows import HITS
from mailpixel.times import DAY_MS

# Each reads its campaigns from a JSON list, looks up their generations and then only their rows.
TOTALS = """
    select named.value, measure, number from json_each(?) as named
    cross join shelves on shelves.campaign = named.value and shelves.live = 1
    cross join counters on shelf = shelves.id and bucket_ms = 0 and link = 0
"""
OVERFLOW = """
    select campaign, sum(hits) from overflow where campaign in (select value from json_each(?)) group by campaign
"""
EDITIONS = "select campaign, edition from editions where campaign in (select value from json_each(?))"
# The last few seconds of all campaigns, however long their logs are. The plus sign keeps SQLite from an index by
# campaign, which has every event.
PROVISIONAL = (
    f"select campaign, count(*) from events where id >= ? and {OF_MESSAGES} and kind in {HITS}"  # noqa: S608
    f" and not facts & {int(Facts.FORGED)} group by +campaign"
)
# A campaign is here a list of its id and the bounds of its window.
BUCKETS = """
    select json_extract(named.value, '$[0]'), {bucket}, measure, number from json_each(?) as named
    cross join shelves on shelves.campaign = json_extract(named.value, '$[0]') and shelves.live = 1
    cross join {table} on shelf = shelves.id
        and {bucket} > json_extract(named.value, '$[1]') and {bucket} < json_extract(named.value, '$[2]')
    where measure in (select value from json_each(?)){also} order by 1, 2, 3
"""
QUARTERS = BUCKETS.format(table="counters", bucket="bucket_ms", also=" and link = 0")
DAYS = BUCKETS.format(table="days", bucket="day", also="")


def figures_of(
    database: Database, campaigns: Sequence[str], now_ms: int, settle_ms: int
) -> Mapping[str, Figures]:
    """See `ReadProjections`."""
    named = json.dumps(list(campaigns))
    totals = {campaign: dict.fromkeys(MEASURES, 0) for campaign in campaigns}
    with database.reading() as connection:
        for campaign, measure, number in connection.execute(TOTALS, (named,)):
            totals[campaign][measure] = number
        for campaign, unnamed in whole_of(connection, campaigns).items():
            for (bucket_ms, link, measure), number in unnamed.items():
                if not (bucket_ms or link):
                    totals[campaign][measure] = totals[campaign].get(measure, 0) + number
        for campaign, link, measure, number in kept_totals(connection, campaigns):
            if not link:
                totals[campaign][measure] += number
        overflow = Counter(_by_campaign(connection, OVERFLOW, named))
        overflow.update(kept_overflow(connection, campaigns))
        gone = gone_until(connection, campaigns)
        editions = _by_campaign(connection, EDITIONS, named)
        provisional = _by_campaign(connection, PROVISIONAL, after_ms(now_ms - settle_ms))
        plain = Figures({}, {}, 0, 0, as_of_ms(connection, now_ms))
    return {
        campaign: replace(
            plain,
            totals=totals[campaign],
            overflow=overflow[campaign],
            provisional=provisional.get(campaign, 0),
            edition=editions.get(campaign, ""),
            people_gone_ms=gone.get(campaign),
        )
        for campaign in campaigns
    }


def timelines(
    database: Database, windows: Mapping[str, Window], measures: Sequence[str], step: Step
) -> Mapping[str, Buckets]:
    """See `ReadProjections`."""
    found: dict[str, defaultdict[int, dict[str, int]]] = {name: defaultdict(dict) for name in windows}
    bounds = {name: bounds_of(window, step) for name, window in windows.items()}
    asked = json.dumps([(name, *bound) for name, bound in bounds.items()])
    statement, scale = (DAYS, DAY_MS) if step is Step.DAY else (QUARTERS, 1)
    with database.reading() as connection:
        rows = connection.execute(statement, (asked, json.dumps(list(measures))))
        for campaign, bucket, measure, number in rows:
            found[campaign][bucket * scale][measure] = number
        for campaign in gone_until(connection, list(windows)):
            buckets = found[campaign]
            for start_ms, measure, number in kept_days(connection, campaign, windows[campaign]):
                if measure in measures:
                    buckets[start_ms][measure] = buckets[start_ms].get(measure, 0) + number
        unnamed = buckets_of(connection, bounds, step)
    return {
        campaign: joined(_in_order(buckets), unnamed[campaign], measures)
        for campaign, buckets in found.items()
    }


def _in_order(buckets: Buckets) -> Buckets:
    return {start_ms: buckets[start_ms] for start_ms in sorted(buckets)}


def _by_campaign(connection: sqlite3.Connection, statement: str, value: object) -> dict[str, Any]:
    return dict(connection.execute(statement, (value,)).fetchall())
