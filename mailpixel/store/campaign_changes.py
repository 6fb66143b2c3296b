"""What follows from a change of a campaign: replaced and new links, and whether its events must be judged again."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from itertools import count
from typing import NamedTuple

from mailpixel.claims import LAST_LINK
from mailpixel.errors import Conflict, InvalidInput, StoreUnavailable
from mailpixel.model import Campaign, Link
from mailpixel.store.campaigns import LinkPlace, LinkRegister, Sighting
from mailpixel.times import moment_of, to_ms


def to_the_millisecond(moment: datetime | None) -> datetime | None:
    """A moment as a registry stores it: aware UTC, cut to the millisecond."""
    return None if moment is None else moment_of(to_ms(moment))


def with_mode_since(former: Campaign | None, campaign: Campaign, now: datetime) -> Campaign:
    """A campaign with the moment at which its mode was set: now, if its former self had another one."""
    if former is not None and former.mode == campaign.mode:
        return replace(campaign, mode_since=former.mode_since)
    return replace(campaign, mode_since=None if campaign.mode is None else to_the_millisecond(now))


def replaced_links(former: Campaign, campaign: Campaign) -> list[Link]:
    """Former links whose destination was changed or removed, in order of number."""
    urls = {link.number: link.url for link in campaign.links}
    changed = [link for link in former.links if urls.get(link.number) != link.url]
    return sorted(changed, key=lambda link: link.number)


def calls_for_rebuild(former: Campaign, campaign: Campaign) -> bool:
    """Whether the verdict of any message may change. It depends on the time of sending and on which links are traps."""
    return _judged_by(former) != _judged_by(campaign)


def calls_for_recount(former: Campaign, campaign: Campaign) -> bool:
    """Whether clicks that carried a destination may now count for another link.

    That depends on which links there are and where they lead. A click by link number counts
    for that link wherever it leads.
    """
    return _numbers(former) != _numbers(campaign)


def _judged_by(campaign: Campaign) -> tuple[datetime | None, frozenset[int]]:
    return to_the_millisecond(campaign.sent_at), frozenset(
        link.number for link in campaign.links if link.trap
    )


def _numbers(campaign: Campaign) -> dict[str, int]:
    links = sorted(campaign.links, key=lambda link: link.number, reverse=True)
    return {link.url: link.number for link in links if not link.trap}


def check_never_sent(campaign: Campaign, signed: bool) -> None:
    """Raises `Conflict` for a campaign that may have been sent. `signed` says that links were signed for it.

    A demonstration was sent to nobody.
    """
    if campaign.demonstration:
        return
    signs = {
        "the number of messages sent is set": bool(campaign.sent),
        "the time of sending is set": campaign.sent_at is not None,
        "links were signed for it": signed,
    }
    found = [sign for sign, is_so in signs.items() if is_so]
    if found:
        raise still_needed(campaign.id, *found)


def note_signed(registry: LinkRegister, campaign: str) -> None:
    """Remember that links were signed. Does nothing when the store is read-only: read access is enough to sign."""
    with suppress(StoreUnavailable):
        registry.note_signed(campaign)


def still_needed(campaign: str, *signs: str) -> Conflict:
    """The error that refuses to delete a campaign because these signs say that it may have been sent."""
    return Conflict(f"campaign {campaign!r} may have been sent: {', and '.join(signs)}; archive it instead")


def numbered(
    links: Sequence[Link], urls: Sequence[str], highest_former: int = 0
) -> tuple[dict[str, int], list[Link]]:
    """The number of each destination, and the new links, numbered on in the order of `urls`.

    Of two links with one destination the first counts; see `placed`.
    """
    found = placed(links, [LinkPlace(url) for url in urls], highest_former)
    return dict(zip(urls, found.numbers, strict=True)), found.new


class Placed(NamedTuple):
    """The number of each place, the links that are new, and those whose label differs."""

    numbers: list[int]
    new: list[Link]
    relabelled: list[Link]


def placed(links: Sequence[Link], places: Sequence[LinkPlace], highest_former: int = 0) -> Placed:
    """The numbers of these places, and what changes for them. The nth place takes the nth link that leads there.

    New links are numbered on in the order of the places. Traps are ignored. Numbers up to
    `highest_former` are never used again, because mail already sent with them would lead elsewhere.
    Raises `InvalidInput` when no number is left.
    """
    known: defaultdict[str, list[int]] = defaultdict(list)
    for link in sorted(links, key=lambda link: link.number):
        if not link.trap:
            known[link.url].append(link.number)
    labels: dict[int, str] = {}
    fresh = count(max([highest_former, *(link.number for link in links)]) + 1)
    new: list[Link] = []
    numbers = []
    for url, nth, label in places:
        leading = known[url]
        while len(leading) < nth:
            leading.append(next(fresh))
            new.append(Link(leading[-1], url))
        numbers.append(leading[nth - 1])
        if label:
            labels.setdefault(leading[nth - 1], label)
    if new and new[-1].number > LAST_LINK:
        raise InvalidInput("links", f"are more than {LAST_LINK:,} in this campaign; start a new campaign")
    return Placed(numbers, _labelled(new, labels), _relabelled(links, labels))


def _labelled(links: Sequence[Link], labels: Mapping[int, str]) -> list[Link]:
    return [replace(link, label=labels.get(link.number, link.label)) for link in links]


def _relabelled(links: Sequence[Link], labels: Mapping[int, str]) -> list[Link]:
    now = _labelled(links, labels)
    return [link for link, former in zip(now, links, strict=True) if link != former]


Remembered = tuple[bytes, bytes]
"""The mark and the reader of a sighting."""


def met(
    sightings: Sequence[Sighting], remembered: Mapping[int, Remembered], room: int
) -> tuple[list[Sighting], list[Sighting]]:
    """Of these sightings of destinations that are not links: those that become links, and those to remember.

    `remembered` holds earlier sightings by slot. At most `room` destinations become links;
    without room nothing is remembered.
    """
    if room <= 0:
        return [], []
    marks = {slot: mark for slot, (mark, _) in remembered.items()}
    unchanged = {(slot, *row) for slot, row in remembered.items()}
    others = [each for each in sightings if (each.slot, each.mark, each.reader) not in unchanged]
    again = [each for each in others if marks.get(each.slot) == each.mark][:room]
    return again, [each for each in others if marks.get(each.slot) != each.mark]
