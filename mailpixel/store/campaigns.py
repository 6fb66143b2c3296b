"""What the registry offers for campaigns and their links.

One contract suite (`tests/integration/test_registry_contract.py`) runs on every registry.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Protocol

from mailpixel.errors import InvalidInput
from mailpixel.model import Campaign, Link


@dataclass(frozen=True, slots=True)
class LinkRevision:
    """A link before it was corrected, with the time and the author (an API key's name, or `cli`)."""

    number: int
    url: str
    replaced_at: datetime
    replaced_by: str


MOST_MET_LINKS = 500
"""Most destinations of one campaign that become links because a second recipient's mail has them."""
SEEN_SLOTS = 65_536
"""Most destinations of one campaign that are remembered until a second recipient's mail has them. A later
one may replace an earlier one."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """A destination in the mail of one recipient.

    It does not identify anyone: `slot` (0 to 65,535) and `mark` (6 bytes) are keyed hashes of the
    destination, `reader` (2 bytes) is one of destination and recipient.
    """

    url: str
    slot: int
    mark: bytes
    reader: bytes


class LinkPlace(NamedTuple):
    """A link as it stands in a mail: its destination, and which of the destination's places it is, 1 for the first.

    `label` is the text that readers see there, empty where it is not to be kept.
    """

    url: str
    nth: int = 1
    label: str = ""


NOT_SENT_MS = (1 << 63) - 1
"""Stands for a draft in the order of a list. It is later than every time."""
UNDATED_MS = -NOT_SENT_MS
"""Stands for a sending without a time in the order of a list. It is earlier than every time."""
SEARCH_CHARS = 200
"""The longest text that a list of campaigns is searched for."""


def place_of(campaign: Campaign) -> str:
    """The place of a campaign in a list by sending, as opaque text to continue after."""
    at_ms = _listed_ms(campaign)
    return f"{'' if at_ms == NOT_SENT_MS else at_ms} {campaign.id}"


def sending_order(campaign: Campaign) -> tuple[int, str]:
    """The sort key of a list by sending.

    Drafts come first: they have neither a time of sending nor a number of messages sent. Then comes the newest
    sending, and last what was sent at a time that is not known. Equals are in order of id.
    """
    return -_listed_ms(campaign), campaign.id


def _listed_ms(campaign: Campaign) -> int:
    if campaign.sent_at_ms is not None:
        return campaign.sent_at_ms
    return NOT_SENT_MS if campaign.sent is None else UNDATED_MS


def order_after(place: str) -> tuple[int, str]:
    """The sort key at a place of such a list; the empty place is its beginning. Raises `InvalidInput`."""
    sent_at_ms, space, id = place.partition(" ")
    try:
        at_ms = int(sent_at_ms) if sent_at_ms else NOT_SENT_MS
    except ValueError:
        at_ms = NOT_SENT_MS + 1
    if bool(place) != bool(space) or abs(at_ms) > NOT_SENT_MS:
        raise InvalidInput("cursor", "invalid cursor; use `next` from the previous page")
    return -at_ms, id


class CampaignReader(Protocol):
    """Reads campaigns."""

    def campaigns(
        self, after: str = "", limit: int = 1000, archived: bool | None = None
    ) -> Sequence[Campaign]:
        """Campaigns with their links in order of id, starting after one.

        `archived` selects only the archived ones (True) or only the others (False); None selects all.
        """
        ...

    def campaign(self, id: str) -> Campaign:
        """One campaign with its links. Raises `NotFound`."""
        ...

    def outline(self, id: str) -> Campaign:
        """One campaign without its links. The time does not grow with their number. Raises `NotFound`."""
        ...

    def outlines(
        self, after: str = "", limit: int = 50, archived: bool | None = None, search: str = ""
    ) -> Sequence[Campaign]:
        """Campaigns without their links, in the order of `sending_order`, starting after a `place_of` one.

        Drafts come first, because people still work on them. `archived` selects as in `campaigns`. `search`
        selects those with this text in the name or id, in upper or lower case. The place does not have to be
        in the list any more, so what is added or changed between two pages moves no other campaign. Without
        `search` the time grows with `limit` alone.

        Raises `InvalidInput` for a place that is not of such a list.
        """
        ...

    def links_of(self, campaigns: Sequence[str]) -> Mapping[str, Sequence[Link]]:
        """The links of several campaigns in order of number, by campaign. Those without links are left out."""
        ...

    def link_revisions(self, campaign: str) -> Sequence[LinkRevision]:
        """Former destinations of a campaign's links, oldest first."""
        ...


class LinkRegister(Protocol):
    """What signing links needs: the campaign, and the numbers of its destinations."""

    def outline(self, id: str) -> Campaign:
        """One campaign without its links. The time does not grow with their number. Raises `NotFound`."""
        ...

    def note_signed(self, campaign: str) -> None:
        """Remember that links were signed for a campaign. Cheap when already known. Raises `NotFound`."""
        ...

    def register_links(self, campaign: str, urls: Sequence[str]) -> Mapping[str, int]:
        """The number of each destination: the one it has, or the next free one in the order of `urls`.

        It is one transaction, so two senders at once never give one number to two destinations. The number of
        a trap, or of a link that was removed, is never used again. With a new link the campaign is relinked:
        clicks that carried this destination count for the link from now on.

        Raises `NotFound`, and `InvalidInput` when no number is left.
        """
        ...

    def register_places(self, campaign: str, places: Sequence[LinkPlace]) -> Sequence[int]:
        """The number of each place, in their order: that of the nth link which leads there, or the next free one.

        As `register_links`, which numbers first places only: the same places always get the same numbers. A label
        replaces the former one; an empty label leaves it. Raises `NotFound`, and `InvalidInput` when no number is left.
        """
        ...

    def meet_links(self, campaign: str, sightings: Sequence[Sighting]) -> Mapping[str, int]:
        """The numbers of those destinations that are links of the campaign, or become links now.

        A destination becomes a link once a second recipient's mail has it, as far as the first is
        remembered, up to `MOST_MET_LINKS`. So a destination that only one recipient's mail has, which may be
        personal, is never written down. All sightings are forgotten when any person is erased. The time does
        not grow with the number of links.

        Raises `NotFound`.
        """
        ...


class CampaignWriter(CampaignReader, LinkRegister, Protocol):
    """Reads and changes campaigns."""

    def add_campaign(self, campaign: Campaign) -> None:
        """Add a campaign. It is stale at first, because its events may have arrived before it.

        Raises `Conflict` when the id is taken.
        """
        ...

    def change_campaign(
        self, id: str, change: Callable[[Campaign], Campaign], by: str, now: datetime
    ) -> Campaign:
        """Replace a campaign by the result of `change`, which gets the present one. Returns the new campaign.

        A link whose destination differs keeps its number, and the old destination is kept as a revision. The
        campaign becomes stale when `sent_at` or a trap differs. It becomes relinked when a destination now
        has another link or none. No other process can change the campaign meanwhile, so a link that a sender
        registers is not lost. An exception of `change` is raised and nothing changes.

        Raises `NotFound`.
        """
        ...

    def delete_campaign(self, id: str) -> None:
        """Delete a campaign that was never sent, with its links.

        Raises `NotFound`, and `Conflict` for one that may have been sent according to
        `sent`, `sent_at` or `note_signed`.
        """
        ...


class ChangedCampaigns(Protocol):
    """Campaigns that wait to be judged again."""

    def stale(self) -> Sequence[str]:
        """Ids of campaigns whose events must be judged again because the campaign itself changed."""
        ...

    def relinked(self) -> Sequence[str]:
        """Ids of campaigns in which clicks with a destination must be judged again: other links lead there now."""
        ...

    def any_stale(self) -> bool:
        """Whether any campaign is stale or relinked."""
        ...

    def settled(self, *campaigns: Campaign) -> None:
        """Note that all events of these campaigns were judged again, using the campaigns as passed here.

        A campaign that has changed meanwhile stays stale or relinked accordingly.
        """
        ...

    def links_settled(self, *campaigns: Campaign) -> None:
        """Note that the messages of these relinked campaigns were judged again, using the campaigns as passed here.

        A campaign whose links have changed meanwhile stays relinked.
        """
        ...
