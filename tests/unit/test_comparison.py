"""Two campaigns in sentences that claim no more than the figures show."""

from dataclasses import replace

import pytest

from mailpixel.report.comparison import Compared, compare
from mailpixel.report.summary import Summary, summarise
from mailpixel.store.projections import Figures
from tests.support.builders import a_campaign

ALIKE = "The click rates, 2 % and 2 %, differ by no more than chance can explain."


def summary(name: str, sent: int | None = 1000, **numbers: int) -> Summary:
    """A campaign with these measures; `__` stands for the dot in their names."""
    totals = {
        measure.replace("__", "."): number for measure, number in {"opens__events": 1, **numbers}.items()
    }
    campaign = replace(a_campaign(name, sent=sent), name=name.upper())
    return summarise(campaign, Figures(totals, {}, 0, 0, 0), "rules-1")


def said(one: Summary, other: Summary) -> tuple[str, str, bool]:
    found = compare(one, other)
    return found.opens.replace("\xa0", " "), found.clicks.replace("\xa0", " "), found.part


def read(name: str, openers: int, hidden: int, clickers: int = 20) -> Summary:
    """Some who opened, some whose mail program hides it, and some of those who opened who clicked."""
    return summary(
        name,
        opens__unique_human=openers,
        opens__unique_human_trackable=openers,
        opens__unique_privacy_prefetch=hidden,
        opens__unique_privacy_only=hidden,
        clicks__unique_human=clickers,
        clicks__on_trackable_opens=clickers,
    )


def test_ranges_that_part_say_which_was_read_by_more_whatever_the_order() -> None:
    more = "“A” was read by a larger share: at least 50 %, against at most 30 % of “B”."
    assert said(read("a", 500, 100), read("b", 200, 100)) == (more, ALIKE, True)
    assert said(read("b", 200, 100), read("a", 500, 100)) == (more, ALIKE, True)


def test_ranges_that_overlap_never_say_which_was_read_by_more() -> None:
    opens, _, part = said(read("a", 250, 440), read("b", 250, 120))
    assert not part
    assert opens.startswith(
        "The ranges overlap: opens alone cannot say which of the two was read by a larger share."
    )


def test_a_rate_that_is_not_known_cannot_be_compared() -> None:
    assert compare(summary("a"), summary("b", sent=None)) == Compared(
        "One of the two has no open rate, so their opens cannot be compared.",
        "One of the two has no click rate, so their clicks cannot be compared.",
        False,
    )


def test_a_campaign_without_hits_is_compared_with_nothing() -> None:
    silent = Compared("“B” has no hits yet, so there is nothing to compare.", "", False)
    assert compare(read("a", 500, 100), summary("b", opens__events=0)) == silent
    assert compare(summary("b", opens__events=0), read("a", 500, 100)) == silent


@pytest.mark.parametrize(
    ("one", "other", "clicks"),
    [
        (51, 25, "A larger share clicked in “A”: 5.1 % against 2.5 %, a difference larger than chance."),
        (25, 51, "A larger share clicked in “B”: 5.1 % against 2.5 %, a difference larger than chance."),
        (5, 6, "The click rates, 0.5 % and 0.6 %, differ by no more than chance can explain."),
        (0, 0, "The click rates, 0 % and 0 %, differ by no more than chance can explain."),
    ],
)
def test_clicks_differ_only_by_more_than_chance(one: int, other: int, clicks: str) -> None:
    found = said(summary("a", clicks__unique_human=one), summary("b", clicks__unique_human=other))
    assert found[1] == clicks
