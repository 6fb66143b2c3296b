"""What a rebuild changes: the counters before and after, and which rule replaced which."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any

from mailpixel.kinds import EventKind
from mailpixel.model import Verdict
from mailpixel.store.measures import Tally
from mailpixel.store.projections import Counted, MessageState
from mailpixel.store.verdict_codes import VerdictCode, unpack

TALLIED = tuple(name for name in MessageState.__struct_fields__ if name not in ("known", "edition"))
"""The fields of a state that say how its message was judged."""


@dataclass(frozen=True, slots=True, order=True)
class Decision:
    """A verdict and the rule that gave it. `dup` is true for a repeat."""

    verdict: Verdict
    rule: str
    dup: bool = False


@dataclass(frozen=True, slots=True, order=True)
class Move:
    """Hits of one kind that are judged differently now.

    `before` is None for hits that were not folded yet, `after` is None for
    hits that are no longer in the log.
    """

    kind: EventKind
    before: Decision | None
    after: Decision | None


@dataclass(frozen=True, slots=True)
class Difference:
    """What judging a campaign again changes.

    `measures` has (before, after) for each measure of the whole campaign that differs, `links`
    the same by (link, measure). `buckets` is how many counters by quarter hour differ. `moves`
    counts hits by their change of verdict, most frequent first. `error` is the kind of error when
    the campaign could not be judged.
    """

    campaign: str
    measures: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    links: Mapping[tuple[int, str], tuple[int, int]] = field(default_factory=dict)
    buckets: int = 0
    moves: Mapping[Move, int] = field(default_factory=dict)
    error: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether nothing changes."""
        return not (self.measures or self.links or self.buckets or self.moves)

    def to_json(self) -> dict[str, Any]:
        """The difference as JSON; `quarter_hours` is the number of counters that differ.

        {"campaign", "measures": [{"measure","before","after"}], "links":
        [{"link","measure","before","after"}], "quarter_hours", "moves": [{"kind","before","after","hits"}]}.
        """
        return {
            "campaign": self.campaign,
            "measures": [{"measure": m, "before": b, "after": a} for m, (b, a) in self.measures.items()],
            "links": [
                {"link": link, "measure": m, "before": b, "after": a}
                for (link, m), (b, a) in self.links.items()
            ],
            "quarter_hours": self.buckets,
            "moves": [
                {
                    "kind": str(move.kind),
                    "before": _in_words(move.before),
                    "after": _in_words(move.after),
                    "hits": hits,
                }
                for move, hits in self.moves.items()
            ],
        }


def _in_words(decision: Decision | None) -> str | None:
    """A decision in words: `scanner (burst)`, `human (default), repeat`; None where the hit was not counted."""
    if decision is None:
        return None
    return f"{decision.verdict} ({decision.rule})" + (", repeat" if decision.dup else "")


class Comparison:
    """Adds up the states of a campaign before and after, a part at a time.

    Only changed states are added twice: the counters before are those after, minus the change.
    """

    def __init__(self) -> None:
        self._after = Tally()
        self._change = Tally()
        self._moves: Counter[Move] = Counter()

    def add(self, before: Mapping[str, MessageState], after: Counted) -> None:
        """Compare the states of the same recipients. `before` is keyed by recipient."""
        gone = dict(before)
        self._after.merge(after.total)
        for state in after.states:
            former = gone.pop(state.recipient, None)
            if former is None or _tallied(former) != _tallied(state):
                self._compare(former, state)
        for former in gone.values():
            self._compare(former, None)

    def _compare(self, before: MessageState | None, after: MessageState | None) -> None:
        if before is not None:
            self._change.add(before, -1)
        if after is not None:
            self._change.add(after)
        self._moves.update(moves(before.marks if before else b"\n", after.marks if after else b"\n"))

    def merge(self, other: "Comparison") -> None:
        """Add the results of another comparison."""
        self._after.merge(other._after)
        self._change.merge(other._change)
        self._moves.update(other._moves)

    def difference(self, campaign: str) -> Difference:
        """The difference of everything added so far."""
        after = self._after.counts()
        changes = sorted(self._change.counts().items())
        values = {key: (after.get(key, 0) - change, after.get(key, 0)) for key, change in changes}
        return Difference(
            campaign,
            {measure: value for (bucket, link, measure), value in values.items() if not bucket and not link},
            {
                (link, measure): value
                for (bucket, link, measure), value in values.items()
                if not bucket and link
            },
            sum(1 for bucket, _, _ in values if bucket),
            dict(sorted(self._moves.items(), key=_most_first)),
        )


_tallied = attrgetter(*TALLIED)
"""What a state adds to the counters, and its moves. By which rules and from how many events it was judged does not
matter."""


def _most_first(entry: tuple[Move, int]) -> tuple[int, str, str, str]:
    """The sort key of moves: most hits first, then a fixed order."""
    move, hits = entry
    return -hits, str(move.kind), _in_words(move.before) or "", _in_words(move.after) or ""


def moves(before: bytes, after: bytes) -> Iterator[Move]:
    """The change of each hit that is judged differently. Hits are matched by time, kind, link, method and signature."""
    former, present = _by_hit(before), _by_hit(after)
    for hit in former.keys() | present.keys():
        old, new = former.get(hit, []), present.get(hit, [])
        longest = max(len(old), len(new))
        pairs = zip(_padded(old, longest), _padded(new, longest), strict=True)
        yield from (Move(hit[0], one, other) for one, other in pairs if one != other)


def _by_hit(marks: bytes) -> dict[tuple[EventKind, int, int | None, bool, bool], list[Decision]]:
    found: defaultdict[tuple[EventKind, int, int | None, bool, bool], list[Decision]] = defaultdict(list)
    for mark in unpack(marks):
        found[mark.kind, mark.second, mark.link, mark.probe, mark.forged].append(_decision(mark))
    return found


def _decision(mark: VerdictCode) -> Decision:
    return Decision(mark.verdict, mark.rule, mark.dup)


def _padded(decisions: list[Decision], length: int) -> list[Decision | None]:
    return [*decisions, *[None] * (length - len(decisions))]
