"""Lists of campaigns by sending, as every registry must give them."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from mailpixel.errors import InvalidInput
from mailpixel.model import Campaign
from mailpixel.store.campaigns import order_after, place_of, sending_order
from mailpixel.store.registry import Registry
from mailpixel.store.sqlite import SqliteRegistry
from mailpixel.store.sqlite.campaigns_by_sending import list_by_sending
from tests.support.builders import a_campaign, put
from tests.support.stores import REGISTRIES, a_registry

NOW = datetime(2026, 11, 25, 12, 30, 15, 678_000, tzinfo=UTC)


@pytest.fixture(params=sorted(REGISTRIES))
def registry(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Registry]:
    with a_registry(request.param, tmp_path) as made:
        yield made


def sent(id: str, days_ago: int | None, **fields: object) -> Campaign:
    moment = None if days_ago is None else NOW - timedelta(days=days_ago)
    return a_campaign(id, links=2, sent_at=moment, **fields)


def draft(id: str) -> Campaign:
    return sent(id, None)


def ids(campaigns: Sequence[Campaign]) -> list[str]:
    return [campaign.id for campaign in campaigns]


def with_campaigns(registry: Registry, *campaigns: Campaign) -> Registry:
    for campaign in campaigns:
        registry.add_campaign(campaign)
    return registry


def test_drafts_come_first_then_the_newest_sending_and_last_what_has_no_time_of_sending(
    registry: Registry,
) -> None:
    with_campaigns(
        registry,
        draft("c"),
        sent("0-undated", None, sent=100),
        sent("a", 3),
        sent("b", 1),
        sent("d", 3),
        sent("e", -2),
    )
    order = ["c", "e", "b", "a", "d", "0-undated"]
    assert ids(registry.outlines()) == order
    assert list(registry.outlines()) == [replace(registry.campaign(id), links=()) for id in order]


def test_every_page_goes_on_where_the_last_one_ended(registry: Registry) -> None:
    with_campaigns(
        registry,
        *(sent(f"c-{n}", None if n % 4 == 0 else n % 3, sent=9, archived=n % 5 == 0) for n in range(20)),
    )
    with_campaigns(registry, *(sent(f"d-{n}", None, archived=n % 2 == 0) for n in range(5)))
    for archived in (None, False, True):
        whole = registry.outlines("", 100, archived)
        assert ids(whole) == ids(sorted(whole, key=sending_order))
        after, pages = "", list[Campaign]()
        while page := registry.outlines(after, 3, archived):
            pages += page
            after = place_of(page[-1])
        assert pages == list(whole)
    assert len(registry.outlines("", 100, True)) == 7


def test_a_campaign_that_is_added_or_changed_between_two_pages_moves_no_other(registry: Registry) -> None:
    with_campaigns(registry, *(sent(f"c-{n}", n) for n in range(6)))
    first = registry.outlines("", 3)
    with_campaigns(registry, sent("new", -1), sent("between", 1))
    put(registry, sent("c-2", None), "cli", NOW)
    assert ids(first) == ["c-0", "c-1", "c-2"]
    assert ids(registry.outlines(place_of(first[-1]), 3)) == ["c-3", "c-4", "c-5"]


def test_a_search_finds_names_and_ids_in_upper_or_lower_case(registry: Registry) -> None:
    with_campaigns(
        registry,
        sent("spring-2026", 1, name="Übergang 50 %_off"),
        sent("autumn", 2, name="Herbst"),
        sent("winter", 3, name="ÜBER-Raschung"),
    )
    found = {text: ids(registry.outlines(search=text)) for text in ("über", "SPRING", "% _", "%_", "'", "st")}
    assert found == {
        "über": ["spring-2026", "winter"],
        "SPRING": ["spring-2026"],
        "% _": [],
        "%_": ["spring-2026"],
        "'": [],
        "st": ["autumn"],
    }
    assert ids(registry.outlines(place_of(registry.campaign("spring-2026")), 50, False, "über")) == ["winter"]


def test_the_links_of_several_campaigns_are_one_question(registry: Registry) -> None:
    with_campaigns(registry, sent("a", 1), sent("b", 2), replace(sent("c", 3), links=()))
    assert registry.links_of(["b", "c", "missing"]) == {"b": registry.campaign("b").links}
    assert registry.links_of([]) == {}


@pytest.mark.parametrize("place", ["spring", "x spring", "9223372036854775808 spring", "\x00"])
def test_a_place_that_is_not_of_such_a_list_is_refused(registry: Registry, place: str) -> None:
    with pytest.raises(InvalidInput, match="cursor"):
        registry.outlines(place)


@given(some.none() | some.datetimes(timezones=some.just(UTC)), some.none() | some.integers(0, 9))
def test_a_place_keeps_the_order_of_its_campaign(moment: datetime | None, number: int | None) -> None:
    campaign = a_campaign(sent_at=moment, sent=number)
    assert order_after(place_of(campaign)) == sending_order(campaign)


@pytest.mark.parametrize(
    ("archived", "index"), [(None, "campaigns_by_sending"), (False, "campaigns_in_lists_by_sending")]
)
def test_a_page_is_read_from_an_index_from_its_place_on(
    tmp_path: Path, archived: bool | None, index: str
) -> None:
    SqliteRegistry(tmp_path / "mailpixel.db").close()
    asked: list[str] = []
    with closing(sqlite3.connect(tmp_path / "mailpixel.db")) as connection:
        connection.set_trace_callback(asked.append)
        list_by_sending(connection, ("5 spring", 50), archived, "")
        connection.set_trace_callback(None)
        plan = [row[3] for row in connection.execute(f"explain query plan {asked[-1]}")]
    assert len(plan) == 1
    assert f"USING INDEX {index}" in plan[0]
    assert plan[0].startswith("SEARCH")
    assert "(sending_order,id)>(?,?)" in plan[0]
