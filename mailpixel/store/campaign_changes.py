"""What a change of a campaign means: which links were replaced or are new, and whether its events must be judged
again."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime

from mailpixel.claims import LAST_LINK
from mailpixel.errors import Conflict, InvalidInput, StoreUnavailable
from mailpixel.model import Campaign, Link
from mailpixel.store.campaigns import LinkRegister, Sighting
from mailpixel.times import moment_of, to_ms


def to_the_millisecond(moment: datetime | None) -> datetime | None:
    """A moment as a registry keeps it."""
    return None if moment is None else moment_of(to_ms(moment))


def replaced_links(former: Campaign, campaign: Campaign) -> list[Link]:
    """Former links whose destination was changed or taken away, in order of number."""
    urls = {link.number: link.url for link in campaign.links}
    changed = [link for link in former.links if urls.get(link.number) != link.url]
    return sorted(changed, key=lambda link: link.number)


def calls_for_rebuild(former: Campaign, campaign: Campaign) -> bool:
    """Whether verdicts of any message may change: when it was sent, and which links are traps."""
    return _judged_by(former) != _judged_by(campaign)


def calls_for_recount(former: Campaign, campaign: Campaign) -> bool:
    """Whether clicks that carried a destination may count for another link: which links there are, and where they lead.
    A click by a link's number counts for it wherever it leads."""
    return _numbers(former) != _numbers(campaign)


def _judged_by(campaign: Campaign) -> tuple[datetime | None, frozenset[int]]:
    return to_the_millisecond(campaign.sent_at), frozenset(
        link.number for link in campaign.links if link.trap
    )


def _numbers(campaign: Campaign) -> dict[str, int]:
    links = sorted(campaign.links, key=lambda link: link.number, reverse=True)
    return {link.url: link.number for link in links if not link.trap}


def check_never_sent(campaign: Campaign, signed: bool) -> None:
    """Raises `Conflict` for a campaign that may have been sent; `signed` says that links were signed for it."""
    signs = {
        "the number of messages sent is set": bool(campaign.sent),
        "the time of sending is set": campaign.sent_at is not None,
        "links were signed for it": signed,
    }
    found = [sign for sign, is_so in signs.items() if is_so]
    if found:
        raise still_needed(campaign.id, *found)


def note_signed(registry: LinkRegister, campaign: str) -> None:
    """Remember that links were signed, unless the store does not take it: who may only read may sign."""
    with suppress(StoreUnavailable):
        registry.note_signed(campaign)


def still_needed(campaign: str, *signs: str) -> Conflict:
    """The refusal to delete a campaign that may have been sent, because of these signs."""
    return Conflict(f"campaign {campaign!r} may have been sent: {', and '.join(signs)}; archive it instead")


def numbered(
    links: Sequence[Link], urls: Sequence[str], highest_former: int = 0
) -> tuple[dict[str, int], list[Link]]:
    """The number of each destination, and the links that are new, numbered on in the order given.

    Of two links with one destination the first counts; a trap counts for none. A number that a link once had, up to
    `highest_former`, is not given again: mail sent with it would lead elsewhere. Raises `InvalidInput`.
    """
    known = {link.url: link.number for link in reversed(links) if not link.trap}
    last = max([highest_former, *(link.number for link in links)])
    new = [Link(number, url) for number, url in enumerate(_missing(known, urls), last + 1)]
    if new and new[-1].number > LAST_LINK:
        raise InvalidInput("links", f"are more than {LAST_LINK:,} in this campaign; begin a new campaign")
    known |= {link.url: link.number for link in new}
    return {url: known[url] for url in urls}, new


Remembered = tuple[bytes, bytes]
"""Mark and reader of a sighting."""


def met(
    sightings: Sequence[Sighting], remembered: Mapping[int, Remembered], room: int
) -> tuple[list[Sighting], list[Sighting]]:
    """The destinations that become links, and those to be remembered, of some that are no links.

    `remembered` holds by slot what was seen before; at most `room` become links, and without any nothing is remembered.
    """
    if room <= 0:
        return [], []
    marks = {slot: mark for slot, (mark, _) in remembered.items()}
    unchanged = {(slot, *row) for slot, row in remembered.items()}
    others = [each for each in sightings if (each.slot, each.mark, each.reader) not in unchanged]
    again = [each for each in others if marks.get(each.slot) == each.mark][:room]
    return again, [each for each in others if marks.get(each.slot) != each.mark]


def _missing(known: dict[str, int], urls: Sequence[str]) -> list[str]:
    return [url for url in dict.fromkeys(urls) if url not in known]
