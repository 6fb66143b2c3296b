"""What a store and a registry offer for retention: old rows are removed, and the figures stay as they were.

One contract suite (`tests/integration/test_retention_contract.py`) runs on every store and registry.
"""

from collections.abc import Collection, Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple, Protocol

from mailpixel.site_model import Visit
from mailpixel.times import DAY_MS


class Kept(StrEnum):
    """What is kept for a time."""

    SALTS = "salts"
    DETAILS = "details"
    FULL_DETAILS = "full_details"
    EVENTS = "events"
    LAST_OPENS = "last_opens"
    REPORTS = "reports"
    MAILS = "mails"
    LETTERS = "letters"
    POSTS = "posts"
    CONSENTS = "consents"
    SITE_DETAILS = "site_details"
    SITE_EVENTS = "site_events"


OF_REGISTRY = frozenset({Kept.MAILS, Kept.LETTERS, Kept.POSTS, Kept.CONSENTS})
"""The kinds that a registry holds; a store holds the others."""


class Removed(NamedTuple):
    """What one step removed: messages and their events. Continue after the event id `after`; empty: that was all."""

    messages: int = 0
    events: int = 0
    after: bytes = b""


class Holding(NamedTuple):
    """What is stored of one kind.

    `rows` are all rows, `past` those that would be removed. `oldest_ms` is the moment of the oldest (None: none
    there), `size_bytes` what tables and indexes take in the file (None: not known).
    """

    rows: int = 0
    past: int = 0
    oldest_ms: int | None = None
    size_bytes: int | None = None


class RetentionRun(NamedTuple):
    """When a kind was last gone through to its end, how many rows that removed, and when rows last were removed.

    Moments are in milliseconds since 1970; `removed_ms` is None where none ever were.
    """

    at_ms: int
    removed: int
    removed_ms: int | None = None


def views_of(visit: Visit) -> Mapping[tuple[str, int, str], int]:
    """What stays of a removed visit, by site, day and measure: it counts as one visit of its verdict, with its views.

    Measures are `visits.human`, `views.bot` and so on: of visits and of page views, by verdict.
    """
    day = visit.first_ms // DAY_MS
    views = sum(step.name == "page_view" and not step.repeat for step in visit.steps)
    counts = {f"visits.{visit.verdict}": 1, f"views.{visit.verdict}": views}
    return {(visit.site, day, measure): number for measure, number in counts.items() if number}


class Going(NamedTuple):
    """Which messages go: those with their first event before `before_ms`, and their last before `quiet_ms`.

    Those of `spared` campaigns stay.
    """

    before_ms: int
    quiet_ms: int
    spared: Collection[str] = ()


class Retention(Protocol):
    """Removes what is old from the log, and keeps what it added to the figures."""

    def forget_past(
        self,
        before_ms: int,
        after: bytes = b"",
        limit: int = 500,
        spared: Collection[str] = (),
        quiet_ms: int | None = None,
    ) -> Removed:
        """Remove messages whose last event was received before a moment: about `limit` events, in one transaction.

        With `quiet_ms` those go whose first event was received before `before_ms`, and whose last before `quiet_ms`:
        messages that are read for years.

        A message goes as a whole, with its state, so no verdict ever changes by half of a message. What it added to
        the figures of its campaign stays, by day (UTC) where it was by quarter hour. Messages that are not folded
        yet, and those of `spared` campaigns, stay. Call it again with the `after` of the answer.
        """
        ...

    def forget_site_past(self, before_ms: int, after: bytes = b"", limit: int = 500) -> Removed:
        """Remove visits and orders whose last event was received before a moment: those of `limit` events.

        Each goes as a whole, with what was folded of it, in one transaction. How many pages were viewed stays, by day.
        What is not folded yet stays. `messages` counts the cases. Call it again with the `after` of the answer.
        """
        ...

    def kept_page_views(self, site: str) -> Mapping[int, Mapping[str, int]]:
        """What removed visits were, by the day (since 1970, UTC) on which they began, see `views_of`."""
        ...

    def people_gone(self) -> Mapping[str, int]:
        """Campaigns that lost messages, with the moment: messages whose last event was earlier are gone."""
        ...

    def holding(self, kind: Kept, before_ms: int) -> Holding:
        """What the store has of a kind that is not one of `OldRecords`, and how much of it is past.

        How many of `EVENTS` are past is not told here: see `going`.
        """
        ...

    def going(self, goings: Sequence[Going]) -> int:
        """How many events go with the messages that one of these takes. It may take seconds."""
        ...

    def hits_with_address(self) -> int:
        """How many hits still have the address that was stored of them before a mode was chosen. It reads all hits."""
        ...

    def remove_days(self, kind: Kept, before_ms: int, limit: int = 500) -> int:
        """Remove `LAST_OPENS` or `REPORTS` of days that ended before a moment, at most `limit` of them.

        Returns how many were removed; fewer than `limit`: that was all.
        """
        ...

    def tidy(self) -> bool:
        """Remove agents that no event has any more, and empty the write-ahead log.

        Returns False if a reader prevents the latter, without waiting for it.
        """
        ...

    def compact(self) -> None:
        """Write the file again: it becomes as small as its content. Writers wait meanwhile."""
        ...


class OldRecords(Protocol):
    """Removes what is old from a registry, and notes when each kind was gone through."""

    def remove_old(self, kind: Kept, before_ms: int, limit: int = 500) -> int:
        """Remove `MAILS`, `LETTERS`, `POSTS` or `CONSENTS` from before a moment, at most `limit` of them.

        Of people who said nothing for so long, a grant goes with its proof: they are unknown again. A refusal stays
        in force, without the id. Returns how many were removed; fewer than `limit`: that was all.
        """
        ...

    def holding(self, kind: Kept, before_ms: int) -> Holding:
        """What is stored of these kinds, and how much of it is past."""
        ...

    def note_retention(self, kind: Kept, at_ms: int, removed: int) -> None:
        """Note that a kind was gone through to its end."""
        ...

    def retention_runs(self) -> Mapping[Kept, RetentionRun]:
        """When each kind was last gone through."""
        ...
