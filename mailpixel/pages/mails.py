"""What the pages of a mail show: its links with the people who followed them, and what was left alone."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from mailpixel.links.splicing.link_policy import Reason
from mailpixel.model import Campaign
from mailpixel.report.summary import Summary
from mailpixel.rewriting.reasons import LINK_WORDS
from mailpixel.store.mails import KeptMail, LeftAlone


class MapRow(NamedTuple):
    """A link of the map: `people` followed it, `share` of those who followed anything; it stands in `places` places."""

    number: int
    url: str
    label: str
    people: int
    share: float | None
    places: int


class LeftRow(NamedTuple):
    """A link that was left alone, as it stands, and why."""

    href: str
    why: str


def map_rows(campaign: Campaign, summary: Summary, mail: KeptMail | None) -> list[MapRow]:
    """The links of a campaign, most people first."""
    people = {row.number: row.unique_human or 0 for row in summary.links if row.number is not None}
    clicked = summary.clicks.unique_human
    places = Counter(place.number for place in mail.places) if mail else Counter[int | None]()
    rows = [
        MapRow(
            link.number,
            link.url,
            link.label,
            people.get(link.number, 0),
            people.get(link.number, 0) / clicked if clicked else None,
            places[link.number],
        )
        for link in campaign.links
        if not link.trap
    ]
    return sorted(rows, key=lambda row: (-row.people, row.number))


def shares_of(rows: Sequence[MapRow]) -> dict[int, float | None]:
    """The shares by link number, for the marks of the map; None where nobody clicked anything yet."""
    return {row.number: row.share for row in rows}


def left_rows(left_alone: Sequence[LeftAlone]) -> list[LeftRow]:
    """What was left alone, with its reason in words."""
    return [LeftRow(left.href, _why(left.reason)) for left in left_alone]


def not_registered(campaign: Campaign, mail: KeptMail) -> list[LeftRow]:
    """Links of a kept mail that were no links of the campaign when it was kept, and its hidden links."""
    hidden = {link.url for link in campaign.links if link.trap}
    urls = dict.fromkeys(place.url for place in mail.places if place.number is None)
    return [LeftRow(url, _HIDDEN if url in hidden else _UNKNOWN) for url in urls]


_HIDDEN = "a hidden link, which only machines follow"
_UNKNOWN = "not a link of this campaign when the mail was kept"


_WORDS: Mapping[str, str] = {str(reason): words for reason, words in LINK_WORDS.items()}


def _why(reason: str) -> str:
    words = _WORDS.get(reason, "")
    return reason if not words or reason == Reason.TRACKED else f"{reason}: {words}"
