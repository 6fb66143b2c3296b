"""The overview of a campaign for strangers: what a share shows, by the rule of `mailpixel.privacy.small_cells`."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from msgspec.structs import replace as with_fields

from mailpixel.pages.charts.parts import parts_bar, share_bar, total_of
from mailpixel.pages.definitions import DEFINITIONS
from mailpixel.pages.link_list import LinkLine, link_lines
from mailpixel.pages.numbers import NONE, grouped, of_messages, per_cent
from mailpixel.pages.overview import Card, Overview, PartsView, overview
from mailpixel.privacy.small_cells import ShownShare, shown, shown_share
from mailpixel.report.parts import machine_hits
from mailpixel.report.shared import shared_range, shared_rate
from mailpixel.report.summary import Summary

MOST_LINKS = 500
"""Most links of a share; the page says how many more there are."""


def shared_overview(summary: Summary, labels: Mapping[int, str]) -> Overview:
    """The overview of a summary for strangers. `labels` are the texts of links in the mail, by number.

    Every number in it is one to show, and it leads to no recipient.
    """
    summary = with_fields(summary, open_rate_range=shared_range(summary), overflow=0)
    view = overview(summary, 0, labels, False)
    lines = _lines(summary, labels)
    return replace(
        view,
        heading=_heading(summary, view),
        cards=_cards(summary),
        opens=_coarse(view.opens),
        clicks=_coarse(view.clicks),
        standing=_coarse(view.standing),
        unnamed=[_coarse(each) for each in view.unnamed],
        recorded=[_coarse(each) for each in view.recorded],
        clients=(),
        links=lines[:MOST_LINKS],
        more_links=max(len(lines) - MOST_LINKS, 0),
    )


def _heading(summary: Summary, view: Overview) -> str:
    if summary.opens.unique is not None or not summary.has_hits:
        return view.heading
    views = shown(summary.opens.human)
    number = "Fewer than five" if views is None else grouped(views)
    return f"{number} views by people, of whom nothing else is kept"


def _coarse(view: PartsView) -> PartsView:
    parts = [replace(part, number=shown(part.number)) for part in view.parts]
    return replace(view, parts=parts, bar=parts_bar(view.title, parts), total=total_of(parts))


def _cards(summary: Summary) -> list[Card]:
    recipients, rates = summary.recipients, summary.rates
    names = {"Click rate": "click_rate", "Click to open": "click_to_open_rate"}
    found = {title: shared_rate(rates[name]) for title, name in names.items()}
    low = summary.open_rate_range.low if summary.has_hits else None
    only_some = {
        "Bounced": recipients.bounced,
        "Reported as spam": recipients.complained,
        "Opted out": recipients.opted_out,
    }
    return [
        _sent(summary),
        _card("Known readers", per_cent(low), of_messages(shown(recipients.opens_base))),
        *(
            Card(title, per_cent(each.value), _of(each), rates[names[title]].definition)
            for title, each in found.items()
        ),
        _card("Machines", grouped(shown(machine_hits(summary))), "hits, in no rate"),
        *(_card(name, grouped(shown(number)), "messages") for name, number in only_some.items() if number),
    ]


def _sent(summary: Summary) -> Card:
    recipients = summary.recipients
    if recipients.delivered is None:
        return _card("Sent", grouped(recipients.sent), "no deliveries reported")
    of = "" if recipients.sent is None else f"of {grouped(recipients.sent)} sent"
    return _card("Delivered", grouped(shown(recipients.delivered)), of)


def _card(name: str, value: str, detail: str) -> Card:
    return Card(name, value, detail, DEFINITIONS[name])


def _of(rate: ShownShare) -> str:
    return NONE if rate.part is None else f"{grouped(rate.part)} of {grouped(rate.whole)}"


def _lines(summary: Summary, labels: Mapping[int, str]) -> Sequence[LinkLine]:
    """The links, those with the most people first; those whose people are not shown in the order of the campaign."""
    lines = link_lines(summary.links, summary, labels)
    found = []
    for line, link in zip(lines, summary.links, strict=True):
        people = shown_share(link.unique_human, summary.clicks.unique_human)
        found.append(
            replace(
                line,
                people=people.part or 0,
                people_text=grouped(people.part),
                machines=grouped(shown(link.machine)),
                share=per_cent(people.value),
                bar=share_bar("human", people.value),
                recipients="",
            )
        )
    return sorted(found, key=lambda line: -line.people)
