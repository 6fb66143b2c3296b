"""Handlers for web sites: list, add, show, change."""

from mailpixel.report.sites import site_row
from mailpixel.server.api.campaign_shapes import ONLY_ARCHIVED
from mailpixel.server.api.endpoint import Call
from mailpixel.server.api.json_text import answer_json
from mailpixel.server.api.query import page
from mailpixel.server.api.site_shapes import NewSite, SiteEdit, SitePage
from mailpixel.sites import add_site


def list_sites(call: Call) -> object:
    """One page of sites in order of id."""
    asked: SitePage = call.query
    found = call.services.registry.sites(asked.after, asked.limit + 1, ONLY_ARCHIVED[asked.archived])
    return page(found, asked.limit, lambda site: site.id, lambda site: site_row(site).to_json())


def add(call: Call) -> object:
    """A new site with its key. Raises `InvalidInput`, and `Conflict` when the id is taken."""
    new: NewSite = call.body
    site = add_site(call.services.registry, new.id, new.change())
    return answer_json(site_row(site).to_json(), 201, {"location": f"/api/sites/{site.id}"})


def show(call: Call) -> object:
    """One site. Raises `NotFound`."""
    return site_row(call.services.registry.site(call.path["id"])).to_json()


def change(call: Call) -> object:
    """The site after the changes in the body. Raises `InvalidInput` and `NotFound`."""
    edit: SiteEdit = call.body
    return site_row(call.services.registry.edit_site(call.path["id"], edit.change().of)).to_json()
