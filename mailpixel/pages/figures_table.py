"""The figures of a campaign as tables, each number with its definition: for paper."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mailpixel.pages.definitions import COUNT_DEFINITIONS, DEFINITIONS
from mailpixel.pages.numbers import grouped, per_cent, rate_of
from mailpixel.report.counts import VIEWS, named_counts
from mailpixel.report.parts import UNNAMED_NAMES, unnamed_parts
from mailpixel.report.summary import Summary
from mailpixel.report.wording import ASSUMPTIONS

RECIPIENTS: Mapping[str, str] = {
    "sent": "Messages sent",
    "delivered": "Delivered",
    "bounced": "Bounced",
    "complained": "Reported as spam",
    "tracked": "Tracked",
    "untracked": "Not tracked",
}
"""The numbers of messages by their name in the summary, as pages call them."""


@dataclass(frozen=True, slots=True)
class FigureLine:
    """A named row of values, with the definition of its name."""

    name: str
    values: Sequence[str]
    definition: str


@dataclass(frozen=True, slots=True)
class FiguresView:
    """The tables of all figures, by what they are about."""

    recipients: Sequence[FigureLine]
    counts: Sequence[FigureLine]
    rates: Sequence[FigureLine]
    open_rates: Sequence[FigureLine]


def figures_view(summary: Summary) -> FiguresView:
    """The figures of a summary. It names no recipient."""
    return FiguresView(
        recipients=[
            FigureLine(title, [_number(getattr(summary.recipients, name))], DEFINITIONS[title])
            for name, title in RECIPIENTS.items()
        ],
        counts=_counts(summary),
        rates=[
            FigureLine(
                _words(name),
                [rate_of(summary, rate.value), f"{grouped(rate.numerator)} of {_number(rate.denominator)}"],
                rate.definition,
            )
            for name, rate in summary.rates.items()
        ],
        open_rates=_open_rates(summary),
    )


def _counts(summary: Summary) -> list[FigureLine]:
    clicks = dict(named_counts(summary.clicks))
    lines = [
        FigureLine(
            _words(name),
            [_number(number), _number(clicks[name]) if name in clicks else ""],
            COUNT_DEFINITIONS[name],
        )
        for name, number in named_counts(summary.opens)
    ]
    opens, followed = (unnamed_parts(each) for each in (summary.opens, summary.clicks))
    return lines + [
        FigureLine(
            f"Without recipients: {UNNAMED_NAMES[part]}",
            [grouped(opens.get(part, 0)), grouped(followed.get(part, 0))],
            VIEWS,
        )
        for part in opens or followed
    ]


def _open_rates(summary: Summary) -> list[FigureLine]:
    between = summary.open_rate_range
    values = {"floor": (between.low, ""), "ceiling": (between.high, "")} | {
        each.method: (each.value, _interval(each.low, each.high)) for each in between.estimates
    }
    return [
        FigureLine(_words(name), [rate_of(summary, values[name][0]), values[name][1]], definition)
        for name, definition in ASSUMPTIONS.items()
        if name in values
    ]


def _words(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _interval(low: float | None, high: float | None) -> str:
    return "" if low is None or high is None else f"{per_cent(low)} to {per_cent(high)}"


def _number(value: int | None) -> str:
    return "not known" if value is None else grouped(value)
