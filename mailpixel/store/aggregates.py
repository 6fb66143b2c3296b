"""What is kept of hits and reports without their recipients: counts of a campaign, and the day of a person's last open.

One contract suite (`tests/integration/test_aggregates_contract.py`) runs on every store.

| view | adds to |
|---|---|
| human | `events`, `deduplicated`, `human` |
| proxied | the same, and `proxied`: a mailbox's proxy fetched on view |
| privacy_prefetch | `events`, `deduplicated`, `privacy_prefetch` |
| machine | `events`, `deduplicated`, `machine` |
| repeat | `events` |

Each view also adds to the part without recipients: `opens.aggregate_human` and so on.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from enum import IntEnum
from types import MappingProxyType
from typing import NamedTuple, Protocol

from msgspec import Struct

from mailpixel.kinds import EventKind
from mailpixel.store.measures import LINK_PARTS, QUARTER_PARTS, TallyKey

HOUR_MS = 3_600_000
REPORTS_KEPT_DAYS = 14
"""How many days a report is remembered, so that the same one does not count twice."""


class View(IntEnum):
    """What a hit without a recipient was. The database holds these numbers."""

    HUMAN = 0
    PROXIED = 1
    """A person's, through the proxy of a mailbox."""
    PRIVACY_PREFETCH = 2
    MACHINE = 3
    REPEAT = 4
    """A repeat of one that counted."""


PARTS: Mapping[View, tuple[str, ...]] = {
    View.HUMAN: ("events", "deduplicated", "human", "aggregate_human", "aggregate_events"),
    View.PROXIED: ("events", "deduplicated", "human", "proxied", "aggregate_human", "aggregate_events"),
    View.PRIVACY_PREFETCH: (
        "events",
        "deduplicated",
        "privacy_prefetch",
        "aggregate_privacy_prefetch",
        "aggregate_events",
    ),
    View.MACHINE: ("events", "deduplicated", "machine", "aggregate_machine", "aggregate_events"),
    View.REPEAT: ("events", "aggregate_events"),
}
"""The measures that a view adds to, without the group `opens` or `clicks`."""
GROUPS: Mapping[EventKind, str] = {EventKind.OPEN: "opens", EventKind.CLICK: "clicks"}


class ViewKey(NamedTuple):
    """What is counted together. `hour` counts from 1970; `link` is 0 for opens and -1 for embedded destinations."""

    campaign: str
    hour: int
    kind: EventKind
    link: int
    view: View


class ViewCount(Struct, frozen=True, gc=False):
    """The running count of one `edge` (one writing process), so that writing it twice counts it once."""

    key: ViewKey
    edge: bytes
    number: int


class Report(NamedTuple):
    """A delivery, bounce or complaint of a recipient who is not named in the log."""

    campaign: str
    kind: EventKind
    recipient: str


NO_DAYS: Mapping[str, int] = MappingProxyType({})


class LastOpens(Protocol):
    """Reads the days of last opens."""

    def last_open(self, recipient: str) -> int | None:
        """The day of a person's last open, in days since 1970; None when none is kept."""
        ...


class Aggregates(LastOpens, Protocol):
    """Counts without recipients. They are part of the figures and timelines of their campaigns."""

    def raise_views(self, counts: Sequence[ViewCount], last_opens: Mapping[str, int] = NO_DAYS) -> None:
        """Raise counts, and the days of last opens by recipient, in one transaction. Higher stored numbers stay.

        The day of a person who refuses opens, or was erased on that day or later, is not kept. Raises
        `StoreUnavailable` when nothing was written.
        """
        ...

    def count_reports(self, reports: Sequence[Report], today: int) -> None:
        """Count each report once, without keeping its recipient.

        A report is remembered for `REPORTS_KEPT_DAYS` by eight bytes of a hash, whose key is one of its campaign.
        Raises `StoreUnavailable` when nothing was written.
        """
        ...


def tally_of_views(counts: Iterable[tuple[int, EventKind, int, View, int]]) -> Counter[TallyKey]:
    """What counts of (hour, kind, link, view, number) add to the counters of their campaign.

    An hour stands in the quarter hour that it begins with; hour 0 is the whole campaign.
    """
    sums: Counter[TallyKey] = Counter()
    for hour, kind, link, view, number in counts:
        group = GROUPS[kind]
        for part in PARTS[view]:
            measure = f"{group}.{part}"
            sums[0, 0, measure] += number
            if hour and part in QUARTER_PARTS:
                sums[hour * HOUR_MS, 0, measure] += number
            if link and part in LINK_PARTS:
                sums[0, link, measure] += number
    return sums


def measure_of_report(kind: EventKind) -> str:
    """The measure of reports of this kind."""
    return f"unnamed.{kind}"
