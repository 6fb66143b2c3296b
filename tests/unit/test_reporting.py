"""Reports by the modes in force: what nobody may be recorded for is not known, and a note says why."""

from dataclasses import replace

import pytest

from mailpixel.classify import Rules
from mailpixel.kinds import EventKind
from mailpixel.modes import FULL, Mode, Modes, both, parse_modes
from mailpixel.pages.campaign_list import campaign_lines
from mailpixel.pages.comparison import comparison
from mailpixel.privacy.resolve import LEGACY, Policy
from mailpixel.report.counts import OFF, VIEWS
from mailpixel.report.course import Course
from mailpixel.report.reporting import Reporting
from mailpixel.report.timeline import BY_HOUR, TimelineWindow
from mailpixel.store.aggregates import View, ViewCount, ViewKey
from mailpixel.store.memory import MemoryRegistry, MemoryStore
from mailpixel.store.projections import Figures
from tests.support.builders import SENT_AT_MS, a_campaign

NOTHING = Figures({}, {}, 0, 0, 0)
HOUR_MS = 3_600_000


def reporting(policy: Policy) -> Reporting:
    return Reporting(MemoryRegistry(), policy, Rules())


@pytest.mark.parametrize(
    ("mode", "own", "sent", "reasons"),
    [
        ("aggregate", None, 100, {"opens": VIEWS, "clicks": VIEWS}),
        ("deliverability", None, 100, {"opens": VIEWS, "clicks": VIEWS}),
        ("off", None, 100, {"opens": OFF, "clicks": OFF}),
        ("full", "opens=off,clicks=individual", 100, {"opens": OFF}),
        ("opens=individual,clicks=aggregate", "full", 100, {"clicks": VIEWS}),
        ("full", "aggregate", 4, {"opens": OFF, "clicks": OFF}),
        ("individual", None, 100, {}),
    ],
)
def test_before_the_first_hit_numbers_of_people_are_null_where_the_modes_allow_none(
    mode: str, own: str | None, sent: int, reasons: dict[str, str]
) -> None:
    campaign = replace(a_campaign(sent=sent), mode=None if own is None else parse_modes(own))
    summary = reporting(Policy(parse_modes(mode))).summary(campaign, NOTHING).to_json()
    unique = {group: summary[group]["unique"] for group in ("opens", "clicks")}
    assert unique == {group: None if group in reasons else 0 for group in unique}
    notes = {note["field"]: note["reason"] for note in summary["notes"]}
    assert {group: notes[f"{group}.unique"] for group in reasons} == reasons
    assert [link["unique_human"] for link in summary["links"]] == [None if "clicks" in reasons else 0] * 3


def test_an_upgraded_folder_without_a_mode_reports_as_before() -> None:
    summary = reporting(LEGACY).summary(a_campaign(sent=100), NOTHING)
    assert (summary.opens.unique, summary.notes) == (0, [])


def test_who_was_recorded_by_name_stays_a_number_when_the_modes_allow_less_later() -> None:
    figures = Figures({"opens.events": 2, "opens.unique": 1}, {}, 0, 0, 0)
    assert reporting(Policy(both(Mode.AGGREGATE))).summary(a_campaign(sent=100), figures).opens.unique == 1


def counted(hours: int, moment_ms: int = SENT_AT_MS) -> MemoryStore:
    """A store with one view by a person in each of some hours."""
    store = MemoryStore()
    first = moment_ms // HOUR_MS
    keys = [ViewKey("spring", first + n, EventKind.OPEN, 0, View.HUMAN) for n in range(hours)]
    store.raise_views([ViewCount(key, b"edge", 1) for key in keys])
    return store


def timeline(store: MemoryStore, ceiling: Modes, asked: TimelineWindow) -> dict[str, object]:
    figures = store.figures("spring", 0, 0)
    return reporting(Policy(ceiling)).timeline(store, a_campaign(sent=100), figures, asked).to_json()


def test_when_somebody_first_opened_is_null_in_a_timeline_without_recipients() -> None:
    found = timeline(counted(1), both(Mode.AGGREGATE), TimelineWindow())
    assert [row["opens"] for row in found["items"]] == [  # type: ignore[attr-defined]
        {"events": 1, "human": 1, "privacy_prefetch": 0, "machine": 0, "first_human": None}
    ]
    assert found["notes"] == [
        {"field": "items.opens.first_human", "reason": VIEWS},
        {"field": "items.clicks.first_human", "reason": VIEWS},
    ]


@pytest.mark.parametrize("bucket", ["hour", "day"])
@pytest.mark.parametrize("tz", ["Asia/Kolkata", "Asia/Kathmandu", "Australia/Lord_Howe"])
def test_hours_that_were_counted_in_utc_are_not_shown_as_hours_that_begin_at_half_past(
    tz: str, bucket: str
) -> None:
    found = timeline(counted(2), FULL, TimelineWindow(bucket, tz))
    assert (found["tz"], found["notes"][0]) == ("UTC", {"field": "tz", "reason": BY_HOUR})  # type: ignore[index]
    assert found["items"] == timeline(counted(2), FULL, TimelineWindow(bucket))["items"]


def test_whole_hours_are_shown_in_local_time() -> None:
    found = timeline(counted(1), FULL, TimelineWindow("hour", "Europe/Berlin"))
    assert (found["tz"], [note["field"] for note in found["notes"]]) == (  # type: ignore[attr-defined]
        "Europe/Berlin",
        ["items.opens.first_human"],
    )


def test_the_list_and_the_comparison_say_what_is_counted_without_recipients() -> None:
    made, store = reporting(Policy(both(Mode.AGGREGATE))), counted(7)
    campaign = a_campaign(sent=100)
    summary = made.summary(campaign, store.figures("spring", 0, 0))
    (line,) = campaign_lines([campaign], {"spring": summary}, {})
    assert line.read_by == "7 views by people"
    one, other = comparison([summary, summary], [Course((), ())] * 2).sides
    assert one.figures["Opens without recipients"] == other.figures["Opens without recipients"] == "7"
    assert one.sentence.startswith("7 views by people")
