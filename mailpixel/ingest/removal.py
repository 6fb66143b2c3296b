"""Deleting a campaign that was never sent."""

from mailpixel.store.campaign_changes import still_needed
from mailpixel.store.campaigns import CampaignWriter
from mailpixel.store.log import MessageReader


def delete_campaign(store: MessageReader, registry: CampaignWriter, id: str) -> None:
    """Forget a campaign. Raises `NotFound`, and `Conflict` with the reasons for one that may have been sent."""
    registry.campaign(id)
    if next(store.messages(id), None) is not None:
        raise still_needed(id, "hits or deliveries are logged for it")
    registry.delete_campaign(id)
