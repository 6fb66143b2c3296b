"""Counts without recipients in a SQLite file."""

import json
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from hashlib import blake2b
from secrets import token_bytes

from mailpixel.kinds import HIT_KINDS, EventKind
from mailpixel.store.aggregates import (
    HOUR_MS,
    REPORTS_KEPT_DAYS,
    Report,
    View,
    ViewCount,
    measure_of_report,
    tally_of_views,
)
from mailpixel.store.consents import number_of
from mailpixel.store.measures import Step, TallyKey
from mailpixel.store.sqlite.changes import note_changed
from mailpixel.store.sqlite.consents import REFUSES_OPENS
from mailpixel.store.sqlite.database import Database
from mailpixel.store.sqlite.person_secret import secret_of
from mailpixel.store.tombstones import person8
from mailpixel.times import DAY_MS

HOURS_A_DAY = 24
HITS = HIT_KINDS
"""The stored number of a kind of hit is its place here."""
REPORTS = (EventKind.DELIVERY, EventKind.BOUNCE, EventKind.COMPLAINT)
"""The stored number of a kind of report is its place here."""
RAISE = """
    insert into aggregates values (?, ?, ?, ?, ?, ?, ?)
    on conflict do update set number = max(number, excluded.number)
"""
OPENED = f"""
    insert into last_opens select :key, :day
    where not exists (select 1 from consent_now where person8 = :key and {REFUSES_OPENS})
    and not exists (select 1 from suppressed where person8 = :person and at_ms >= :day * {DAY_MS})
    on conflict do update set day = max(day, excluded.day)
"""  # noqa: S608
COUNT = """
    insert into delivered_counts values (?, ?, 1) on conflict do update set number = number + 1
"""
BY_HOUR = """
    select campaign, hour, kind, link, view, sum(number) from aggregates
    where campaign = ? and hour between ? and ? group by hour, kind, link, view
"""
WHOLE = """
    select campaign, 0, kind, link, view, sum(number) from aggregates
    where campaign in (select value from json_each(?)) group by 1, 3, 4, 5
"""
COUNTED = (
    "select campaign, kind, number from delivered_counts where campaign in (select value from json_each(?))"
)


def raise_views(database: Database, counts: Sequence[ViewCount], last_opens: Mapping[str, int]) -> None:
    """See `Aggregates`."""
    rows = [
        (key.campaign, key.hour, HITS.index(key.kind), key.link, key.view, each.edge, each.number)
        for each in counts
        for key in (each.key,)
    ]
    with database.writing() as connection:
        connection.executemany(RAISE, rows)
        if last_opens:
            secret = secret_of(connection)
            persons = [(person8(secret, recipient), day) for recipient, day in last_opens.items()]
            opened = [{"person": person, "key": number_of(person), "day": day} for person, day in persons]
            connection.executemany(OPENED, opened)
        note_changed(connection, (each.key.campaign for each in counts))


def last_open(database: Database, recipient: str) -> int | None:
    """See `Aggregates`."""
    with database.reading() as connection:
        key = number_of(person8(secret_of(connection), recipient))
        row = connection.execute("select day from last_opens where person8 = ?", (key,)).fetchone()
    return None if row is None else int(row[0])


def forget_last_opens(connection: sqlite3.Connection, recipients: Iterable[str]) -> int:
    """Delete the days of these people. Returns how many there were."""
    secret = secret_of(connection)
    keys = [(number_of(person8(secret, recipient)),) for recipient in recipients]
    return connection.executemany("delete from last_opens where person8 = ?", keys).rowcount


def count_reports(database: Database, reports: Sequence[Report], today: int) -> None:
    """See `Aggregates`."""
    with database.writing() as connection:
        connection.execute("delete from counted_reports where day < ?", (today - REPORTS_KEPT_DAYS,))
        keys = {campaign: _key_of(connection, campaign) for campaign in {each.campaign for each in reports}}
        new = [each for each in reports if _is_new(connection, each, keys[each.campaign], today)]
        connection.executemany(COUNT, [(each.campaign, REPORTS.index(each.kind)) for each in new])
        note_changed(connection, (each.campaign for each in new))


def _key_of(connection: sqlite3.Connection, campaign: str) -> bytes:
    """The key of a campaign's hashes, made when it is first needed."""
    connection.execute("insert or ignore into report_keys values (?, ?)", (campaign, token_bytes(16)))
    (key,) = connection.execute("select key from report_keys where campaign = ?", (campaign,)).fetchone()
    return bytes(key)


def _is_new(connection: sqlite3.Connection, report: Report, key: bytes, today: int) -> bool:
    said = blake2b(f"{report.kind}\0{report.recipient}".encode(), digest_size=8, key=key).digest()
    row = (report.campaign, said, today)
    return connection.execute("insert or ignore into counted_reports values (?, ?, ?)", row).rowcount > 0


def whole_of(connection: sqlite3.Connection, campaigns: Sequence[str]) -> defaultdict[str, Counter[TallyKey]]:
    """What the counts without recipients add to the figures of these campaigns, by campaign."""
    named = json.dumps(list(campaigns))
    found = _tallies(connection.execute(WHOLE, (named,)))
    for campaign, kind, number in connection.execute(COUNTED, (named,)):
        found[campaign][0, 0, measure_of_report(REPORTS[kind])] = number
    return found


def buckets_of(
    connection: sqlite3.Connection, bounds: Mapping[str, tuple[int, int]], step: Step
) -> Mapping[str, Mapping[int, Counter[str]]]:
    """What they add to timelines, by campaign and start in ms. `bounds` are those of `bounds_of`, both outside."""
    found: dict[str, defaultdict[int, Counter[str]]] = {}
    for campaign, bound in bounds.items():
        buckets = found[campaign] = defaultdict(Counter)
        rows = connection.execute(BY_HOUR, (campaign, *_hours(*bound, step)))
        for (hour_ms, _, measure), number in _tallies(rows)[campaign].items():
            if hour_ms:
                buckets[hour_ms - hour_ms % step.length_ms][measure] += number
    return found


def _hours(after: int, until: int, step: Step) -> tuple[int, int]:
    """The first and the last hour between two bounds, which are days or milliseconds and both outside."""
    if step is Step.DAY:
        return (after + 1) * HOURS_A_DAY, until * HOURS_A_DAY - 1
    return after // HOUR_MS + 1, (until - 1) // HOUR_MS


def _tallies(rows: Iterable[tuple[str, int, int, int, int, int]]) -> defaultdict[str, Counter[TallyKey]]:
    counts: defaultdict[str, list[tuple[int, EventKind, int, View, int]]] = defaultdict(list)
    for campaign, hour, kind, link, view, number in rows:
        counts[campaign].append((hour, HITS[kind], link, View(view), number))
    found: defaultdict[str, Counter[TallyKey]] = defaultdict(Counter)
    found.update({campaign: tally_of_views(each) for campaign, each in counts.items()})
    return found


def joined(
    buckets: Mapping[int, Mapping[str, int]],
    unnamed: Mapping[int, Mapping[str, int]],
    measures: Sequence[str] | None = None,
) -> Mapping[int, Mapping[str, int]]:
    """Counters by time with those of hits without recipients, in order of time; all, or only these measures."""
    wanted = {
        start_ms: {name: number for name, number in each.items() if measures is None or name in measures}
        for start_ms, each in unnamed.items()
    }
    added = {start_ms: each for start_ms, each in wanted.items() if each}
    if not added:
        return dict(buckets)
    return {
        start_ms: dict(Counter(buckets.get(start_ms, {})) + Counter(added.get(start_ms, {})))
        for start_ms in sorted(buckets.keys() | added.keys())
    }
