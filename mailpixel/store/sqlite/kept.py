"""Figures of messages that retention removed, in a SQLite file: by day (UTC), and of the whole campaign."""

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence

from mailpixel.store.log import PutAside
from mailpixel.store.measures import TallyKey, rolled
from mailpixel.store.projections import Folded, Window
from mailpixel.store.tombstones import last_ms
from mailpixel.times import DAY_MS

OVERFLOW = "overflow"
"""Hits past the cap stand beside the measures."""
KEEP = """
    insert into kept values (?, ?, ?, ?, ?)
    on conflict (campaign, bucket_ms, link, measure) do update set number = number + excluded.number
"""
GONE = """
    insert into people_gone values (?, ?)
    on conflict (campaign) do update set until_ms = max(until_ms, excluded.until_ms)
"""
WHOLE = f"""
    select campaign, link, measure, number from kept
    where campaign in (select value from json_each(?)) and bucket_ms = 0 and measure <> '{OVERFLOW}'
"""  # noqa: S608
HITS_PAST = f"""
    select campaign, number from kept
    where campaign in (select value from json_each(?)) and bucket_ms = 0 and link = 0 and measure = '{OVERFLOW}'
"""  # noqa: S608
DAYS = "select bucket_ms, measure, number from kept where campaign = ? and bucket_ms > ? and bucket_ms < ? and link = 0"
UNTIL = "select campaign, until_ms from people_gone where campaign in (select value from json_each(?))"
BEFORE = "select 1 from events where campaign = ? and recipient = ? and id < ? limit 1"


def keep(connection: sqlite3.Connection, campaign: str, counts: Mapping[TallyKey, int]) -> None:
    """Add what removed messages of a campaign added to its figures."""
    connection.executemany(KEEP, [(campaign, *key, number) for key, number in rolled(counts).items()])


def note_gone(connection: sqlite3.Connection, campaigns: Sequence[str], until_ms: int) -> None:
    """Note that people of these campaigns are gone whose last event was before a moment."""
    connection.executemany(GONE, [(campaign, until_ms) for campaign in campaigns])


def kept_totals(
    connection: sqlite3.Connection, campaigns: Sequence[str]
) -> Iterator[tuple[str, int, str, int]]:
    """(campaign, link, measure, number) of whole campaigns."""
    yield from connection.execute(WHOLE, (json.dumps(list(campaigns)),))


def kept_overflow(connection: sqlite3.Connection, campaigns: Sequence[str]) -> dict[str, int]:
    """Hits past the cap by campaign."""
    return dict(connection.execute(HITS_PAST, (json.dumps(list(campaigns)),)).fetchall())


def kept_days(
    connection: sqlite3.Connection, campaign: str, window: Window
) -> Iterator[tuple[int, str, int]]:
    """(start, measure, number) of the days that overlap a window."""
    until_ms = (1 << 63) - 1 if window.until_ms is None else window.until_ms
    yield from connection.execute(DAYS, (campaign, max(window.since_ms - DAY_MS, 0), until_ms))


def gone_until(connection: sqlite3.Connection, campaigns: Sequence[str]) -> dict[str, int]:
    """Of the campaigns that lost people: up to when."""
    return dict(connection.execute(UNTIL, (json.dumps(list(campaigns)),)).fetchall())


def still_logged(connection: sqlite3.Connection, folded: Sequence[Folded]) -> Sequence[Folded]:
    """Without the states and messages put aside that were read before retention removed their events."""
    until = gone_until(connection, list({each.campaign for each in folded}))
    if not until:
        return folded
    return [
        each
        for each in folded
        if last_ms(each) >= until.get(each.campaign, -1) or _is_logged(connection, each)
    ]


def _is_logged(connection: sqlite3.Connection, each: Folded) -> bool:
    """Whether there is an event that it may have been made of: none that came later."""
    moment_ms = last_ms(each)
    end = b"\xff" * 16 if isinstance(each, PutAside) or moment_ms < 0 else id_from(moment_ms + 1)
    return connection.execute(BEFORE, (each.campaign, each.recipient, end)).fetchone() is not None


def id_from(moment_ms: int) -> bytes:
    """The smallest id of an event that was received at a moment or later."""
    return max(moment_ms, 0).to_bytes(6, "big")
