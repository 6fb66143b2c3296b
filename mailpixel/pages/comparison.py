"""Two campaigns side by side, on one scale."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from mailpixel.pages.addresses import campaign_url
from mailpixel.pages.charts.course import course_lines
from mailpixel.pages.charts.figure import figure, numbers_table
from mailpixel.pages.charts.open_range import open_range
from mailpixel.pages.charts.parts import Part, parts_bar
from mailpixel.pages.charts.scales import rate_top
from mailpixel.pages.definitions import DEFINITIONS
from mailpixel.pages.numbers import grouped, per_cent, rate_of
from mailpixel.report.comparison import Compared, compare
from mailpixel.report.counts import VIEWS
from mailpixel.report.course import Course
from mailpixel.report.parts import PART_NAMES, open_parts, unnamed_parts
from mailpixel.report.summary import Summary
from mailpixel.report.wording import heading

LINES = ("first-line", "second-line")


@dataclass(frozen=True, slots=True)
class Side:
    """One of two campaigns. `figures` are its rates as text, by name."""

    name: str
    url: str
    sentence: str
    range_chart: Markup
    parts: Markup
    figures: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two campaigns, what can be said of them, and their courses. A chart is empty without a time of sending.

    `meanings` are the names of the figures with their definitions.
    """

    sides: Sequence[Side]
    said: Compared
    opened: Markup
    clicked: Markup
    meanings: Sequence[tuple[str, str]]


def comparison(summaries: Sequence[Summary], courses: Sequence[Course]) -> Comparison:
    """The comparison of two summaries with their courses, both in the same order."""
    one, other = summaries
    unnamed = any(unnamed_parts(each.opens) or unnamed_parts(each.clicks) for each in summaries)
    top = rate_top(each.open_rate_range.high for each in summaries)
    names = [each.campaign.name for each in summaries]
    return Comparison(
        sides=[_side(each, top, unnamed) for each in summaries],
        said=compare(one, other),
        opened=_lines("Recipients who had opened", names, [each.opened for each in courses]),
        clicked=_lines("Recipients who had clicked", names, [each.clicked for each in courses]),
        meanings=_meanings(one) + [(name, VIEWS) for name in UNNAMED if unnamed],
    )


UNNAMED: Mapping[str, Callable[[Summary], int]] = {
    "Opens without recipients": lambda summary: summary.opens.aggregate.human,
    "Clicks without recipients": lambda summary: summary.clicks.aggregate.human,
}
"""What people did where hits are counted without recipients."""


def _meanings(summary: Summary) -> list[tuple[str, str]]:
    """What the figures mean. That of a rate is the same for every campaign."""
    rates = summary.rates
    return [
        ("Sent", "Messages sent, as you set it for the campaign."),
        ("Delivered", DEFINITIONS["Delivered"]),
        ("Known readers", DEFINITIONS["Known readers"]),
        ("Click rate", rates["click_rate"].definition),
        ("Click to open", rates["click_to_open_rate"].definition),
        ("Who loaded the images", DEFINITIONS["Who loaded the images"]),
    ]


def _side(summary: Summary, top: float, unnamed: bool) -> Side:
    parts = [Part(kind, PART_NAMES[kind], number) for kind, number in open_parts(summary).items()]
    rates, recipients = summary.rates, summary.recipients
    return Side(
        name=summary.campaign.name,
        url=campaign_url(summary.campaign.id),
        sentence=heading(summary),
        range_chart=open_range(summary.open_rate_range, top) if summary.has_hits else Markup(""),
        parts=parts_bar("Opens", parts),
        figures={
            "Sent": grouped(recipients.sent),
            "Delivered": grouped(recipients.delivered),
            "Known readers": rate_of(summary, summary.open_rate_range.low),
            "Click rate": rate_of(summary, rates["click_rate"].value),
            "Click to open": rate_of(summary, rates["click_to_open_rate"].value),
            **{name: grouped(number_of(summary)) for name, number_of in UNNAMED.items() if unnamed},
        },
    )


def _lines(what: str, names: Sequence[str], shares: Sequence[Sequence[float]]) -> Markup:
    """Both courses with their table. The names may be equal, so the legend keeps their order."""
    longest = max(map(len, shares))
    rows = [
        (f"{hour + 1} h", *(per_cent(each[hour]) if hour < len(each) else "" for each in shares))
        for hour in range(longest)
    ]
    table = numbers_table(f"{what}, by hours since sending", ("Hours", *names), rows)
    chart = course_lines(what, list(zip(names, shares, strict=True)))
    return figure(chart, dict(zip(LINES, names, strict=True)), table)
