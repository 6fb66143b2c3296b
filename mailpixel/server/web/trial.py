"""A test mail: the links and the pixel of a test recipient, so that a person sees a hit of their own counted."""

from starlette.responses import Response

from mailpixel.links.minter import Minter
from mailpixel.pages.addresses import campaign_url
from mailpixel.server.web.page import PageCall
from mailpixel.store.campaign_changes import note_signed

RECIPIENT = "test-mail"
"""The recipient of every test mail. It is signed and counted like any other."""


def open_test_mail(call: PageCall) -> Response:
    """Sign the pixel and the links for the test recipient, and show them. The page itself loads none of them."""
    campaign, services = call.campaign(), call.services
    base_url = campaign.base_url or services.settings.base_url
    minter = Minter(services.live.keyring, base_url, campaign.id)
    note_signed(services.registry, campaign.id)
    return call.page(
        "test_mail.html",
        title="Test mail",
        campaign=campaign,
        recipient=RECIPIENT,
        own=RECIPIENT in services.settings.seeds,
        base_url=base_url,
        pixel=minter.pixel(RECIPIENT),
        links=[(link, minter.link(RECIPIENT, link.number)) for link in campaign.links if not link.trap],
        here=campaign_url(campaign.id),
    )
