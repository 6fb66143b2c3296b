"""Labelled scenarios: verdicts, rules, proxies, repeats and summaries, in whatever order the hits arrived and however
they were cut into batches.
"""

import json
import random
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from mailpixel.classify import Rules, judge
from mailpixel.model import Event
from mailpixel.projections.fold import Fold
from mailpixel.replay import Scenario, read_scenario, replay, score
from mailpixel.replay.replayed import COUNTS
from mailpixel.store.memory import MemoryRegistry, MemoryStore
from mailpixel.store.sqlite import SqliteStore
from mailpixel.store.store import Store

ROOT = Path(__file__).resolve().parents[2]
FILES = [ROOT / "tests" / "data" / "scenarios.jsonl", *sorted(ROOT.parent.glob("shared/data/replay/*.jsonl"))]
"""Our own, which walk along the ends of every threshold, and where they are beside this checkout the published ones."""
ROWS: list[dict[str, Any]] = [
    json.loads(line) for file in FILES for line in file.read_text().splitlines() if line
]
RULES = Rules()


@pytest.mark.parametrize("row", ROWS, ids=[row["scenario"] for row in ROWS])
def test_a_labelled_scenario_comes_out_as_labelled(row: dict[str, Any]) -> None:
    scenario = read_scenario(row)
    assert score([(scenario, replay(scenario, RULES))]).wrong == ()


def told(row: dict[str, Any]) -> tuple[Counter[str], dict[str, int]]:
    """Every hit with all that was said of it, without regard to order, and the summary."""
    line = replay(read_scenario(row), RULES).line()
    columns = zip(row["hits"], line["verdicts"], line["rules"], line["via"], line["dup"], strict=True)
    return Counter(json.dumps(hit, sort_keys=True) for hit in columns), line["summary"]


@pytest.mark.parametrize(
    "order", [lambda hits: hits[::-1], lambda hits: random.Random(7).sample(hits, len(hits))]
)
def test_the_order_of_arrival_changes_no_scenario(order: Callable[[list[Any]], list[Any]]) -> None:
    for row in ROWS:
        assert told(row | {"hits": order(row["hits"])}) == told(row)


MEASURES = COUNTS | {"internal": "internal"}


def batches(scenario: Scenario, dice: random.Random) -> list[Sequence[Event]]:
    """All events of a scenario, deliveries too, in any order and cut at random."""
    events = [event for message, _ in scenario.messages() for event in message.events]
    dice.shuffle(events)
    cuts = sorted(dice.choices(range(len(events) + 1), k=4))
    return [events[start:end] for start, end in zip([0, *cuts], [*cuts, len(events)], strict=True)]


def folded(scenario: Scenario, groups: Sequence[Sequence[Event]], store: Store) -> dict[str, int]:
    """Append group by group, fold after each, and read the counts of a scenario."""
    rules = scenario.rules(RULES)
    campaigns = {message.recipient: campaign for message, campaign in scenario.messages()}
    fold = Fold(
        store,
        MemoryRegistry(),
        lambda message, _: judge(message, campaigns[message.recipient], rules),
        "one",
    )
    for group in groups:
        store.append(group)
        fold.catch_up(lambda: 0, 1_000)
    totals = store.figures(scenario.name, 0, 0).totals
    found = {name: totals[measure] for name, measure in MEASURES.items()}
    repeats = [totals[f"{kind}.events"] - totals[f"{kind}.deduplicated"] for kind in ("opens", "clicks")]
    return found | {"duplicates": sum(repeats)}


@pytest.mark.parametrize("row", ROWS, ids=[row["scenario"] for row in ROWS])
def test_stored_and_folded_in_any_batches_a_scenario_comes_to_the_same_counts(
    row: dict[str, Any], tmp_path: Path
) -> None:
    scenario = read_scenario(row)
    summary = replay(scenario, RULES).summary
    wanted = {name: summary[name] for name in (*MEASURES, "duplicates")}
    for seed in range(3):
        assert folded(scenario, batches(scenario, random.Random(seed)), MemoryStore()) == wanted
    store = SqliteStore(tmp_path / "store.db")
    assert folded(scenario, batches(scenario, random.Random(9)), store) == wanted
    store.close()
