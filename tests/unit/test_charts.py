"""Charts as text: what is drawn, what is said, and that no text becomes markup."""

import re
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from mailpixel.pages.charts.columns import FEWEST, LABELS, Column, columns
from mailpixel.pages.charts.course import course_lines
from mailpixel.pages.charts.figure import figure, legend, numbers_table
from mailpixel.pages.charts.open_range import open_range, small_range
from mailpixel.pages.charts.parts import Part, parts_bar, share_bar
from mailpixel.pages.charts.scales import RATE_TOPS, count_ticks, rate_ticks, rate_top
from mailpixel.pages.charts.sparkline import sparkline
from mailpixel.pages.charts.svg import HATCHING
from mailpixel.report.estimate import Estimate, OpenRateRange

HOSTILE = "\"><script>alert(1)</script><img src=x onerror='alert(1)'>&amp;\u202e"
UNKNOWN = [Estimate("extrapolation", None, None, None), Estimate("click_ratio", None, None, None)]
RANGE = OpenRateRange(
    0.25, 0.69, [Estimate("extrapolation", 0.41, 0.4, 0.42), Estimate("click_ratio", 0.4, 0.36, 0.45)]
)


def drawn(chart: Markup, shape: str, kind: str = "") -> list[dict[str, str]]:
    """The attributes of all shapes of this kind, from a chart that must be well-formed."""
    root = ElementTree.fromstring(f"<all>{chart}</all>")
    return [each.attrib for each in root.iter(shape) if kind in each.get("class", "")]


def widths(chart: Markup, kind: str = "part") -> list[str]:
    return [rect["width"] for rect in drawn(chart, "rect", kind)]


def test_the_range_is_solid_to_the_floor_hatched_to_the_ceiling_on_the_next_round_axis() -> None:
    chart = open_range(RANGE)
    parts = [(rect["class"], rect["x"], rect["width"]) for rect in drawn(chart, "rect", "part")]
    assert parts == [("part human", "0%", "31.25%"), ("part privacy", "31.25%", "55%")]
    assert [dot["cx"] for dot in drawn(chart, "circle")] == ["51.25%", "50%"]
    assert len(drawn(chart, "line", "whisker")) == 6
    assert re.findall(r">([^<]+)</text>", chart)[-5:] == [f"{n}\xa0%" for n in (0, 20, 40, 60, 80)]


def test_the_range_says_its_numbers_to_those_who_do_not_see_it() -> None:
    assert drawn(open_range(RANGE), "svg")[0]["aria-label"].replace("\xa0", " ") == (
        "Known readers 25 %, at most 69 %; 41 % if they open like the others (95 % interval 40 % to 42 %); "
        "40 % judging by their clicks (95 % interval 36 % to 45 %)"
    )


def test_an_unknown_range_is_no_chart() -> None:
    assert open_range(OpenRateRange(None, None, UNKNOWN)) == ""
    assert small_range(OpenRateRange(None, None, UNKNOWN), 1.0) == ""


def test_nobody_known_and_nobody_hidden_is_an_empty_track() -> None:
    assert widths(open_range(OpenRateRange(0.0, 0.0, UNKNOWN))) == []


def test_small_ranges_share_a_scale_and_mark_a_number_only_when_one_is_fair() -> None:
    apart = OpenRateRange(
        0.25, 0.69, [Estimate("extrapolation", 0.3, 0.29, 0.31), Estimate("click_ratio", 0.6, 0.55, 0.65)]
    )
    assert widths(small_range(RANGE, 1.0)) == widths(small_range(apart, 1.0)) == ["25%", "44%"]
    assert [len(drawn(small_range(each, 1.0), "line", "tick")) for each in (RANGE, apart)] == [1, 0]


def test_parts_are_shares_of_their_sum_and_zero_is_not_drawn() -> None:
    bar = parts_bar(
        "Opens", [Part("human", "people", 3), Part("proxied", "proxies", 0), Part("machine", "machines", 1)]
    )
    assert widths(bar) == ["75%", "25%"]
    assert [title.text for title in ElementTree.fromstring(bar).iter("title")] == ["people: 3", "machines: 1"]


def test_a_whole_of_nothing_is_no_chart() -> None:
    empty = (
        parts_bar("Opens", [Part("human", "people", 0)]),
        sparkline("Opens", [0, 0]),
        sparkline("Opens", []),
        columns("Opens", [Column("1 Nov", {"human": 0})]),
        columns("Opens", []),
        course_lines("Opened", [("A", ()), ("B", ())]),
        figure(Markup(""), {}, Markup("")),
    )
    assert empty == ("",) * 7


def test_a_share_is_a_bar_on_a_track() -> None:
    assert (widths(share_bar("human", 0.5)), widths(share_bar("human", None))) == (["50%"], [])


def test_columns_stand_on_one_another_and_reach_no_higher_than_the_axis() -> None:
    chart = columns(
        "Opens", [Column("10:00", {"human": 3, "machine": 1}), Column("11:00", {"human": 0, "machine": 2})]
    )
    tops = [(rect["class"], rect["y"], rect["height"]) for rect in drawn(chart, "rect", "part")]
    assert tops == [
        ("part human", "48", "120"),
        ("part machine", "8", "40"),
        ("part machine", "88", "80"),
    ]


@pytest.mark.parametrize("many", [1, FEWEST, 72, 400])
def test_few_columns_are_not_wide_and_many_have_few_names(many: int) -> None:
    chart = columns("Opens", [Column(str(place), {"human": 1}) for place in range(many)])
    assert len(drawn(chart, "rect", "part")) == many
    assert float(widths(chart)[0].rstrip("%")) == pytest.approx(84 / max(many, FEWEST), abs=0.001)
    named = [each for each in drawn(chart, "text") if "from" in each["class"] and each["y"] == "185"]
    assert 1 <= len(named) <= LABELS


@pytest.mark.parametrize(
    ("most", "ticks"),
    [
        (0, [0, 1]),
        (1, [0, 1]),
        (3, [0, 1, 2, 3]),
        (5, [0, 2, 4, 6]),
        (36_420, [0, 10_000, 20_000, 30_000, 40_000]),
    ],
)
def test_an_axis_of_numbers_has_whole_round_ticks(most: int, ticks: list[int]) -> None:
    assert count_ticks(most) == ticks


@given(st.integers(0, 10**12))
def test_an_axis_of_numbers_is_short_and_has_room(most: int) -> None:
    ticks = count_ticks(most)
    assert (ticks[0], len(ticks) <= 5, ticks[-1] >= most, ticks[-1] <= max(most, 1) * 3) == (
        0,
        True,
        True,
        True,
    )


def test_an_axis_of_rates_ends_at_the_next_round_rate() -> None:
    assert [rate_top([each]) for each in (None, 0.0, 0.1, 0.11, 0.69, 0.81, 1.0)] == [
        0.1,
        0.1,
        0.1,
        0.2,
        0.8,
        1.0,
        1.0,
    ]
    whole = [[round(tick * 100, 9) % 1 for tick in rate_ticks(top)] for top in RATE_TOPS]
    assert not any(part for ticks in whole for part in ticks)


def test_two_courses_are_drawn_on_one_scale() -> None:
    chart = course_lines("Opened", [("A", (0.1, 0.2)), ("B", (0.05,))])
    lines = drawn(chart, "polyline")
    assert [(each["class"], each["points"]) for each in lines] == [
        ("first-line", "0,1000 13.889,500 27.778,0"),
        ("second-line", "0,1000 13.889,750"),
    ]


def test_a_line_of_one_number_is_still_a_line() -> None:
    assert drawn(sparkline("Opens", [4]), "polyline")[0]["points"] == "0,60 1000,60"


def test_no_text_becomes_markup() -> None:
    charts = (
        parts_bar(HOSTILE, [Part("human", HOSTILE, 3)]),
        columns(HOSTILE, [Column(HOSTILE, {"human": 1})]),
        course_lines(HOSTILE, [(HOSTILE, (0.1,))]),
        sparkline(HOSTILE, [1, 2]),
        legend({"human": HOSTILE}),
        numbers_table(HOSTILE, (HOSTILE, HOSTILE), [(HOSTILE, HOSTILE)]),
    )
    for chart in charts:
        assert not drawn(chart, "script") + drawn(chart, "img"), chart


def test_a_figure_has_its_chart_its_legend_and_its_numbers_unescaped() -> None:
    chart = figure(
        sparkline("Opens", [1, 2]),
        {"human": "people"},
        numbers_table("Opens", ("Hour", "People"), [("10", "1")]),
    )
    assert [len(drawn(chart, shape)) for shape in ("svg", "li", "details", "th", "td")] == [3, 1, 1, 3, 1]


def test_charts_have_no_inline_style_and_the_hatching_is_well_formed() -> None:
    assert drawn(HATCHING, "pattern")[0]["id"] == "hatch"
    assert "style=" not in open_range(RANGE) + HATCHING
