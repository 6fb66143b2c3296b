"""The measures: what one message adds to the counters of its campaign, as a pure function of its state.

A measure is a dotted name of the summary. A hit *counts* when it is a GET on a valid token and not internal;
events with a broken signature count in nothing. `machine` is prefetch, scanner and bot, and on a click
privacy prefetch too.

| measure | of | counts |
|---|---|---|
| `opens.events`, `clicks.events` | hits | that count, repeats included |
| `opens.deduplicated`, `clicks.deduplicated` | hits | less repeats: human + privacy_prefetch + machine |
| `opens.human`, `clicks.human` | hits | human, without repeats |
| `opens.proxied` | hits | the part of `opens.human` with a via |
| `opens.privacy_prefetch` | hits | Apple's privacy prefetch, without repeats |
| `opens.machine`, `clicks.machine` | hits | machine, without repeats |
| `probes` | hits | on a valid token with a method other than GET |
| `internal` | hits | the sender's own, any method |
| `opens.unique`, `clicks.unique` | messages | with one that counts |
| `opens.unique_human`, `clicks.unique_human` | messages | with a human one |
| `opens.unique_privacy_prefetch` | messages | with a privacy prefetch |
| `opens.unique_privacy_only` | messages | with a privacy prefetch and no human open |
| `opens.unique_human_trackable` | messages | with a human open and no privacy prefetch |
| `opens.inferred_from_clicks` | messages | with a human click while their opens were recorded, and no human open |
| `clicks.without_opens` | messages | with a human click, of whose opens nothing was recorded |
| `clicks.on_trackable_opens` | messages | with a human click, a human open and no privacy prefetch |
| `clicks.on_privacy` | messages | with a human click and a privacy prefetch |
| `clicks.on_privacy_only` | messages | with a human click, a privacy prefetch and no human open |
| `delivered`, `delivered_privacy` | messages | with a delivery that did not bounce; of these, with a privacy prefetch |
| `bounced` | messages | that bounced, without a later delivery and without a human hit |
| `complained` | messages | that their recipients reported as spam |
| `opted_out` | messages | whose recipient asked not to be tracked |
| `seen` | messages | with a report, an opt-out or a hit on a valid token |
| `standing.NAME` | messages | of this standing; each message that is `seen` has one |
| `opens.client.NAME` | messages | with a human hit, read in this program |
| `opens.device.NAME` | messages | with a human hit, read on this kind of device |
| `opens.aggregate_NAME`, `clicks.aggregate_NAME` | hits | the part that was counted without recipients |
| `unnamed.KIND` | messages | with a report whose recipient is not kept |

The last two are missing where they are zero, and no state adds to them: see `mailpixel.store.aggregates`. The hits are
also in `opens.events`, `opens.human` and the other measures of hits.

By link (number, or -1 for embedded destinations): `clicks.events`, `.human`, `.machine`, `.unique_human`.
By quarter hour: `opens.` and `clicks.` `events`, `human`, `privacy_prefetch`, `machine`, and `first_human`:
messages whose first human open or click falls into it. By day (UTC): the sums of its quarter hours.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from enum import StrEnum
from functools import lru_cache

from mailpixel.store.shown import (
    BOUNCED,
    CLICKED,
    CLICKED_HUMAN,
    COMPLAINED,
    COUNTS_AS,
    DELIVERED,
    EMBEDDED,
    IMPLIES_OPEN,
    OPENED,
    OPENED_HUMAN,
    OPTED_OUT,
    PEOPLE,
    PRIVACY,
    SEEN,
    SHOWN,
    SHOWN_BITS,
    Judgement,
    link_of,
    with_reports,
)
from mailpixel.store.standing import STANDINGS, standing_of
from mailpixel.store.verdict_codes import CODE_MASK, FLAGS_MASK, LINK_SHIFT, RULE_SHIFT, codes, pairs
from mailpixel.times import DAY_MS
from mailpixel.traffic.programs import DEVICES, PROGRAMS, device_of, program_of

TallyKey = tuple[int, int, str]
"""(bucket_ms, link, measure). Bucket 0 is the whole campaign, any other the start of a quarter hour. Link 0 is all
links, -1 the embedded ones. A measure is a dotted name in the summary, such as `opens.unique_human`."""

QUARTER_S = 900


class Step(StrEnum):
    """The length of a bucket in a timeline."""

    QUARTER = "quarter"
    DAY = "day"
    """A day in UTC."""

    @property
    def length_ms(self) -> int:
        """The length in milliseconds."""
        return DAY_MS if self is Step.DAY else QUARTER_S * 1000


FIRSTS = {OPENED_HUMAN: "opens.first_human", CLICKED_HUMAN: "clicks.first_human"}

# measure, bits a message must show, bits it must not show
BY_MESSAGE: tuple[tuple[str, int, int], ...] = (
    ("opens.unique", OPENED, 0),
    ("opens.unique_human", OPENED_HUMAN, 0),
    ("opens.unique_privacy_prefetch", PRIVACY, 0),
    ("opens.unique_privacy_only", PRIVACY, OPENED_HUMAN),
    ("opens.unique_human_trackable", OPENED_HUMAN, PRIVACY),
    ("opens.inferred_from_clicks", IMPLIES_OPEN, OPENED_HUMAN),
    ("clicks.unique", CLICKED, 0),
    ("clicks.unique_human", CLICKED_HUMAN, 0),
    ("clicks.without_opens", CLICKED_HUMAN, OPENED_HUMAN | IMPLIES_OPEN),
    ("clicks.on_trackable_opens", CLICKED_HUMAN | OPENED_HUMAN, PRIVACY),
    ("clicks.on_privacy", CLICKED_HUMAN | PRIVACY, 0),
    ("clicks.on_privacy_only", CLICKED_HUMAN | PRIVACY, OPENED_HUMAN),
    ("delivered", DELIVERED, 0),
    ("delivered_privacy", DELIVERED | PRIVACY, 0),
    ("bounced", BOUNCED, 0),
    ("complained", COMPLAINED, 0),
    ("opted_out", OPTED_OUT, 0),
    ("seen", SEEN, 0),
)
BY_HIT = (
    "opens.events",
    "opens.deduplicated",
    "opens.human",
    "opens.proxied",
    "opens.privacy_prefetch",
    "opens.machine",
    "clicks.events",
    "clicks.deduplicated",
    "clicks.human",
    "clicks.machine",
    "probes",
    "internal",
)
BY_STANDING = tuple(f"standing.{standing}" for standing in STANDINGS)
BY_PROGRAM = tuple(f"opens.client.{program}" for program in PROGRAMS)
BY_DEVICE = tuple(f"opens.device.{device}" for device in DEVICES)
MEASURES = (
    *BY_HIT,
    *(measure for measure, _, _ in BY_MESSAGE),
    *BY_STANDING,
    *BY_PROGRAM,
    *BY_DEVICE,
)
"""Every measure of a whole campaign."""
LINK_PARTS = frozenset({"events", "human", "machine"})
QUARTER_PARTS = frozenset({"events", "human", "privacy_prefetch", "machine"})


class Tally:
    """A running sum of what messages add to the counters of one campaign.

    Hits are first counted by their code and turned into measures once, when asked. A batch holds few
    different codes, so the sum costs little more than reading the marks.
    """

    __slots__ = ("_clicked", "_firsts", "_hits", "_shown")

    def __init__(self) -> None:
        self._hits: defaultdict[int, int] = defaultdict(int)
        self._shown: defaultdict[int, int] = defaultdict(int)
        self._firsts: defaultdict[int, int] = defaultdict(int)
        self._clicked: defaultdict[int, int] = defaultdict(int)

    def add(self, state: Judgement, times: int = 1) -> int:
        """Add a message, or remove it with `times` -1. Returns what it showed, as bits of `mailpixel.store.shown`."""
        hits, shown = self._hits, 0
        firsts: dict[int, int] = {}
        links: set[int] = set()
        for second, code in pairs(state.marks):
            hits[second // QUARTER_S << RULE_SHIFT | code & CODE_MASK] += times
            shows = SHOWN[code & FLAGS_MASK]
            shown |= shows
            people = shows & PEOPLE
            if people:
                if people not in firsts or second < firsts[people]:
                    firsts[people] = second
                if people == CLICKED_HUMAN:
                    links.add((code & CODE_MASK) >> LINK_SHIFT)
        for people, second in firsts.items():
            self._firsts[second // QUARTER_S << RULE_SHIFT | people] += times
        for link in links:
            self._clicked[link or EMBEDDED] += times
        shown = with_reports(state, shown)
        client = state.client if shown & PEOPLE else 0
        self._shown[client << SHOWN_BITS | shown] += times
        return shown

    def merge(self, other: "Tally") -> None:
        """Add another sum to this one."""
        for mine, theirs in (
            (self._hits, other._hits),
            (self._shown, other._shown),
            (self._firsts, other._firsts),
            (self._clicked, other._clicked),
        ):
            for key, times in theirs.items():
                mine[key] += times

    def counts(self) -> dict[TallyKey, int]:
        """The sum by key, without zeros."""
        sums: Counter[TallyKey] = Counter()
        for key, times in self._hits.items():
            for counted in _keys_of_hit(key):
                sums[counted] += times
        for shown, times in self._shown.items():
            for measure in _measures_of_message(shown):
                sums[0, 0, measure] += times
        for key, times in self._firsts.items():
            sums[_bucket_ms(key >> RULE_SHIFT), 0, FIRSTS[key & CODE_MASK]] += times
        for link, times in self._clicked.items():
            sums[0, link, "clicks.unique_human"] += times
        return {key: number for key, number in sums.items() if number}


def tally(states: Iterable[Judgement]) -> Mapping[TallyKey, int]:
    """The sum of what these messages of one campaign add to its counters."""
    total = Tally()
    for state in states:
        total.add(state)
    return total.counts()


def rolled(counts: Mapping[TallyKey, int]) -> Mapping[TallyKey, int]:
    """The same sums by day (UTC) instead of by quarter hour; those of the whole campaign stay."""
    sums: Counter[TallyKey] = Counter()
    for (bucket_ms, link, measure), number in counts.items():
        sums[bucket_ms - bucket_ms % DAY_MS, link, measure] += number
    return sums


@lru_cache(maxsize=1_024)  # a table asks for one column after the other, each for the same page of messages
def hit_counts(marks: bytes) -> Mapping[str, int]:
    """What the hits of one message add to each measure of `BY_HIT`, without zeros: a part of `tally`, made faster."""
    sums: Counter[str] = Counter()
    for code in codes(marks)[1::2]:
        sums.update(COUNTS_AS[code & FLAGS_MASK])
    return sums


def _bucket_ms(quarter: int) -> int:
    return quarter * QUARTER_S * 1000


@lru_cache(maxsize=65_536)
def _keys_of_hit(key: int) -> tuple[TallyKey, ...]:
    """Every key that a hit adds to; `key` is the quarter hour and the code without its rule."""
    code = key & CODE_MASK
    bucket_ms = _bucket_ms(key >> RULE_SHIFT)
    measures = COUNTS_AS[code & FLAGS_MASK]
    keys: list[TallyKey] = [(0, 0, measure) for measure in measures]
    for measure in measures:
        group, _, part = measure.partition(".")
        if part in QUARTER_PARTS:
            keys.append((bucket_ms, 0, measure))
        if group == "clicks" and part in LINK_PARTS:
            keys.append((0, link_of(code), measure))
    return tuple(keys)


@lru_cache(maxsize=65_536)
def _measures_of_message(key: int) -> tuple[str, ...]:
    """Every measure that a message adds to. `key` is what the message showed, below its client."""
    shown, client = key & (1 << SHOWN_BITS) - 1, key >> SHOWN_BITS
    measures = [m for m, all_of, none_of in BY_MESSAGE if shown & all_of == all_of and not shown & none_of]
    if shown & SEEN:
        measures.append(f"standing.{standing_of(shown)}")
    if shown & PEOPLE:
        measures += (f"opens.client.{program_of(client)}", f"opens.device.{device_of(client)}")
    return tuple(measures)
