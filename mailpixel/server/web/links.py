"""The links of a campaign."""

from starlette.responses import Response

from mailpixel.pages.addresses import api_url
from mailpixel.pages.link_list import link_lines
from mailpixel.report.links import link_rows
from mailpixel.report.summary import summarise
from mailpixel.server.web.overview import labels_of
from mailpixel.server.web.page import PageCall


def show_links(call: PageCall) -> Response:
    """Every link with who followed it and where it led before."""
    campaign, services = call.campaign(), call.services
    figures = services.figures(campaign.id)
    rows = link_rows(campaign, figures, services.registry.link_revisions(campaign.id))
    summary = summarise(campaign, figures, services.rules.version)
    lines = link_lines(rows, summary, labels_of(campaign))
    return call.page(
        "links.html", title="Links", live=api_url(campaign.id, "stream"), campaign=campaign, lines=lines
    )
