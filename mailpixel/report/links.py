"""Rows by link."""

from collections.abc import Mapping
from dataclasses import dataclass

from mailpixel.model import Campaign
from mailpixel.report.moments import iso
from mailpixel.store.projections import Figures
from mailpixel.store.shown import EMBEDDED


def campaign_json(campaign: Campaign) -> dict[str, object]:
    """{"id","name","sent","sent_at","base_url","passthrough":[name],"archived","links":[{"number","url","trap"}]}.

    null where not known.
    """
    return {
        "id": campaign.id,
        "name": campaign.name,
        "sent": campaign.sent,
        "sent_at": iso(campaign.sent_at),
        "base_url": campaign.base_url,
        "passthrough": list(campaign.passthrough),
        "archived": campaign.archived,
        "links": [{"number": link.number, "url": link.url, "trap": link.trap} for link in campaign.links],
    }


@dataclass(frozen=True, slots=True)
class LinkRow:
    """The clicks on one link.

    `number` is None for the row of all embedded destinations together; `url` is None there and for a number
    that is not registered.
    """

    number: int | None
    url: str | None
    trap: bool
    events: int
    human: int
    unique_human: int

    def to_json(self) -> dict[str, object]:
        """{"number","url","events","human","unique_human"} as the summary has it."""
        return {
            "number": self.number,
            "url": self.url,
            "events": self.events,
            "human": self.human,
            "unique_human": self.unique_human,
        }


def link_rows(campaign: Campaign, figures: Figures) -> tuple[LinkRow, ...]:
    """Rows of the registered links and of other numbers that were clicked; the embedded ones come last."""
    registered = {link.number: link for link in campaign.links}
    clicked = {number for number, measures in figures.links.items() if measures.get("clicks.events")}
    numbers = sorted((registered.keys() | clicked) - {EMBEDDED, 0})
    rows = [
        _row(
            number, link.url if (link := registered.get(number)) else None, bool(link and link.trap), figures
        )
        for number in numbers
    ]
    if EMBEDDED in clicked:
        rows.append(_row(EMBEDDED, None, False, figures))
    return tuple(rows)


def _row(number: int, url: str | None, trap: bool, figures: Figures) -> LinkRow:
    measures: Mapping[str, int] = figures.links.get(number, {})
    return LinkRow(
        number=None if number == EMBEDDED else number,
        url=url,
        trap=trap,
        events=measures.get("clicks.events", 0),
        human=measures.get("clicks.human", 0),
        unique_human=measures.get("clicks.unique_human", 0),
    )
