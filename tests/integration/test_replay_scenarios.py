"""Labelled scenarios: verdicts, rules, proxies, repeats and summaries, in whatever order the hits arrived."""

import json
import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mailpixel.classify import Rules
from mailpixel.classify.replay import read_scenario, replay, score

DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "replay"
FILES = sorted(DATA.glob("*.jsonl")) if DATA.is_dir() else []
ROWS: list[dict[str, Any]] = [
    json.loads(line) for file in FILES for line in file.read_text().splitlines() if line
]
RULES = Rules()

pytestmark = pytest.mark.skipif(not ROWS, reason="the folder ../shared/data is not beside this checkout")


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
