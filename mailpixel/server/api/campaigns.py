"""Handlers for campaigns and their links: list, add, show, change, delete."""

from starlette.responses import Response

from mailpixel.campaigns import delete_campaign
from mailpixel.report.links import campaign_row
from mailpixel.server.api.campaign_shapes import ONLY_ARCHIVED, CampaignChange, CampaignPage, NewCampaign
from mailpixel.server.api.endpoint import Call
from mailpixel.server.api.json_text import answer_json
from mailpixel.server.api.query import page
from mailpixel.server.errors import NO_STORE


def list_campaigns(call: Call) -> object:
    """One page of campaigns in order of id."""
    asked: CampaignPage = call.query
    campaigns = call.services.registry.campaigns(asked.after, asked.limit + 1, ONLY_ARCHIVED[asked.archived])
    return page(
        campaigns,
        asked.limit,
        lambda campaign: campaign.id,
        lambda campaign: campaign_row(campaign).to_json(),
    )


def add_campaign(call: Call) -> object:
    """A new campaign. Raises `Conflict` when the id is taken."""
    new: NewCampaign = call.body
    campaign = new.campaign()
    call.services.registry.add_campaign(campaign)
    return answer_json(campaign_row(campaign).to_json(), 201, {"location": f"/api/campaigns/{campaign.id}"})


def show_campaign(call: Call) -> object:
    """One campaign."""
    return campaign_row(call.services.registry.campaign(call.path["id"])).to_json()


def change_campaign(call: Call) -> object:
    """The campaign after the changes in the body."""
    change: CampaignChange = call.body
    registry = call.services.registry
    return campaign_row(
        registry.change_campaign(call.path["id"], change.changed, call.by, call.now)
    ).to_json()


def remove_campaign(call: Call) -> object:
    """Delete a campaign; the answer is empty. Raises `Conflict` for one that may have been sent."""
    delete_campaign(call.services.store, call.services.registry, call.path["id"])
    return Response(status_code=204, headers=NO_STORE)
