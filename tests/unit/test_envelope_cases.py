"""The table of envelopes in tests/data, through every way in: a body, an image, and the text of a check.

A row has what was sent (`sent` as an object, `body` as text or `gif` as a query), the settings of its site, headers,
and what must come of it. Of a kept event, the fields named in the row are compared.
"""

import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec
import pytest

from mailpixel.site.envelope import read_envelope
from mailpixel.site.gif import read_query
from mailpixel.site.outcomes import Reading, Signals, signals_of
from mailpixel.site_model import OrderClaim, Planned, Site, Step

NOW_MS = 1_790_000_000_000
TABLE = Path(__file__).parents[1] / "data" / "envelopes.jsonl"
ROWS = [json.loads(line) for line in TABLE.read_text(encoding="utf-8").splitlines()]
BODIES = [row for row in ROWS if "gif" not in row]
GIFS = [row for row in ROWS if "gif" in row]


def site_of(row: dict[str, Any]) -> Site:
    told = row.get("site", {})
    plan = tuple(Planned(one["name"], tuple(one["required"])) for one in told.get("plan", ()))
    return Site(
        "shop", "0123456789abcdef", ("shop.example",), told.get("ask", False), tuple(told.get("names", ())),
        tuple(told.get("keep", ())), plan,
    )  # fmt: skip


def read_click(text: str) -> bytes | None:
    """Of all clicks only those of forty-three `f` are forged."""
    return None if text == "f" * 43 else text[:16].encode()


def signals(row: dict[str, Any]) -> Signals:
    return signals_of(row.get("headers", {}), NOW_MS, read_click)


def body_of(row: dict[str, Any]) -> bytes:
    return (row["body"] if "body" in row else json.dumps(row["sent"])).encode()


def expected(row: dict[str, Any]) -> tuple[str, list[str], list[dict[str, Any]]]:
    return row["outcome"], row.get("problems", []), row["events"]


def found(reading: Reading, row: dict[str, Any]) -> tuple[str, list[str], list[dict[str, Any]]]:
    """What the reading says, with the fields of steps that the row names."""
    events = []
    for event, wanted in zip(reading.events, [*row["events"], *[{}] * len(reading.events)], strict=False):
        shown: dict[str, Any] = {"name": event.name, "logged": event.logged, "problems": list(event.problems)}
        if "event" in wanted and event.step is not None:
            step = msgspec.to_builtins({name: getattr(event.step, name) for name in wanted["event"]})
            shown["event"] = json.loads(json.dumps(step))
        events.append(shown)
    return reading.outcome.value, list(reading.problems), events


@pytest.mark.parametrize("row", BODIES, ids=lambda row: row["case"])
def test_a_body_is_read_as_the_table_says(row: dict[str, Any]) -> None:
    assert found(read_envelope(body_of(row), site_of(row), signals(row)), row) == expected(row)


@pytest.mark.parametrize("row", BODIES, ids=lambda row: row["case"])
def test_an_envelope_inside_of_an_image_is_read_like_a_body(row: dict[str, Any]) -> None:
    query = b"gtmcb=1&e=" + quote(body_of(row)).encode()
    if len(query) > 65_536:
        pytest.skip("no browser sends an image with such a query")
    assert found(read_query(query, site_of(row), signals(row)), row) == expected(row)


@pytest.mark.parametrize("row", GIFS, ids=lambda row: row["case"])
def test_a_query_is_read_as_the_table_says(row: dict[str, Any]) -> None:
    assert found(read_query(row["gif"].encode(), site_of(row), signals(row)), row) == expected(row)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["case"])
def test_what_is_kept_can_be_written_as_json_and_read_again(row: dict[str, Any]) -> None:
    if "gif" in row:
        reading = read_query(row["gif"].encode(), site_of(row), signals(row))
    else:
        reading = read_envelope(body_of(row), site_of(row), signals(row))
    steps = [event.step for event in reading.events if event.step is not None]
    orders = [event.order for event in reading.events if event.order is not None]
    assert [msgspec.json.decode(msgspec.json.encode(step), type=Step) for step in steps] == steps
    assert [msgspec.json.decode(msgspec.json.encode(order), type=OrderClaim) for order in orders] == orders


def test_the_table_is_large_enough() -> None:
    assert len(BODIES) >= 150
    assert len(GIFS) >= 20
