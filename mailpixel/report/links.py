"""Rows by link."""

from collections.abc import Iterable, Mapping, Sequence

from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from mailpixel.model import Campaign, Link
from mailpixel.modes import FULL, Modes
from mailpixel.report.answer import Answer, Count, Iso
from mailpixel.report.counts import known_of
from mailpixel.report.moments import iso
from mailpixel.store.campaigns import LinkRevision
from mailpixel.store.projections import Figures
from mailpixel.store.shown import EMBEDDED


class CampaignLink(Answer, frozen=True):
    """A link of a campaign. A trap is hidden from readers. The label is what they see; left out where it is unknown."""

    number: Count
    url: str
    trap: bool
    label: str | UnsetType = UNSET


class CampaignRow(Answer, frozen=True):
    """A campaign. Unknown fields are null. A `demonstration` was sent to nobody: its readers are simulated.

    `mode` is the most that the campaign lets be recorded, null where it says nothing, and was set at `mode_since`;
    `mode_in_force` is what the service allows of that. With `carry` its clicks are carried on to registered sites.
    """

    id: str
    name: str
    sent: Count | None
    sent_at: Iso | None
    base_url: str | None
    passthrough: list[str]
    mode: str | None
    mode_since: Iso | None
    mode_in_force: str
    carry: bool
    archived: bool
    demonstration: bool
    links: list[CampaignLink]


def campaign_row(campaign: Campaign, in_force: Modes) -> CampaignRow:
    """A campaign for programs, with the modes that are in force for it now."""
    return CampaignRow(
        id=campaign.id,
        name=campaign.name,
        sent=campaign.sent,
        sent_at=iso(campaign.sent_at),
        base_url=campaign.base_url,
        passthrough=list(campaign.passthrough),
        mode=None if campaign.mode is None else campaign.mode.text,
        mode_since=iso(campaign.mode_since),
        mode_in_force=in_force.text,
        carry=campaign.carry,
        archived=campaign.archived,
        demonstration=campaign.demonstration,
        links=[
            CampaignLink(link.number, link.url, link.trap, link.label or UNSET) for link in campaign.links
        ],
    )


class LinkFigures(Answer, frozen=True):
    """The clicks on one link.

    One row sums up all embedded destinations: its `number` and `url` are null. `url` is also null for a link number
    that is not registered. `unique_human` is null where clicks are counted without recipients.
    """

    number: Count | None
    url: str | None
    events: Count
    human: Count
    unique_human: Count | None
    machine: Count


class FormerLink(Answer, frozen=True):
    """A former destination of a link: until when it applied, and which API key replaced it."""

    url: str
    replaced_at: Iso
    replaced_by: str


class LinkRow(LinkFigures, frozen=True):
    """The clicks on one link and its former destinations. The label is what readers see; left out where unknown."""

    trap: bool
    former: list[FormerLink]
    label: str | UnsetType = UNSET

    @property
    def figures(self) -> LinkFigures:
        """The clicks alone."""
        return LinkFigures(self.number, self.url, self.events, self.human, self.unique_human, self.machine)


def link_rows(
    campaign: Campaign, figures: Figures, revisions: Sequence[LinkRevision] = (), ceiling: Modes = FULL
) -> tuple[LinkRow, ...]:
    """Rows of registered links and of other clicked numbers; the row of embedded destinations comes last.

    `ceiling` is the most that may be recorded of anybody in the campaign.
    """
    registered = {link.number: link for link in campaign.links}
    clicked = {number for number, measures in figures.links.items() if measures.get("clicks.events")}
    numbers = sorted((registered.keys() | clicked) - {EMBEDDED, 0}) + [EMBEDDED] * (EMBEDDED in clicked)
    former: dict[int, list[FormerLink]] = {}
    for each in revisions:
        replaced = FormerLink(each.url, iso(each.replaced_at), each.replaced_by)
        former.setdefault(each.number, []).append(replaced)
    rows = (_row(number, registered.get(number), figures, former.get(number, ())) for number in numbers)
    if "clicks" in known_of(ceiling, figures.totals).without:
        return tuple(replace(row, unique_human=None) for row in rows)
    return tuple(rows)


def _row(number: int, link: Link | None, figures: Figures, former: Iterable[FormerLink]) -> LinkRow:
    measures: Mapping[str, int] = figures.links.get(number, {})
    return LinkRow(
        number=None if number == EMBEDDED else number,
        url=link.url if link else None,
        events=measures.get("clicks.events", 0),
        human=measures.get("clicks.human", 0),
        unique_human=measures.get("clicks.unique_human", 0),
        machine=measures.get("clicks.machine", 0),
        trap=bool(link and link.trap),
        former=list(former),
        label=(link.label if link else "") or UNSET,
    )
