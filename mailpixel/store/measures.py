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
| `opens.inferred_from_clicks` | messages | with a human click and no human open |
| `clicks.on_trackable_opens` | messages | with a human click, a human open and no privacy prefetch |
| `clicks.on_privacy` | messages | with a human click and a privacy prefetch |
| `clicks.on_privacy_only` | messages | with a human click, a privacy prefetch and no human open |
| `delivered`, `delivered_privacy` | messages | with a delivery; of these, with a privacy prefetch |
| `opted_out` | messages | whose recipient asked not to be tracked |
| `seen` | messages | with a delivery, an opt-out or a hit on a valid token |

By link (number, or -1 for embedded destinations): `clicks.events`, `.human`, `.machine`, `.unique_human`.
By quarter hour: `opens.` and `clicks.` `events`, `human`, `privacy_prefetch`, `machine`, and `first_human`:
messages whose first human open or click falls into it.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Protocol

from mailpixel.kinds import EventKind
from mailpixel.model import Verdict
from mailpixel.store.verdict_codes import (
    CODE_MASK,
    DUP,
    FLAGS_MASK,
    FORGED,
    KINDS,
    LINK_SHIFT,
    PROBE,
    RULE_SHIFT,
    VERDICT_SHIFT,
    VERDICTS,
    VIA_SHIFT,
    codes,
)

TallyKey = tuple[int, int, str]
"""(bucket_ms, link, measure): bucket 0 is the whole campaign, otherwise the start of a quarter hour; link 0
is all links (and -1 the embedded ones); measure is a dotted name of the summary, as `opens.unique_human`."""

QUARTER_S = 900
EMBEDDED = -1

# What a message showed, as bits: one hit gives some of them, a message the union.
OPENED, OPENED_HUMAN, PRIVACY, CLICKED, CLICKED_HUMAN, SEEN, DELIVERED, OPTED_OUT = (1 << n for n in range(8))

PEOPLE = OPENED_HUMAN | CLICKED_HUMAN
FIRSTS = {OPENED_HUMAN: "opens.first_human", CLICKED_HUMAN: "clicks.first_human"}

# measure, bits a message must show, bits it must not show
BY_MESSAGE: tuple[tuple[str, int, int], ...] = (
    ("opens.unique", OPENED, 0),
    ("opens.unique_human", OPENED_HUMAN, 0),
    ("opens.unique_privacy_prefetch", PRIVACY, 0),
    ("opens.unique_privacy_only", PRIVACY, OPENED_HUMAN),
    ("opens.unique_human_trackable", OPENED_HUMAN, PRIVACY),
    ("opens.inferred_from_clicks", CLICKED_HUMAN, OPENED_HUMAN),
    ("clicks.unique", CLICKED, 0),
    ("clicks.unique_human", CLICKED_HUMAN, 0),
    ("clicks.on_trackable_opens", CLICKED_HUMAN | OPENED_HUMAN, PRIVACY),
    ("clicks.on_privacy", CLICKED_HUMAN | PRIVACY, 0),
    ("clicks.on_privacy_only", CLICKED_HUMAN | PRIVACY, OPENED_HUMAN),
    ("delivered", DELIVERED, 0),
    ("delivered_privacy", DELIVERED | PRIVACY, 0),
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
MEASURES = (*BY_HIT, *(measure for measure, _, _ in BY_MESSAGE))
"""Every measure of a whole campaign."""
LINK_PARTS = frozenset({"events", "human", "machine"})
QUARTER_PARTS = frozenset({"events", "human", "privacy_prefetch", "machine"})

_GROUPS = {EventKind.OPEN: "opens", EventKind.CLICK: "clicks"}


class Judgement(Protocol):
    """What a tally is made from: the part of a message's state that the counters see."""

    @property
    def marks(self) -> bytes:
        """One entry a hit."""
        ...

    @property
    def delivered_at_ms(self) -> int | None:
        """When it was delivered."""
        ...

    @property
    def opted_out(self) -> bool:
        """Whether the recipient asked not to be tracked."""
        ...


class Tally:
    """A running sum of what messages add to the counters of one campaign.

    Hits are counted by their code first and spelled out as measures once, when asked: a batch holds few
    different codes, so the sum costs little more than reading the marks.
    """

    __slots__ = ("_clicked", "_firsts", "_hits", "_shown")

    def __init__(self) -> None:
        self._hits: defaultdict[int, int] = defaultdict(int)
        self._shown: defaultdict[int, int] = defaultdict(int)
        self._firsts: defaultdict[int, int] = defaultdict(int)
        self._clicked: defaultdict[int, int] = defaultdict(int)

    def add(self, state: Judgement, times: int = 1) -> None:
        """Add a message, or take it out with `times` -1."""
        hits, shown = self._hits, 0
        firsts: dict[int, int] = {}
        links: set[int] = set()
        pairs = iter(codes(state.marks))
        for second, code in zip(pairs, pairs, strict=True):
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
        if state.delivered_at_ms is not None:
            shown |= DELIVERED | SEEN
        if state.opted_out:
            shown |= OPTED_OUT | SEEN
        self._shown[shown] += times

    def merge(self, other: "Tally") -> None:
        """Add another sum."""
        for mine, theirs in (
            (self._hits, other._hits),
            (self._shown, other._shown),
            (self._firsts, other._firsts),
            (self._clicked, other._clicked),
        ):
            for key, times in theirs.items():
                mine[key] += times

    def counts(self) -> dict[TallyKey, int]:
        """The sum by key, zeros left out."""
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
    """What these messages of one campaign add to its counters together."""
    total = Tally()
    for state in states:
        total.add(state)
    return total.counts()


def _link(code: int) -> int:
    return (code & CODE_MASK) >> LINK_SHIFT or EMBEDDED


def _bucket_ms(quarter: int) -> int:
    return quarter * QUARTER_S * 1000


def _counts_as(flags: int) -> tuple[str, ...]:
    """Measures of the whole campaign that a hit with these flags adds to."""
    if flags & FORGED:
        return ()
    kind, verdict = KINDS[flags & 1], _verdict(flags)
    if flags & PROBE or verdict is Verdict.INTERNAL:
        named = (("probes", flags & PROBE), ("internal", verdict is Verdict.INTERNAL))
        return tuple(measure for measure, yes in named if yes)
    if flags & DUP:
        return (f"{_GROUPS[kind]}.events",)
    parts = ["events", "deduplicated", _part(kind, verdict)]
    if verdict is Verdict.HUMAN and kind is EventKind.OPEN and flags >> VIA_SHIFT & 7:
        parts.append("proxied")
    return tuple(f"{_GROUPS[kind]}.{part}" for part in parts)


def _verdict(flags: int) -> Verdict | None:
    bits = flags >> VERDICT_SHIFT & 7
    return VERDICTS[bits] if bits < len(VERDICTS) else None


def _part(kind: EventKind, verdict: Verdict | None) -> str:
    if verdict is Verdict.HUMAN:
        return "human"
    privacy = verdict is Verdict.PRIVACY_PREFETCH and kind is EventKind.OPEN
    return "privacy_prefetch" if privacy else "machine"


def _shows(flags: int) -> int:
    """What a hit with these flags shows of its message."""
    bits = {
        "opens.deduplicated": OPENED,
        "opens.human": OPENED_HUMAN,
        "opens.privacy_prefetch": PRIVACY,
        "clicks.deduplicated": CLICKED,
        "clicks.human": CLICKED_HUMAN,
    }
    shown = 0 if flags & FORGED else SEEN
    for measure in COUNTS_AS[flags]:
        shown |= bits.get(measure, 0)
    return shown


COUNTS_AS = tuple(_counts_as(flags) for flags in range(FLAGS_MASK + 1))
SHOWN = tuple(_shows(flags) for flags in range(FLAGS_MASK + 1))


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
            keys.append((0, _link(code), measure))
    return tuple(keys)


@lru_cache(maxsize=256)
def _measures_of_message(shown: int) -> tuple[str, ...]:
    return tuple(
        measure for measure, all_of, none_of in BY_MESSAGE if shown & all_of == all_of and not shown & none_of
    )
