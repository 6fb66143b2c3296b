"""Figures by time, by standing and by program, as every store must give them."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace as changed_copy
from pathlib import Path

import pytest
from msgspec.structs import replace

from mailpixel.model import Event, Facts
from mailpixel.projections.fold import Fold
from mailpixel.store.log import Overflow
from mailpixel.store.measures import Step
from mailpixel.store.memory import MemoryRegistry
from mailpixel.store.projections import Window
from mailpixel.store.sqlite import SqliteStore
from mailpixel.store.sqlite.many_campaigns import DAYS, PROVISIONAL, QUARTERS, TOTALS
from mailpixel.store.standing import Standing
from mailpixel.store.store import Store
from mailpixel.times import DAY_MS
from tests.support.builders import (
    APPLE,
    BROWSER,
    GMAIL,
    ROBOT,
    SENT_AT_MS,
    a_click,
    a_delivery,
    an_open,
    an_optout,
    at_ms,
    judge_plainly,
)
from tests.support.stores import STORES, a_store
from tests.support.tallying import all_states, assert_figures_are_the_tally

NOW_MS = at_ms(1_000_000)
QUARTER_S, DAY_S = 900, 86_400
START_MS = SENT_AT_MS // 900_000 * 900_000
FIRST_DAY_MS = SENT_AT_MS // DAY_MS * DAY_MS
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148"


@pytest.fixture(params=sorted(STORES))
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    with a_store(request.param, tmp_path) as made:
        yield made


def folded(store: Store, *events: Event) -> Store:
    store.append(events)
    Fold(store, MemoryRegistry(), judge_plainly, "one").catch_up(lambda: NOW_MS, 1_000)
    return store


def starts(
    store: Store, since_ms: int = 0, until_ms: int | None = None, step: Step = Step.QUARTER
) -> list[int]:
    return list(store.timeline("spring", since_ms, until_ms, step))


def test_a_window_has_the_whole_of_the_quarter_hours_that_it_touches(store: Store) -> None:
    folded(store, *(an_open(n * QUARTER_S) for n in range(5)))
    quarters = [START_MS + n * 900_000 for n in range(5)]
    assert starts(store) == quarters
    assert starts(store, quarters[1]) == quarters[1:]
    assert starts(store, quarters[1] + 1, quarters[3]) == quarters[1:3]
    assert starts(store, 0, quarters[3] + 1) == quarters[:4]
    assert starts(store, quarters[2], quarters[2]) == []
    assert starts(store, NOW_MS) == []


def test_days_are_the_sums_of_their_quarter_hours_and_a_window_has_the_whole_of_those_it_touches(
    store: Store,
) -> None:
    folded(
        store, *(an_open(n * DAY_S / 2, recipient=f"r-{n}") for n in range(5)), a_click(60, recipient="r-0")
    )
    days = store.timeline("spring", step=Step.DAY)
    one = {"opens.events": 1, "opens.human": 1, "opens.first_human": 1}
    two = dict.fromkeys(one, 2)
    click = {"clicks.events": 1, "clicks.human": 1, "clicks.first_human": 1}
    halves = [start for n in range(5) for start in [(SENT_AT_MS + n * DAY_MS // 2) // DAY_MS]]
    first = min(halves)
    expected = {
        day * DAY_MS: (two if halves.count(day) == 2 else one) | (click if day == first else {})
        for day in sorted(set(halves))
    }
    assert days == expected
    assert starts(store, FIRST_DAY_MS + DAY_MS, step=Step.DAY) == list(expected)[1:]
    assert starts(store, 0, FIRST_DAY_MS + 1, step=Step.DAY) == list(expected)[:1]
    assert starts(store, 0, FIRST_DAY_MS, step=Step.DAY) == []


def test_days_follow_when_hits_are_judged_otherwise_and_when_a_person_is_erased(store: Store) -> None:
    folded(store, a_click(1, link=1), a_click(2, link=2), an_open(DAY_S, recipient="r-2"))
    folded(store, a_click(3, link=3))
    assert store.timeline("spring", step=Step.DAY)[FIRST_DAY_MS] == {"clicks.events": 3, "clicks.machine": 3}
    store.erase("r-1", NOW_MS)
    assert starts(store, step=Step.DAY) == [FIRST_DAY_MS + DAY_MS]
    assert_figures_are_the_tally(store, "spring")


STANDINGS: dict[Standing, tuple[Event, ...]] = {
    Standing.NOTHING: (a_delivery(1), an_open(2, method="HEAD")),
    Standing.MACHINES: (an_open(3, agent=ROBOT), a_click(4, agent=ROBOT)),
    Standing.HIDDEN: (an_open(5, agent=APPLE), an_open(6, agent=ROBOT)),
    Standing.READ: (an_open(7, agent=APPLE), an_open(8)),
    Standing.CLICKED: (an_open(9), a_click(10, link=2), an_open(11, agent=APPLE)),
    Standing.OPTED_OUT: (a_click(12, link=2), an_optout(13)),
}


def with_standings(store: Store) -> Store:
    """One recipient of every standing that an event gives, called by its name."""
    given = (an_event_of(event, recipient) for recipient, events in STANDINGS.items() for event in events)
    return folded(store, *given)


def an_event_of(event: Event, recipient: str) -> Event:
    return replace(event, recipient=recipient)


def test_every_recipient_has_one_standing_the_opt_out_first_and_then_the_highest(store: Store) -> None:
    with_standings(store)
    assert {state.recipient: state.standing for state in all_states(store, "spring")} == {
        standing.value: standing for standing in STANDINGS
    }
    totals = store.figures("spring", NOW_MS, 0).totals
    assert {each: totals[f"standing.{each}"] for each in Standing} == {
        each: int(each in STANDINGS) for each in Standing
    }


@pytest.mark.parametrize("standing", list(Standing))
def test_recipients_are_listed_by_standing(store: Store, standing: Standing) -> None:
    with_standings(store)
    found = [state.recipient for state in store.recipients("spring", "", 10, standing)]
    assert found == [name for name in STANDINGS if name is standing]


def test_a_message_known_by_broken_signatures_alone_is_in_no_count_and_in_no_list_of_a_standing(
    store: Store,
) -> None:
    folded(store, an_open(1, facts=Facts.FORGED), a_click(2, facts=Facts.FORGED))
    totals = store.figures("spring", NOW_MS, 0).totals
    assert totals == dict.fromkeys(totals, 0)
    assert [store.recipients("spring", "", 10, standing) for standing in Standing] == [[]] * len(Standing)
    folded(store, a_delivery(3))
    assert store.figures("spring", NOW_MS, 0).totals["standing.nothing"] == 1
    assert [state.recipient for state in store.recipients("spring", "", 10, Standing.NOTHING)] == ["r-1"]


def test_a_list_by_standing_pages_and_a_recipient_leaves_it_for_a_higher_one(store: Store) -> None:
    folded(store, *(an_open(n, recipient=f"r-{n}") for n in range(1, 5)))
    folded(store, a_click(60, recipient="r-2"))
    pages = [store.recipients("spring", after, 2, Standing.READ) for after in ("", "r-3", "r-4")]
    assert [[state.recipient for state in page] for page in pages] == [["r-1", "r-3"], ["r-4"], []]


def test_recipients_are_listed_by_a_link_that_people_followed(store: Store) -> None:
    folded(
        store,
        a_click(1, link=1, recipient="r-1"),
        a_click(2, link=2, recipient="r-1"),
        a_click(3, link=2, recipient="r-2"),
        an_optout(4, recipient="r-2"),
        a_click(5, link=2, recipient="r-3", agent=ROBOT),
        a_click(6, None, destination="https://shop.example/own", recipient="r-4"),
        an_open(7, recipient="r-5"),
    )

    def listed(*asked: Standing | int | None) -> list[str]:
        return [state.recipient for state in store.recipients("spring", "", 10, *asked)]  # type: ignore[arg-type]

    assert listed(None, 1) == ["r-1"]
    assert listed(None, 2) == ["r-1", "r-2"]
    assert listed(None, -1) == ["r-4"]
    assert listed(Standing.CLICKED, 2) == ["r-1"]
    assert listed(Standing.OPTED_OUT, 2) == ["r-2"]
    assert listed(Standing.READ, 2) == []
    assert [state.recipient for state in store.recipients("spring", "r-1", 1, None, 2)] == ["r-2"]


def test_programs_and_devices_are_those_of_the_first_human_open_else_of_the_first_human_click(
    store: Store,
) -> None:
    folded(
        store,
        an_open(1, recipient="r-1", agent=GMAIL),
        an_open(900, recipient="r-1", agent=BROWSER),
        an_open(2, recipient="r-2", agent=ROBOT),
        an_open(3, recipient="r-2", agent=PHONE),
        a_click(4, recipient="r-3", agent=PHONE),
        a_click(5, recipient="r-4", agent=PHONE),
        an_open(6, recipient="r-4", agent=BROWSER),
        an_open(7, recipient="r-5", agent=APPLE),
    )
    totals = store.figures("spring", NOW_MS, 0).totals
    named = {name: n for name, n in totals.items() if n and name.startswith(("opens.client", "opens.device"))}
    assert named == {
        "opens.client.gmail": 1,
        "opens.client.webkit": 1,
        "opens.client.browser": 1,
        "opens.client.unknown": 1,
        "opens.device.unknown": 1,
        "opens.device.phone": 2,
        "opens.device.desktop": 1,
    }


def with_several(store: Store) -> Store:
    """Two campaigns with hits over days, links, overflow and an edition, and one hit that is not folded."""
    folded(
        store,
        *(an_open(n * DAY_S / 2, recipient=f"r-{n}") for n in range(5)),
        a_click(60, link=2),
        a_click(DAY_S, link=1, campaign="autumn", agent=ROBOT),
        an_open(DAY_S + 5, campaign="autumn"),
    )
    store.raise_overflow(
        [Overflow("autumn", "r-1", 20_000, b"edge", 7), Overflow("winter", "r-1", 1, b"edge", 2)]
    )
    store.note_edition("2-b", ["autumn"], anew=True)
    store.append([an_open(2 * DAY_S, campaign="autumn")])
    return store


def test_the_figures_of_several_campaigns_are_the_figures_of_each_without_its_links(store: Store) -> None:
    with_several(store)
    asked = ["spring", "autumn", "winter", "missing"]
    for now_ms, settle_ms in ((NOW_MS, 0), (at_ms(2 * DAY_S), 15_000)):
        assert store.figures_of(asked, now_ms, settle_ms) == {
            each: changed_copy(store.figures(each, now_ms, settle_ms), links={}) for each in asked
        }
    assert store.figures_of([], NOW_MS, 0) == {}


@pytest.mark.parametrize("step", list(Step))
def test_the_timelines_of_several_campaigns_are_the_timelines_of_each(store: Store, step: Step) -> None:
    with_several(store)
    windows = {
        "spring": Window(START_MS + DAY_MS, START_MS + 2 * DAY_MS),
        "autumn": Window(),
        "winter": Window(0, 5),
        "missing": Window(),
    }
    measures = ["opens.human", "clicks.machine"]
    expected = {
        campaign: {
            start_ms: {measure: bucket[measure] for measure in measures if measure in bucket}
            for start_ms, bucket in store.timeline(campaign, *window, step).items()
            if set(measures) & set(bucket)
        }
        for campaign, window in windows.items()
    }
    assert store.timelines(windows, measures, step) == expected
    assert [len(buckets) for buckets in expected.values()] == {
        Step.QUARTER: [2, 1, 0, 0],
        Step.DAY: [2, 1, 0, 0],
    }[step]
    assert store.timelines({}, measures, step) == {}


@pytest.mark.parametrize("statement", [PROVISIONAL, TOTALS, QUARTERS, DAYS])
def test_a_question_about_many_campaigns_reads_no_whole_log_and_no_whole_campaign(
    tmp_path: Path, statement: str
) -> None:
    SqliteStore(tmp_path / "mailpixel.db").close()
    with closing(sqlite3.connect(tmp_path / "mailpixel.db")) as connection:
        values = [b""] if statement is PROVISIONAL else ["[]"] * statement.count("?")
        plan = [row[3] for row in connection.execute(f"explain query plan {statement}", values)]
    tables = [
        step for step in plan if "json_each" not in step and "VIRTUAL" not in step and "TEMP" not in step
    ]
    assert [step for step in tables if step.startswith("SCAN")] == []
    assert any("(id>?)" in step or "bucket_ms" in step or "day>?" in step for step in tables)
