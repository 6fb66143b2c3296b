"""The figures of a campaign as tables, each number with its definition: for paper and for shares."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from mailpixel.pages.charts.open_range import open_range
from mailpixel.pages.numbers import grouped, per_cent
from mailpixel.report.clients import Clients
from mailpixel.report.links import LinkFigures
from mailpixel.report.summary import Summary
from mailpixel.report.wording import ASSUMPTIONS, HOW, range_note, range_sentence

MOST_LINKS = 500
"""Most links in the table; the page says how many more there are."""
RECIPIENTS = {
    "sent": "Messages that were sent, as the sender says.",
    "delivered": "Messages whose delivery was reported, less those that bounced.",
    "bounced": "Messages that came back.",
    "complained": "Messages that a recipient reported as spam.",
    "tracked": "Messages whose opens and clicks can be seen: the denominator of the rates.",
    "untracked": "Messages to recipients who opted out of tracking.",
}
COUNTS = {
    "events": "All loads of the image, and all visits of a link, by people and machines.",
    "deduplicated": "The same without repeats.",
    "unique": "Messages with at least one.",
    "human": "By people, without repeats.",
    "unique_human": "Messages with at least one by a person.",
    "proxied": "By people, through the image proxy of their mailbox.",
    "privacy_prefetch": "By Apple's privacy prefetch, which may hide a person. Never counted as one.",
    "machine": "By prefetchers, scanners and bots.",
    "inferred_from_clicks": "Messages with a click by a person, but no open: read without images.",
}
"""What each count means, by its name in the summary."""


@dataclass(frozen=True, slots=True)
class FigureLine:
    """A named row of values, with the definition of its name."""

    name: str
    values: Sequence[str]
    definition: str


@dataclass(frozen=True, slots=True)
class FiguresView:
    """All figures. `links` are (number, destination, clicks, by people, people); `more_links` are left out."""

    id: str
    sent_at: str
    as_of: str
    sentence: str
    note: str
    chart: Markup
    how: Sequence[str]
    recipients: Sequence[FigureLine]
    counts: Sequence[FigureLine]
    rates: Sequence[FigureLine]
    open_rates: Sequence[FigureLine]
    clients: Sequence[tuple[str, Sequence[FigureLine]]]
    links: Sequence[Sequence[str]]
    more_links: int
    demonstration: bool


def figures_view(summary: Summary) -> FiguresView:
    """The figures of a summary. It names no recipient."""
    return FiguresView(
        id=summary.campaign.id,
        sent_at=summary.campaign.sent_at or "not known",
        as_of=summary.as_of or "never",
        sentence=range_sentence(summary.open_rate_range),
        note=range_note(summary.open_rate_range),
        chart=open_range(summary.open_rate_range),
        how=HOW,
        recipients=[
            FigureLine(_words(name), [_number(getattr(summary.recipients, name))], definition)
            for name, definition in RECIPIENTS.items()
        ],
        counts=_counts(summary),
        rates=[
            FigureLine(
                _words(name),
                [per_cent(rate.value), f"{grouped(rate.numerator)} of {_number(rate.denominator)}"],
                rate.definition,
            )
            for name, rate in summary.rates.items()
        ],
        open_rates=_open_rates(summary),
        clients=[("Programs", _clients(summary.programs)), ("Devices", _clients(summary.devices))],
        links=[_link(row) for row in summary.links[:MOST_LINKS]],
        more_links=max(len(summary.links) - MOST_LINKS, 0),
        demonstration=summary.campaign.demonstration,
    )


def _counts(summary: Summary) -> list[FigureLine]:
    return [
        FigureLine(_words(name), [grouped(number), _optional(summary.clicks.get(name))], COUNTS[name])
        for name, number in summary.opens.items()
    ]


def _open_rates(summary: Summary) -> list[FigureLine]:
    between = summary.open_rate_range
    values = {"floor": (between.low, ""), "ceiling": (between.high, "")} | {
        each.method: (each.value, _interval(each.low, each.high)) for each in between.estimates
    }
    return [
        FigureLine(_words(name), [per_cent(values[name][0]), values[name][1]], definition)
        for name, definition in ASSUMPTIONS.items()
        if name in values
    ]


def _clients(clients: Clients) -> list[FigureLine]:
    found = [(name, number) for name, number in clients.known.items() if number]
    return [
        FigureLine(
            _words(name),
            [grouped(number), per_cent(number / clients.messages if clients.messages else None)],
            "",
        )
        for name, number in (*found, ("not_known", clients.unknown))
    ]


def _link(row: LinkFigures) -> Sequence[str]:
    number = "" if row.number is None else str(row.number)
    counts = [grouped(row.events), grouped(row.human), grouped(row.unique_human)]
    return [number, row.url or "links of single recipients", *counts]


def _words(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _interval(low: float | None, high: float | None) -> str:
    return "" if low is None or high is None else f"{per_cent(low)} to {per_cent(high)}"


def _number(value: int | None) -> str:
    return "not known" if value is None else grouped(value)


def _optional(value: int | None) -> str:
    return "" if value is None else grouped(value)
