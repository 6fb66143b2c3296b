"""The rules of a campaign, shared by the API and the command line: its name, changes of links, and deletion."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mailpixel.claims import LAST_LINK, check_campaign_id
from mailpixel.errors import InvalidInput
from mailpixel.model import Link
from mailpixel.store.campaign_changes import still_needed
from mailpixel.store.campaigns import CampaignWriter
from mailpixel.store.store import Store

NAME_CHARS = 200
"""The longest display name of a campaign."""
MOST_SENT = 10**10
"""The most messages that one campaign can have."""


TAKEN_IDS = frozenset({"new"})
"""Ids that a new campaign cannot have: at `/campaigns/new` is the form for a new campaign."""


def check_new_id(text: str, field: str = "id") -> str:
    """The id, for a campaign that is to be registered. Raises `InvalidInput`."""
    if check_campaign_id(text, field) in TAKEN_IDS:
        raise InvalidInput(field, f"cannot be `{text}`, which has a page of its own; choose another id")
    return text


def check_name(text: str, field: str = "name") -> str:
    """The display name without white space at its ends: 1 to 200 printable characters. Raises `InvalidInput`."""
    name = text.strip()
    if not 1 <= len(name) <= NAME_CHARS or not name.isprintable():
        raise InvalidInput(field, f"must have 1 to {NAME_CHARS} printable characters")
    return name


@dataclass(frozen=True, slots=True)
class LinkChange:
    """A correction of a link, or a new one. Without a `number` it gets the next free one; what is None stays.

    `at` stands before the name of a field in errors, as `links[2].`.
    """

    number: int | None = None
    url: str | None = None
    trap: bool | None = None
    at: str = ""


def changed_links(links: Sequence[Link], changes: Iterable[LinkChange]) -> tuple[Link, ...]:
    """The links after the changes, in order of number. Raises `InvalidInput` for a change that cannot be made."""
    by_number = {link.number: link for link in links}
    seen: set[int] = set()
    for change in changes:
        number = change.number or max(by_number, default=0) + 1
        if number in seen or number > LAST_LINK:
            problem = "is named twice" if number in seen else f"is past {LAST_LINK:,}, the last there can be"
            raise InvalidInput(f"{change.at}number", problem)
        seen.add(number)
        by_number[number] = _changed(by_number.get(number), number, change)
    return tuple(by_number[number] for number in sorted(by_number))


def _changed(former: Link | None, number: int, change: LinkChange) -> Link:
    url = change.url or (former and former.url)
    if not url:
        raise InvalidInput(f"{change.at}url", f"is missing; link {number} does not exist yet")
    trap = former is not None and former.trap if change.trap is None else change.trap
    return Link(number, url, trap, former.label if former else "")


def delete_campaign(store: Store, registry: CampaignWriter, id: str) -> None:
    """Forget a campaign. A demonstration goes with its hits.

    Raises `NotFound`, and `Conflict` with the reasons for one that may have been sent.
    """
    if registry.campaign(id).demonstration:
        store.forget_campaign(id)
    elif next(store.messages(id), None) is not None:
        raise still_needed(id, "hits or deliveries are logged for it")
    registry.delete_campaign(id)
