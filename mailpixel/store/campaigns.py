"""What the registry can be asked about campaigns and their links.

One contract suite (`tests/integration/test_registry_contract.py`) runs on every registry.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from mailpixel.model import Campaign


@dataclass(frozen=True, slots=True)
class LinkRevision:
    """What a link was before it was corrected, when and by whom (an API key's name, or `cli`)."""

    number: int
    url: str
    replaced_at: datetime
    replaced_by: str


MOST_MET_LINKS = 500
"""How many destinations of one campaign become links because a second recipient's mail has them."""
SEEN_SLOTS = 65_536
"""How many destinations of one campaign are remembered until a second recipient's mail has them; a later one takes the
place of an earlier one."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """A destination in the mail of one recipient.

    What is kept names nobody: `slot` (0 to 65,535) and `mark` (6 bytes) are made of the destination, `reader`
    (2 bytes) of destination and recipient, all with a secret key.
    """

    url: str
    slot: int
    mark: bytes
    reader: bytes


class CampaignReader(Protocol):
    """Campaigns as they are."""

    def campaigns(
        self, after: str = "", limit: int = 1000, archived: bool | None = None
    ) -> Sequence[Campaign]:
        """Campaigns with their links in order of id, beginning after one; `archived` asks for only those that are,
        or only those that are not."""
        ...

    def campaign(self, id: str) -> Campaign:
        """One campaign with its links. Raises `NotFound`."""
        ...

    def outline(self, id: str) -> Campaign:
        """One campaign without its links: takes no longer the more there are. Raises `NotFound`."""
        ...

    def link_revisions(self, campaign: str) -> Sequence[LinkRevision]:
        """Former destinations, oldest first."""
        ...


class LinkRegister(Protocol):
    """What who signs links asks: which campaign, and the numbers of its destinations."""

    def outline(self, id: str) -> Campaign:
        """One campaign without its links: takes no longer the more there are. Raises `NotFound`."""
        ...

    def note_signed(self, campaign: str) -> None:
        """Remember that links were signed for a campaign. Cheap when that is known. Raises `NotFound`."""
        ...

    def register_links(self, campaign: str, urls: Sequence[str]) -> Mapping[str, int]:
        """The number of each of these destinations: the one it has already, else the next free one in the order given.

        One transaction, so that two senders at once never give one number to two destinations. A trap's number is
        given to nobody, nor is one that a link had before it was taken away. With a new link the campaign is
        relinked: clicks that carried this destination count for the link from now on.

        Raises `NotFound`, and `InvalidInput` when there is no number left.
        """
        ...

    def meet_links(self, campaign: str, sightings: Sequence[Sighting]) -> Mapping[str, int]:
        """The numbers of those destinations that are links of the campaign, or become links now.

        One becomes a link when the mail of another recipient had it before, as far as that is remembered; the first
        `MOST_MET_LINKS` do. So what only one recipient's mail has, which may be personal, is never written down. What
        is remembered goes when anybody is erased. Takes no longer the more links there are.

        Raises `NotFound`.
        """
        ...

    def forget_sightings(self) -> None:
        """Forget what is remembered of destinations in mail: nobody could say which of them were one person's."""
        ...


class CampaignWriter(CampaignReader, LinkRegister, Protocol):
    """Campaigns as people change them."""

    def add_campaign(self, campaign: Campaign) -> None:
        """Add a campaign; it is stale at first, as its events may have come before it.

        Raises `Conflict` when the id is taken.
        """
        ...

    def change_campaign(
        self, id: str, change: Callable[[Campaign], Campaign], by: str, now: datetime
    ) -> Campaign:
        """Replace a campaign by what `change` makes of it as it is; gives that.

        A link whose destination differs keeps its number; the old destination is kept as a revision. When sent_at or a
        trap differ the campaign is stale, when another link or none leads to a destination it is relinked. Nobody else
        changes it meanwhile: a link that a sender registers is not lost. What `change` raises goes through, and then
        nothing has changed. Raises `NotFound`.
        """
        ...

    def delete_campaign(self, id: str) -> None:
        """Forget a campaign that was never sent, with its links.

        Raises `NotFound`, and `Conflict` for one that may have been sent: `sent`, `sent_at` or `note_signed` says so.
        """
        ...


class ChangedCampaigns(Protocol):
    """Campaigns that wait to be judged again."""

    def stale(self) -> Sequence[str]:
        """Campaigns whose events must be judged again because the campaign itself changed."""
        ...

    def relinked(self) -> Sequence[str]:
        """Campaigns of which messages must be judged again whose clicks carried a destination: others of their links
        lead there now."""
        ...

    def any_stale(self) -> bool:
        """Whether there is a campaign that is stale or relinked."""
        ...

    def settled(self, *campaigns: Campaign) -> None:
        """All events of these campaigns have been judged again, by the campaigns as they read here.

        One that has changed meanwhile stays stale, or is relinked, by what changed.
        """
        ...

    def links_settled(self, *campaigns: Campaign) -> None:
        """The messages of these relinked campaigns have been judged again, by the campaigns as they read here.

        One whose links have changed meanwhile stays relinked.
        """
        ...
