"""What servers took in rounds by turn, and the table of it: medians, and ranges in brackets."""

import statistics
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from tests.benchmarks.table import print_rows


class Measured(NamedTuple):
    """One round of one server. `cpu_us` is for an answer; the latencies are those of its clients."""

    cpu_us: float
    answers_s: float
    p50_ms: float
    p99_ms: float


def spread(values: Sequence[float], form: str = ".2f") -> str:
    """The median, and the range in brackets."""
    low, high = min(values), max(values)
    return f"{statistics.median(values):{form}} ({low:{form}}-{high:{form}})"


def by_round(some: Sequence[Measured], others: Sequence[Measured]) -> list[float]:
    """How many times cheaper an answer of `others` was than one of `some`, round by round."""
    return [one.cpu_us / other.cpu_us for one, other in zip(some, others, strict=True)]


def print_turns(
    title: str, measured: Mapping[str, Sequence[Measured]], bars: Mapping[str, str], before: str = ", before"
) -> None:
    """The table. Ratios are to the first of `measured`, and to what has the same name with `before` behind it."""
    reference = next(iter(measured.values()))
    rows = []
    for name, rounds in measured.items():
        earlier = measured.get(name + before)
        cpu_us, answers_s, p50_ms, p99_ms = zip(*rounds, strict=True)
        rows.append(
            (
                name,
                spread(cpu_us, ".1f"),
                spread(by_round(reference, rounds)),
                bars.get(name, ""),
                spread(by_round(earlier, rounds)) if earlier else "",
                f"{statistics.median(p50_ms):.1f} / {statistics.median(p99_ms):.1f}",
                f"{statistics.median(answers_s):,.0f}",
            )
        )
    columns = (
        "answer",
        "CPU us",
        "ratio to the first",
        "bar",
        "times the release before",
        "p50 / p99 ms",
        "answers/s",
    )
    print_rows(title, columns, rows)
