"""What was folded from the log, in SQLite: states, counters by difference, and the checkpoint, in one transaction."""

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from mailpixel.errors import Conflict
from mailpixel.model import Facts
from mailpixel.store.consumers import News
from mailpixel.store.log import PutAside
from mailpixel.store.measures import MEASURES, Tally, TallyKey
from mailpixel.store.projections import Figures, Folded, MessageState
from mailpixel.store.sqlite.aggregates import whole_of
from mailpixel.store.sqlite.aside import count_aside, keep_aside, take_back
from mailpixel.store.sqlite.changes import note_changed
from mailpixel.store.sqlite.consumers import waiting_after
from mailpixel.store.sqlite.counters import move_counters
from mailpixel.store.sqlite.cursor import Cursor, read_cursor, write_cursor
from mailpixel.store.sqlite.database import Database
from mailpixel.store.sqlite.editions import edition_of
from mailpixel.store.sqlite.generations import (
    live_generation,
    new_generation,
    put_states,
    states_of,
)
from mailpixel.store.sqlite.kept import gone_until, kept_overflow, kept_totals, still_logged
from mailpixel.store.sqlite.persons import note_campaign, note_progress
from mailpixel.store.sqlite.positions import OF_MESSAGES
from mailpixel.store.sqlite.rows import HITS
from mailpixel.store.sqlite.tombstones import kept_folded

# The plus sign makes SQLite read the last few seconds instead of the whole campaign.
PROVISIONAL = (
    f"select count(*) from events where id >= ? and {OF_MESSAGES} and +campaign = ? and kind in {HITS}"  # noqa: S608
    f" and not facts & {int(Facts.FORGED)}"
)


class Projections:
    """States, counters, and the position up to which the log has been folded into them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def cursor(self) -> str:
        """How far the log has been folded."""
        with self._database.reading() as connection:
            return str(read_cursor(connection))

    def count_put_aside(self) -> int:
        """The number of messages put aside."""
        with self._database.reading() as connection:
            return count_aside(connection)

    def save(self, states: Sequence[Folded], news: News) -> None:
        """Replace states and move counters and cursor. Raises `Conflict`."""
        with self._database.writing() as connection:
            since, cursor = Cursor.parse(news.since), Cursor.parse(news.position)
            if read_cursor(connection) != since:
                raise Conflict("the log was folded, replaced or erased from meanwhile; read again")
            kept = kept_folded(connection, states)
            if len(kept) < len(
                states
            ):  # who is being erased: the erasure must find their events all the same
                _note_all(connection, states)
            by_campaign, aside = _sorted_out(still_logged(connection, kept))
            for campaign, of_campaign in by_campaign.items():
                _replace_states(connection, campaign, of_campaign)
            note_changed(connection, by_campaign)
            take_back(connection, by_campaign)
            for each in aside:
                note_campaign(connection, each.campaign, [each.recipient])
            keep_aside(connection, aside)
            note_progress(connection, since.position, cursor.position)
            write_cursor(connection, cursor)

    def figures(self, campaign: str, now_ms: int, settle_ms: int) -> Figures:
        """The counters of a campaign."""
        totals = dict.fromkeys(MEASURES, 0)
        links: defaultdict[int, dict[str, int]] = defaultdict(dict)
        with self._database.reading() as connection:
            for link, measure, number in _whole_campaign(connection, campaign):
                of = links[link] if link else totals
                of[measure] = of.get(measure, 0) + number
            for (_, link, measure), number in _unnamed(connection, campaign):
                counted = links[link] if link else totals
                counted[measure] = counted.get(measure, 0) + number
            return Figures(
                totals=totals,
                links=dict(links),
                overflow=_overflow(connection, campaign),
                provisional=_provisional(connection, campaign, now_ms - settle_ms),
                as_of_ms=as_of_ms(connection, now_ms),
                edition=edition_of(connection, campaign),
                people_gone_ms=gone_until(connection, [campaign]).get(campaign),
            )


def _sorted_out(folded: Sequence[Folded]) -> tuple[Mapping[str, list[MessageState]], list[PutAside]]:
    """States by campaign, and the messages put aside."""
    by_campaign: defaultdict[str, list[MessageState]] = defaultdict(list)
    aside: list[PutAside] = []
    for each in folded:
        if isinstance(each, PutAside):
            aside.append(each)
        else:
            by_campaign[each.campaign].append(each)
    return by_campaign, aside


def _note_all(connection: sqlite3.Connection, states: Sequence[Folded]) -> None:
    for each in states:
        note_campaign(connection, each.campaign, [each.recipient])


def _replace_states(connection: sqlite3.Connection, campaign: str, states: Sequence[MessageState]) -> None:
    """Replace the states that do not know more, and change the counters by the difference."""
    live = live_generation(connection, campaign)
    generation = new_generation(connection, campaign, live=True) if live is None else live
    moves = Tally()
    recipients = [state.recipient for state in states]
    found = () if live is None else states_of(connection, generation, campaign, recipients)
    formers = {former.recipient: former for former in found}
    states = [state for state in states if state.knowledge >= formers.get(state.recipient, state).knowledge]
    for state in states:
        if former := formers.get(state.recipient):
            moves.add(former, -1)
    note_campaign(connection, campaign, recipients)
    put_states(connection, generation, states, [moves.add(state) for state in states])
    move_counters(connection, generation, moves.counts())


def _whole_campaign(connection: sqlite3.Connection, campaign: str) -> Sequence[tuple[int, str, int]]:
    counted = connection.execute(
        "select link, measure, number from counters where shelf = ? and bucket_ms = 0 order by link, measure",
        (live_generation(connection, campaign),),
    ).fetchall()
    return [*counted, *(row[1:] for row in kept_totals(connection, [campaign]))]


def _unnamed(connection: sqlite3.Connection, campaign: str) -> Iterable[tuple[TallyKey, int]]:
    """What is counted without recipients, for the whole campaign."""
    found = whole_of(connection, [campaign])[campaign]
    return ((key, number) for key, number in found.items() if not key[0])


def _overflow(connection: sqlite3.Connection, campaign: str) -> int:
    total = connection.execute("select coalesce(sum(hits), 0) from overflow where campaign = ?", (campaign,))
    return int(total.fetchone()[0]) + kept_overflow(connection, [campaign]).get(campaign, 0)


def _provisional(connection: sqlite3.Connection, campaign: str, settled_ms: int) -> int:
    return int(connection.execute(PROVISIONAL, (after_ms(settled_ms), campaign)).fetchone()[0])


def after_ms(moment_ms: int) -> bytes:
    """The smallest id of an event that was received after a moment."""
    return max(moment_ms + 1, 0).to_bytes(6, "big")


def as_of_ms(connection: sqlite3.Connection, now_ms: int) -> int:
    """Now when nothing is left to fold; else the moment of the first event left, if not in the future.

    0 when nothing was ever folded.
    """
    position = read_cursor(connection).position
    if position == 0:
        return 0
    first_ms = waiting_after(connection, position).first_event_ms
    return now_ms if first_ms is None else min(first_ms, now_ms)
