"""The links of a campaign: who followed each, and where it led before."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from mailpixel.pages.addresses import campaign_url
from mailpixel.pages.charts.parts import share_bar
from mailpixel.pages.numbers import grouped, moment_text, per_cent
from mailpixel.report.links import FormerLink, LinkFigures, LinkRow
from mailpixel.report.moments import from_iso
from mailpixel.report.summary import Summary

EMBEDDED = "destinations of single recipients"
"""What stands for the links that carry their destination themselves."""
UNREGISTERED = "not registered"
LINKS_FIRST = 20
"""A campaign with more links shows those that most people followed at first."""


@dataclass(frozen=True, slots=True)
class FormerLine:
    """A former destination: until when it applied, and who replaced it."""

    url: str
    until: str
    by: str


@dataclass(frozen=True, slots=True)
class LinkLine:
    """One link as text. `number` is empty for the row of embedded destinations, `url` is text and never a link to it.

    `people` orders the links: where people are not known, it is the number of human clicks. `label` is the text of its
    place in the mail, empty where it has none. `recipients` is the list of those who followed it, empty where there
    is none.
    """

    number: str
    label: str
    url: str
    people: int
    people_text: str
    machines: str
    share: str
    bar: Markup
    recipients: str
    is_trap: bool = False
    former: Sequence[FormerLine] = ()


def link_lines(links: Sequence[LinkFigures], summary: Summary, labels: Mapping[int, str]) -> list[LinkLine]:
    """The links in the order given, each with its share of all messages with a human click.

    `labels` are the texts of their places in the mail, by number.
    """
    return [_line(link, summary, labels.get(link.number or 0, "")) for link in links]


def most_followed(lines: Sequence[LinkLine]) -> Sequence[LinkLine]:
    """The lines that a page shows at first: all of a few, else the `LINKS_FIRST` with the most people."""
    if len(lines) <= LINKS_FIRST:
        return lines
    return sorted(lines, key=lambda line: -line.people)[:LINKS_FIRST]


def _line(link: LinkFigures, summary: Summary, label: str) -> LinkLine:
    clickers, people = summary.clicks.unique_human, link.unique_human
    share = people / clickers if clickers and people is not None else None
    row = link if isinstance(link, LinkRow) else None
    return LinkLine(
        number="" if link.number is None else str(link.number),
        label=label,
        url=link.url or (EMBEDDED if link.number is None else UNREGISTERED),
        people=link.human if people is None else people,
        people_text=grouped(people),
        machines=grouped(link.machine),
        share=per_cent(share),
        bar=share_bar("human", share),
        recipients=_recipients(link, summary.campaign.id),
        is_trap=bool(row and row.trap),
        former=[_former(each) for each in row.former] if row else (),
    )


def _recipients(link: LinkFigures, campaign: str) -> str:
    if link.number is None or link.url is None or not link.unique_human:
        return ""
    return campaign_url(campaign, "recipients", link=link.number)


def _former(link: FormerLink) -> FormerLine:
    return FormerLine(link.url, moment_text(from_iso(link.replaced_at, "replaced_at")), link.replaced_by)
