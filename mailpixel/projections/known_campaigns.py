"""Campaigns as the registry has them now."""

from mailpixel.errors import NotFound
from mailpixel.model import Campaign
from mailpixel.store.campaigns import CampaignReader


class KnownCampaigns(dict[str, Campaign]):
    """Looks up each campaign once. An unregistered campaign has its id and nothing else."""

    def __init__(self, registry: CampaignReader) -> None:
        self._registry = registry

    def __missing__(self, id: str) -> Campaign:
        try:
            campaign = self._registry.campaign(id)
        except NotFound:
            campaign = Campaign(id=id, name=id)
        self[id] = campaign
        return campaign
