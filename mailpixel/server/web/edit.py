"""Creating and changing a campaign."""

from collections.abc import Mapping
from dataclasses import replace

from starlette.responses import Response

from mailpixel.campaigns import delete_campaign
from mailpixel.errors import Conflict, InvalidInput
from mailpixel.model import Campaign, Link
from mailpixel.pages.addresses import campaign_url
from mailpixel.server.web.campaign_form import (
    LINKS_SHOWN,
    change_of,
    new_campaign,
    values_from,
    values_of,
    version_of,
)
from mailpixel.server.web.page import PageCall
from mailpixel.store.campaign_changes import with_mode_since

CHANGED = "Somebody else changed this campaign while you were editing it. Your entries are below. What is saved now:"


def show_new(call: PageCall) -> Response:
    """The form for a new campaign."""
    return _new_page(call, values_from(None), {})


def add(call: PageCall) -> Response:
    """Register a campaign, then go on to it."""
    values = values_of(call.form)
    try:
        campaign = with_mode_since(None, new_campaign(values), call.now)
        call.services.registry.add_campaign(campaign)
    except InvalidInput as error:
        return _new_page(call, values, {error.field: error.problem})
    except Conflict as error:
        return _new_page(call, values, {"id": str(error)})
    return call.redirect(campaign_url(campaign.id, "edit"), f"The campaign {campaign.name} is registered.")


def _new_page(call: PageCall, values: Mapping[str, str], errors: Mapping[str, str]) -> Response:
    return call.page("campaign_new.html", title="New campaign", values=values, errors=errors)


def show(call: PageCall) -> Response:
    """The form of a campaign."""
    campaign = call.campaign()
    return _page(call, campaign, values_from(campaign), _urls(campaign), {})


def change(call: PageCall) -> Response:
    """Change a campaign, unless somebody else did so since the form was shown."""
    campaign, values = call.campaign(), values_of(call.form)
    shown = _shown(campaign)
    entered = {link.number: call.form.get(f"link-{link.number}", link.url) for link in shown}
    numbers = [link.number for link in shown if f"link-{link.number}" in call.form]
    version = call.form.get("version")
    try:
        asked = change_of(values, shown, entered)

        def changed(current: Campaign) -> Campaign:
            if version_of(current, numbers) != version:
                raise Conflict(CHANGED)
            return asked.changed(current)

        call.services.registry.change_campaign(campaign.id, changed, call.name, call.now)
    except InvalidInput as error:
        return _page(call, campaign, values, entered, {error.field: error.problem}, version)
    except Conflict:
        current = call.campaign()
        return _page(call, current, values, entered, {"version": CHANGED})
    return call.redirect(campaign_url(campaign.id, "edit"), "Saved. Links use the change within two seconds.")


def archive(call: PageCall) -> Response:
    """Hide a campaign from lists, or show it again."""
    hide = call.form.get("archived") == "true"
    registry = call.services.registry
    registry.change_campaign(
        call.path["id"], lambda campaign: replace(campaign, archived=hide), call.name, call.now
    )
    text = (
        "Archived: hidden from lists. Its links keep working." if hide else "The campaign is in lists again."
    )
    return call.redirect(campaign_url(call.path["id"], "edit"), text)


def delete(call: PageCall) -> Response:
    """Delete a campaign that was never sent."""
    campaign = call.campaign()
    if call.form.get("sure") != "yes":
        return _page(
            call,
            campaign,
            values_from(campaign),
            _urls(campaign),
            {"sure": "tick this to delete it permanently"},
        )
    try:
        delete_campaign(call.services.settled(), call.services.registry, campaign.id)
    except Conflict as error:
        return _page(call, campaign, values_from(campaign), _urls(campaign), {"sure": str(error)})
    return call.redirect("/campaigns", f"The campaign {campaign.name} is deleted.")


def _page(
    call: PageCall,
    campaign: Campaign,
    values: Mapping[str, str],
    entered: Mapping[int, str],
    errors: Mapping[str, str],
    *version: str,
) -> Response:
    shown = _shown(campaign)
    former: dict[int, list[object]] = {}
    for row in call.services.registry.link_revisions(campaign.id):
        former.setdefault(row.number, []).append(row)
    return call.page(
        "campaign_edit.html",
        title="Edit",
        campaign=campaign,
        current=values_from(campaign),
        values=values,
        links=[
            {
                "link": link,
                "entered": entered.get(link.number, link.url),
                "former": former.get(link.number, []),
            }
            for link in shown
        ],
        more_links=len(campaign.links) - len(shown),
        errors=errors,
        version=version[0] if version else version_of(campaign, [link.number for link in shown]),
    )


def _shown(campaign: Campaign) -> tuple[Link, ...]:
    return campaign.links[:LINKS_SHOWN]


def _urls(campaign: Campaign) -> dict[int, str]:
    return {link.number: link.url for link in _shown(campaign)}
