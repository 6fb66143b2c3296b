"""The store in one SQLite file."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from mailpixel.model import Event, Message
from mailpixel.site_model import MESSAGES, Cases, Click
from mailpixel.store.aggregates import NO_DAYS, Report, ViewCount
from mailpixel.store.changes import FoldedHits, NewCounts
from mailpixel.store.consumers import WHOLE, News, Part
from mailpixel.store.erasure import NO_CASES, Ahead, Erased, Scanned, Suppression, TheirCases
from mailpixel.store.expansion import Expansion, SpoolCursor
from mailpixel.store.log import Followed, Overflow, PutAside
from mailpixel.store.measures import Step
from mailpixel.store.projections import Buckets, Figures, Folded, Generation, MessageState, Window
from mailpixel.store.retention import Going, Holding, Kept, Removed
from mailpixel.store.sqlite.aggregates import count_reports, last_open, raise_views
from mailpixel.store.sqlite.aside import put_aside
from mailpixel.store.sqlite.carried import messages_that_carried
from mailpixel.store.sqlite.changes import folded_hits, news_of_counts
from mailpixel.store.sqlite.clicks import clicks_by_id
from mailpixel.store.sqlite.consumers import SqliteConsumer, position_at
from mailpixel.store.sqlite.counters import timeline
from mailpixel.store.sqlite.database import BUSY_MS, Database
from mailpixel.store.sqlite.details import drop_details
from mailpixel.store.sqlite.editions import editions, note_edition
from mailpixel.store.sqlite.erasure import erase, forget_campaign
from mailpixel.store.sqlite.events import EventLog
from mailpixel.store.sqlite.expansion import forget_cursors, spool_cursors
from mailpixel.store.sqlite.holdings import going_of, hits_with_address, holding_of
from mailpixel.store.sqlite.log_writer import LogWriter
from mailpixel.store.sqlite.many_campaigns import figures_of, timelines
from mailpixel.store.sqlite.migrations import migrate
from mailpixel.store.sqlite.new_generation import NewGeneration
from mailpixel.store.sqlite.person_secret import secret_of
from mailpixel.store.sqlite.projections import Projections
from mailpixel.store.sqlite.recipients import recipients, states_of_people
from mailpixel.store.sqlite.retention import Past, forget_past, remove_days, tidy
from mailpixel.store.sqlite.salts import drop_salts, salt_days, salts
from mailpixel.store.sqlite.scanning import scan
from mailpixel.store.sqlite.site_retention import forget_site_past, kept_page_views
from mailpixel.store.sqlite.site_store import SqliteSiteProjections
from mailpixel.store.sqlite.sources import messages_by_source
from mailpixel.store.sqlite.sweeping import sweep
from mailpixel.store.sqlite.taken_suppressions import take_suppressions
from mailpixel.store.sqlite.tombstones import ahead_of, people_of, suppressions, suppressions_version
from mailpixel.store.sqlite.unswept import nobody_elses
from mailpixel.store.standing import Standing


class SqliteStore(SqliteSiteProjections):
    """A `Store` in a file that several processes may use at once. Opening it creates and migrates the file.

    Any thread may call it; each has its own connection. Pickled, it is its path, so worker processes open it
    anew. Every call raises `StoreUnavailable` while the file cannot be used; the next call tries again.
    """

    def __init__(self, path: Path | str, busy_ms: int = BUSY_MS) -> None:
        migrate(path, busy_ms)
        self._database = Database(path, busy_ms)
        self._log = EventLog(self._database)
        self._writer = LogWriter(self._database)
        self._projections = Projections(self._database)

    def __reduce__(self) -> tuple[type["SqliteStore"], tuple[Path, int]]:
        return SqliteStore, (self._database.path, self._database.busy_ms)

    def append(self, events: Sequence[Event], batch: str = "") -> None:
        """See `Store`. A repeated batch is recognised by its ids only."""
        self._writer.append(events)

    def append_blank(self) -> None:
        """See `Store`."""
        self._writer.append_blank()

    def append_evidence(self, hits: Sequence[Event]) -> int:
        """See `Store`."""
        return self._writer.append_evidence(hits)

    def raise_overflow(self, overflow: Sequence[Overflow]) -> None:
        """See `Store`."""
        self._writer.raise_overflow(overflow)

    def expand(self, expansion: Expansion) -> bool:
        """See `Store`."""
        return self._writer.expand(expansion)

    def spool_cursors(self) -> Mapping[str, SpoolCursor]:
        """See `Store`."""
        with self._database.reading() as connection:
            return spool_cursors(connection)

    def forget_spool_cursors(self, edges: Collection[str]) -> None:
        """See `Store`."""
        with self._database.jotting() as connection:
            forget_cursors(connection, edges)

    def latest(self, limit: int) -> Sequence[Event]:
        """See `Store`."""
        return self._log.latest(limit)

    def consumer(self, name: str, part: Part = WHOLE, cases: Cases = MESSAGES) -> SqliteConsumer:
        """See `Store`."""
        return SqliteConsumer(self._database, self._log, name, part, cases)

    def position_at(self, moment_ms: int | None) -> str:
        """See `Store`."""
        with self._database.reading() as connection:
            return position_at(connection, moment_ms)

    def forget_consumer(self, name: str) -> None:
        """See `Store`."""
        with self._database.writing() as connection:
            connection.execute("delete from positions where consumer = ?", (name,))

    def save(self, states: Sequence[Folded], news: News) -> None:
        """See `Store`."""
        self._projections.save(states, news)

    def cursor(self) -> str:
        """See `Store`."""
        return self._projections.cursor()

    def count_put_aside(self) -> int:
        """See `Store`."""
        return self._projections.count_put_aside()

    def put_aside(self, after: tuple[str, str] = ("", ""), limit: int = 1_000) -> Sequence[PutAside]:
        """See `Store`."""
        return put_aside(self._database, after, limit)

    def campaigns(self) -> Sequence[str]:
        """See `Store`."""
        return self._log.campaigns()

    def ranges(self, campaign: str, events: int) -> Sequence[tuple[str, str]]:
        """See `Store`."""
        return self._log.ranges(campaign, events)

    def messages(self, campaign: str, after: str = "", until: str | None = None) -> Iterator[Message]:
        """See `Store`."""
        return self._log.messages(campaign, after, until)

    def messages_to_fold(self, campaign: str, after: str, until: str) -> Iterator[Message | PutAside]:
        """See `Store`."""
        return self._log.messages_to_fold(campaign, after, until)

    def message(self, campaign: str, recipient: str) -> Message:
        """See `Store`."""
        return self._log.message(campaign, recipient)

    def person(self, recipient: str) -> Iterator[Message]:
        """See `Store`."""
        return self._log.people([recipient])

    def people(self, recipients: Sequence[str]) -> Iterator[Message]:
        """See `Store`."""
        return self._log.people(recipients)

    def messages_that_carried(self, campaign: str, urls: Sequence[str]) -> Iterator[Message | PutAside]:
        """See `Store`."""
        return messages_that_carried(self._database, self._log, campaign, urls)

    def messages_by_source(
        self, least: int, since_ms: int = 0, campaign: str | None = None
    ) -> Iterator[Followed]:
        """See `Store`."""
        return messages_by_source(self._database, self._log, least, since_ms, campaign)

    def new_generation(
        self, campaign: str, fold: Callable[[Message], Folded], edition: str = ""
    ) -> AbstractContextManager[Generation]:
        """See `Store`."""
        return NewGeneration(self._database, self._log, campaign, fold, edition).filled()

    def note_edition(self, edition: str, campaigns: Iterable[str], anew: bool = False) -> None:
        """See `Store`."""
        note_edition(self._database, edition, campaigns, anew)

    def editions(self) -> Mapping[str, int]:
        """See `Store`."""
        return editions(self._database)

    def figures(self, campaign: str, now_ms: int, settle_ms: int) -> Figures:
        """See `Store`."""
        return self._projections.figures(campaign, now_ms, settle_ms)

    def timeline(
        self, campaign: str, since_ms: int = 0, until_ms: int | None = None, step: Step = Step.QUARTER
    ) -> Buckets:
        """See `ReadProjections`."""
        return timeline(self._database, campaign, since_ms, until_ms, step)

    def figures_of(self, campaigns: Sequence[str], now_ms: int, settle_ms: int) -> Mapping[str, Figures]:
        """See `ReadProjections`."""
        return figures_of(self._database, campaigns, now_ms, settle_ms)

    def timelines(
        self, windows: Mapping[str, Window], measures: Sequence[str], step: Step = Step.QUARTER
    ) -> Mapping[str, Buckets]:
        """See `ReadProjections`."""
        return timelines(self._database, windows, measures, step)

    def news_of_counts(self, since: str = "") -> NewCounts:
        """See `Changes`."""
        return news_of_counts(self._database, since)

    def folded_hits(self, campaign: str, since: str, limit: int, until: str = "") -> FoldedHits:
        """See `Changes`."""
        return folded_hits(self._database, campaign, since, limit, until)

    def clicks_by_id(self, ids: Sequence[bytes]) -> Mapping[bytes, Click]:
        """See `Clicks`."""
        return clicks_by_id(self._database, ids)

    def recipients(
        self,
        campaign: str,
        after: str,
        limit: int,
        standing: Standing | None = None,
        link: int | None = None,
    ) -> Sequence[MessageState]:
        """See `ReadProjections`."""
        return recipients(self._database, campaign, (after, limit), standing, link)

    def states_of(self, recipients: Sequence[str], campaign: str | None = None) -> Sequence[MessageState]:
        """See `ReadProjections`."""
        return states_of_people(self._database, recipients, campaign)

    def drop_details(self, hits: Sequence[Event]) -> int:
        """See `Details`."""
        return drop_details(self._database, hits)

    def raise_views(self, counts: Sequence[ViewCount], last_opens: Mapping[str, int] = NO_DAYS) -> None:
        """See `Aggregates`."""
        raise_views(self._database, counts, last_opens)

    def last_open(self, recipient: str) -> int | None:
        """See `Aggregates`."""
        return last_open(self._database, recipient)

    def count_reports(self, reports: Sequence[Report], today: int) -> None:
        """See `Aggregates`."""
        count_reports(self._database, reports, today)

    def salts(self, make: Sequence[int] = ()) -> Mapping[int, bytes]:
        """See `Salts`."""
        return salts(self._database, make)

    def drop_salts(self, kept: range) -> bool:
        """See `Salts`."""
        return drop_salts(self._database, kept)

    def salt_days(self) -> Sequence[int]:
        """See `Salts`."""
        return salt_days(self._database)

    def forget_past(
        self,
        before_ms: int,
        after: bytes = b"",
        limit: int = 500,
        spared: Collection[str] = (),
        quiet_ms: int | None = None,
    ) -> Removed:
        """See `Retention`."""
        past = Past(before_ms, before_ms if quiet_ms is None else quiet_ms, spared)
        return forget_past(self._database, past, after, limit)

    def forget_site_past(self, before_ms: int, after: bytes = b"", limit: int = 500) -> Removed:
        """See `Retention`."""
        return forget_site_past(self._database, before_ms, after, limit)

    def kept_page_views(self, site: str) -> Mapping[int, Mapping[str, int]]:
        """See `Retention`."""
        return kept_page_views(self._database, site)

    def people_gone(self) -> Mapping[str, int]:
        """See `Retention`."""
        with self._database.reading() as connection:
            return dict(connection.execute("select campaign, until_ms from people_gone order by campaign"))

    def holding(self, kind: Kept, before_ms: int) -> Holding:
        """See `Retention`."""
        with self._database.reading() as connection:
            return holding_of(connection, kind, before_ms)

    def hits_with_address(self) -> int:
        """See `Retention`."""
        with self._database.reading() as connection:
            return hits_with_address(connection)

    def going(self, goings: Sequence[Going]) -> int:
        """See `Retention`."""
        with self._database.reading() as connection:
            return going_of(connection, goings)

    def remove_days(self, kind: Kept, before_ms: int, limit: int = 500) -> int:
        """See `Retention`."""
        return remove_days(self._database, kind, before_ms, limit)

    def tidy(self) -> bool:
        """See `Retention`."""
        return tidy(self._database)

    def compact(self) -> None:
        """See `Retention`."""
        self._database.rewrite()
        self._database.truncate_log(wait=False)

    def erase(self, recipient: str, now_ms: int) -> int:
        """See `Store`."""
        return self.erase_all([recipient], now_ms).events

    def erase_all(self, recipients: Sequence[str], now_ms: int, cases: TheirCases = NO_CASES) -> Erased:
        """See `Store`."""
        return erase(self._database, recipients, now_ms, cases)

    def forget_campaign(self, campaign: str) -> int:
        """See `Store`."""
        return forget_campaign(self._database, campaign)

    def erased_ahead(self, now_ms: int) -> Ahead:
        """See `Store`."""
        with self._database.reading() as connection:
            return ahead_of(connection, now_ms)

    def traces(self) -> Sequence[str]:
        """See `Store`."""
        return nobody_elses(self._database)

    def scan(self, texts: Sequence[str]) -> Scanned:
        """See `Store`."""
        return scan(self._database, texts)

    def person_secret(self) -> bytes:
        """See `Store`."""
        with self._database.reading() as connection:
            return secret_of(connection)

    def suppressions(self) -> Sequence[Suppression]:
        """See `Store`."""
        with self._database.reading() as connection:
            return suppressions(connection)

    def take_suppressions(self, entries: Sequence[Suppression]) -> None:
        """See `Store`."""
        with self._database.writing() as connection:
            take_suppressions(connection, entries)

    def suppressions_version(self) -> str:
        """See `Store`."""
        with self._database.reading() as connection:
            return suppressions_version(connection)

    def people_of(self, persons: Collection[bytes]) -> Sequence[str]:
        """See `Store`."""
        with self._database.reading() as connection:
            return people_of(connection, persons)

    def overwrites(self) -> bool:
        """See `Store`."""
        return self._database.overwrites()

    def sweep(self) -> None:
        """See `Store`. Deleted content is overwritten in the file, and the write-ahead log is emptied."""
        sweep(self._database)

    def check_in_place(self) -> None:
        """See `Store`."""
        self._database.check_in_place()

    def close(self) -> None:
        """Close the connections of all threads. No thread may be using one."""
        self._database.close()
