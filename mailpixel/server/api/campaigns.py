"""Handlers for campaigns and their links: list, add, show, change, delete."""

from collections.abc import Sequence
from dataclasses import replace

from starlette.responses import Response

from mailpixel.campaigns import delete_campaign
from mailpixel.errors import InvalidInput
from mailpixel.model import Campaign
from mailpixel.privacy.resolve import ceiling
from mailpixel.report.links import CampaignRow, campaign_row
from mailpixel.report.readiness import new_override, reason_of
from mailpixel.server.api.campaign_shapes import (
    ONLY_ARCHIVED,
    CampaignChange,
    CampaignPage,
    NewCampaign,
    NewOverride,
)
from mailpixel.server.api.endpoint import Call
from mailpixel.server.api.json_text import answer_json
from mailpixel.server.api.query import page
from mailpixel.server.before_sending import before_sending, with_destinations
from mailpixel.server.errors import NO_STORE
from mailpixel.store.campaign_changes import with_mode_since
from mailpixel.store.campaigns import CampaignReader, place_of


def list_campaigns(call: Call) -> object:
    """One page of campaigns, in order of id or with the newest sending first."""
    asked: CampaignPage = call.query
    by_sending = asked.order == "sent"
    if asked.q and not by_sending:
        raise InvalidInput("q", "searches the list by sending only; add order=sent")
    campaigns = (_by_sending if by_sending else _by_id)(call.services.registry, asked)
    return page(
        campaigns,
        asked.limit,
        place_of if by_sending else lambda campaign: campaign.id,
        lambda campaign: _row(call, campaign).to_json(),
    )


def _row(call: Call, campaign: Campaign) -> CampaignRow:
    """A campaign with the modes in force."""
    return campaign_row(campaign, ceiling(call.services.live.resolver.policy, campaign))


def _by_id(registry: CampaignReader, asked: CampaignPage) -> Sequence[Campaign]:
    return registry.campaigns(asked.after, asked.limit + 1, ONLY_ARCHIVED[asked.archived])


def _by_sending(registry: CampaignReader, asked: CampaignPage) -> Sequence[Campaign]:
    """One campaign more than the page has, with their links."""
    archived = ONLY_ARCHIVED[asked.archived]
    outlines = registry.outlines(asked.after, asked.limit + 1, archived, asked.q.strip())
    links = registry.links_of([each.id for each in outlines])
    return [replace(each, links=tuple(links.get(each.id, ()))) for each in outlines]


def add_campaign(call: Call) -> object:
    """A new campaign. Raises `Conflict` when the id is taken."""
    new: NewCampaign = call.body
    campaign = with_mode_since(None, new.campaign(), call.now)
    call.services.registry.add_campaign(campaign)
    return answer_json(_row(call, campaign).to_json(), 201, {"location": f"/api/campaigns/{campaign.id}"})


def show_campaign(call: Call) -> object:
    """One campaign."""
    return _row(call, call.services.registry.campaign(call.path["id"])).to_json()


def ready(call: Call) -> object:
    """What speaks against sending a campaign. Asking its destinations takes up to half a minute."""
    campaign = call.services.registry.campaign(call.path["id"])
    if not call.query.destinations:
        return before_sending(call.services, campaign).to_json()
    asked = with_destinations(call.services, campaign)

    async def answer() -> object:
        return (await asked).to_json()

    return answer()


def override(call: Call) -> object:
    """Let a reason against sending not count, or count again. Raises `NotFound` and `InvalidInput`."""
    asked: NewOverride = call.body
    registry = call.services.registry
    campaign = registry.campaign(call.path["id"])
    if asked.because is None:
        registry.drop_override(campaign.id, reason_of(asked.reason))
    else:
        registry.override(campaign.id, new_override(asked.reason, asked.because, call.by, call.now))
    return before_sending(call.services, campaign).to_json()


def change_campaign(call: Call) -> object:
    """The campaign after the changes in the body."""
    change: CampaignChange = call.body
    registry = call.services.registry
    changed = registry.change_campaign(call.path["id"], change.changed, call.by, call.now)
    return _row(call, changed).to_json()


def remove_campaign(call: Call) -> object:
    """Delete a campaign; the answer is empty. Raises `Conflict` for one that may have been sent."""
    delete_campaign(call.services.settled(), call.services.registry, call.path["id"])
    return Response(status_code=204, headers=NO_STORE)
