"""Before sending: what speaks against it, where the destinations lead, and which reasons do not count."""

from collections.abc import Awaitable, Mapping
from typing import Any

from starlette.responses import Response

from mailpixel.errors import InvalidInput
from mailpixel.model import Campaign
from mailpixel.pages.addresses import campaign_url
from mailpixel.reading.shapes import Shape
from mailpixel.report.readiness import BeforeSendingRow, new_override, reason_of
from mailpixel.server.before_sending import before_sending, with_destinations
from mailpixel.server.web.page import PageCall

MOST_SHOWN = 100


class ReadyPageOptions(Shape, frozen=True):
    """Whether the destinations are asked."""

    destinations: bool = False


def show(call: PageCall) -> Response | Awaitable[Response]:
    """What speaks against sending the campaign."""
    campaign = call.campaign()
    if not call.query.destinations:
        return _page(call, campaign, before_sending(call.services, campaign))
    asked = with_destinations(call.services, campaign)

    async def page() -> Response:
        return _page(call, campaign, await asked)

    return page()


def override(call: PageCall) -> Response:
    """Let a reason not count, or count again."""
    campaign, registry = call.campaign(), call.services.registry
    name = call.form.get("reason")
    try:
        if call.form.get("again"):
            registry.drop_override(campaign.id, reason_of(name))
        else:
            registry.override(campaign.id, new_override(name, call.form.get("because"), call.name, call.now))
    except InvalidInput as error:
        found = before_sending(call.services, campaign)
        return _page(call, campaign, found, {f"because-{name}": error.problem}, call.form.get("because"))
    return call.redirect(campaign_url(campaign.id, "ready"), "Saved.")


def _page(
    call: PageCall,
    campaign: Campaign,
    found: BeforeSendingRow,
    errors: Mapping[str, str] | None = None,
    typed: str = "",
) -> Response:
    destinations: list[Any] | None = found.destinations and found.destinations[:MOST_SHOWN]
    return call.page(
        "campaign_ready.html",
        title="Before sending",
        campaign=campaign,
        here=campaign_url(campaign.id, "ready"),
        found=found,
        destinations=destinations,
        typed=typed,
        errors=errors or {},
    )
