"""The links of a campaign."""

from typing import Literal

from starlette.responses import Response

from mailpixel.pages.addresses import api_url, campaign_url
from mailpixel.pages.link_list import LINKS_FIRST, link_lines, most_followed
from mailpixel.reading.shapes import Shape
from mailpixel.server.web.overview import labels_of
from mailpixel.server.web.page import PageCall


class LinkListOptions(Shape, frozen=True):
    """Whether all links of a long list are shown."""

    all: Literal["", "yes"] = ""


def show_links(call: PageCall) -> Response:
    """The links, at first those that most people followed, with who followed it and where it led before."""
    campaign, services = call.campaign(), call.services
    figures = services.figures(campaign.id)
    reporting = services.reporting
    rows = reporting.links(campaign, figures, services.registry.link_revisions(campaign.id))
    summary = reporting.summary(campaign, figures)
    lines = link_lines(rows, summary, labels_of(campaign))
    asked: LinkListOptions = call.query
    return call.page(
        "links.html",
        title="Links",
        live=api_url(campaign.id, "stream"),
        campaign=campaign,
        lines=lines if asked.all else most_followed(lines),
        number=len(lines),
        first=LINKS_FIRST,
        shows_all=bool(asked.all),
        all_url=campaign_url(campaign.id, "links", all="yes"),
        first_url=campaign_url(campaign.id, "links"),
    )
