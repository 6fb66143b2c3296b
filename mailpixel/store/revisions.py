"""What a change of a campaign means: which links were replaced, and whether its events must be judged
again."""

from datetime import UTC, datetime, timedelta

from mailpixel.model import Campaign, Link

_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


def to_ms(moment: datetime) -> int:
    """A moment as milliseconds since 1970, rounded down."""
    return (moment - _BEGINNING) // timedelta(milliseconds=1)


def to_the_millisecond(moment: datetime | None) -> datetime | None:
    """A moment as a registry keeps it."""
    return None if moment is None else _BEGINNING + timedelta(milliseconds=to_ms(moment))


def replaced_links(former: Campaign, campaign: Campaign) -> list[Link]:
    """Former links whose destination was changed or taken away, in order of number."""
    urls = {link.number: link.url for link in campaign.links}
    changed = [link for link in former.links if urls.get(link.number) != link.url]
    return sorted(changed, key=lambda link: link.number)


def calls_for_rebuild(former: Campaign, campaign: Campaign) -> bool:
    """Whether verdicts may change: when it was sent, which links it has and which of them are traps."""
    return _judged_by(former) != _judged_by(campaign)


def _judged_by(campaign: Campaign) -> tuple[datetime | None, frozenset[tuple[int, bool]]]:
    links = frozenset((link.number, link.trap) for link in campaign.links)
    return to_the_millisecond(campaign.sent_at), links
