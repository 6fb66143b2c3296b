"""How often the rules were right on labelled scenarios."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mailpixel.kinds import EventKind
from mailpixel.model import Verdict
from mailpixel.replay.replayed import Replayed
from mailpixel.replay.scenario import Expected, Scenario

Pair = tuple[EventKind, tuple[str, ...], str]
"""Kind of a labelled hit, the verdicts that are right, and the verdict of the rules."""


@dataclass(frozen=True, slots=True)
class VerdictScore:
    """One verdict: how many hits have it as a label, how many got it, and the shares that were right (0 to 1).

    A share is None when there are no hits to divide by.
    """

    verdict: str
    labelled: int
    given: int
    precision: float | None
    recall: float | None


@dataclass(frozen=True, slots=True)
class ErrorRates:
    """One kind of hit, or all: the number of labels, the share that was right, and the two ways to be wrong.

    `false_human` is the share of labelled machines that were counted as people, `false_bot` the
    share of labelled people that were not. The `mean_*` are means over the scenarios with such
    hits. None: there were no such hits.
    """

    kind: str
    hits: int
    right: float | None
    false_human: float | None
    false_bot: float | None
    mean_right: float | None
    mean_false_human: float | None
    mean_false_bot: float | None


@dataclass(frozen=True, slots=True)
class Score:
    """The score of a file: by verdict, by kind, and each error as (scenario, place, wanted, got)."""

    scenarios: int
    verdicts: tuple[VerdictScore, ...]
    errors: tuple[ErrorRates, ...]
    wrong: tuple[tuple[str, str, Any, Any], ...]


def score(replayed: Sequence[tuple[Scenario, Replayed]]) -> Score:
    """Compare verdicts with labels. Scenarios without labels are left out."""
    labelled = [(scenario.expected, outcome) for scenario, outcome in replayed if scenario.expected]
    by_scenario = [list(_pairs(expected, outcome)) for expected, outcome in labelled]
    every = [pair for pairs in by_scenario for pair in pairs]
    return Score(
        scenarios=len(labelled),
        verdicts=tuple(_verdict_score(str(verdict), every) for verdict in Verdict),
        errors=tuple(
            _error_rates(kind, by_scenario) for kind in ("all", EventKind.OPEN.value, EventKind.CLICK.value)
        ),
        wrong=tuple(found for expected, outcome in labelled for found in _wrong(expected, outcome)),
    )


def admits(label: Any, given: Any) -> bool:
    """Whether a label accepts a value: a word accepts itself, a list each of its words, None everything."""
    if label is None:
        return True
    return given in label if isinstance(label, list) else given == label


def _pairs(expected: Expected, replayed: Replayed) -> Iterator[Pair]:
    for hit, label in zip(replayed.judged, expected.verdicts, strict=True):
        if hit is not None and label is not None:
            right = tuple(label) if isinstance(label, list) else (label,)
            yield hit.event.kind, right, str(hit.verdict)


def _wrong(expected: Expected, replayed: Replayed) -> Iterator[tuple[str, str, Any, Any]]:
    line = replayed.line()
    for column in ("verdicts", "rules", "via", "dup"):
        labels = getattr(expected, column)
        for place, (label, given) in enumerate(zip(labels, line[column], strict=bool(labels)), 1):
            unlabelled = column == "via" and expected.verdicts[place - 1] is None
            if not unlabelled and not _column_admits(column, label, given):
                yield replayed.scenario, f"{column}[{place}]", label, given
    for name, wanted in expected.summary.items():
        given = line["summary"].get(name)
        if not _in_range(wanted, given):
            yield replayed.scenario, f"summary.{name}", wanted, given


def _column_admits(column: str, label: Any, given: Any) -> bool:
    return label == given if column == "via" else admits(label, given)


def _in_range(wanted: Any, given: int | None) -> bool:
    if isinstance(wanted, list):
        return given is not None and wanted[0] <= given <= wanted[1]
    return bool(given == wanted)


def _verdict_score(verdict: str, pairs: Sequence[Pair]) -> VerdictScore:
    labelled = [given for _, right, given in pairs if verdict == _truth(right, given)]
    given_right = [verdict in right for _, right, given in pairs if given == verdict]
    return VerdictScore(
        verdict,
        len(labelled),
        len(given_right),
        _share(sum(given_right), len(given_right)),
        _share(sum(given == verdict for given in labelled), len(labelled)),
    )


def _truth(right: tuple[str, ...], given: str) -> str:
    """The label to count a hit under: its verdict where that is right, else the first label."""
    return given if given in right else right[0]


def _error_rates(kind: str, by_scenario: Iterable[Sequence[Pair]]) -> ErrorRates:
    wanted = [[pair for pair in pairs if kind in ("all", pair[0])] for pairs in by_scenario]
    every = [pair for pairs in wanted for pair in pairs]
    measures: Mapping[str, Callable[[Sequence[Pair]], float | None]] = {
        "right": _right,
        "false_human": _false_human,
        "false_bot": _false_bot,
    }
    over_hits = {name: measure(every) for name, measure in measures.items()}
    means = {f"mean_{name}": _mean(map(measure, wanted)) for name, measure in measures.items()}
    return ErrorRates(kind, len(every), **over_hits, **means)


def _right(pairs: Sequence[Pair]) -> float | None:
    return _share(sum(given in right for _, right, given in pairs), len(pairs))


def _false_human(pairs: Sequence[Pair]) -> float | None:
    machines = [given for _, right, given in pairs if Verdict.HUMAN not in right]
    return _share(machines.count(Verdict.HUMAN), len(machines))


def _false_bot(pairs: Sequence[Pair]) -> float | None:
    people = [given for _, right, given in pairs if right == (Verdict.HUMAN,)]
    return _share(len(people) - people.count(Verdict.HUMAN), len(people))


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _mean(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None
