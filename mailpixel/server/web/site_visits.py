"""Visits of a site: by day and page, and one of them with the reasons for its verdict."""

from typing import Annotated

from msgspec import Meta, field
from starlette.responses import Response

from mailpixel.errors import InvalidInput, NotFound
from mailpixel.measure.page_views import PageViews, page_views, period_of
from mailpixel.pages.addresses import site_url
from mailpixel.reading.shapes import Shape
from mailpixel.report.moments import from_iso
from mailpixel.report.visits import VisitRow
from mailpixel.server.site_visits import explained_visit
from mailpixel.server.web.page import PageCall
from mailpixel.site_model import Site
from mailpixel.times import to_ms

MOST_STEPS = 500
Short = Annotated[str, Meta(max_length=64)]


class VisitsPageOptions(Shape, frozen=True):
    """The period that is shown, or the visitor who is looked for."""

    since: Short = field(name="from", default="")
    until: Short = field(name="to", default="")
    q: Short = ""


def show_visits(call: PageCall) -> Response:
    """Visits and page views by day, or the visit that was searched for."""
    site, asked = call.services.registry.site(call.path["id"]), call.query
    errors: dict[str, str] = {}
    if searched := asked.q.strip():
        try:
            return _visit_page(call, site, explained_visit(call.services, site, searched))
        except NotFound as error:
            errors["q"] = str(error)
    try:
        found = _views(call, site, asked)
    except InvalidInput as error:
        errors[error.field] = error.problem
        found = _views(call, site, VisitsPageOptions())
    return call.page(
        "site_visits.html",
        title=f"Visits of {site.id}",
        site=site,
        url=site_url(site.id),
        found=found,
        asked={"from": asked.since, "to": asked.until, "q": asked.q},
        errors=errors,
    )


def show_visit(call: PageCall) -> Response:
    """One visit: every event, and why it has its verdict. Raises `NotFound`."""
    site = call.services.registry.site(call.path["id"])
    return _visit_page(call, site, explained_visit(call.services, site, call.path["visitor"]))


def _visit_page(call: PageCall, site: Site, visit: VisitRow) -> Response:
    return call.page(
        "site_visit.html",
        title=f"A visit of {site.id}",
        site=site,
        url=site_url(site.id),
        visit=visit,
        steps=visit.steps[:MOST_STEPS],
        more=len(visit.steps) - MOST_STEPS,
    )


def _views(call: PageCall, site: Site, asked: VisitsPageOptions) -> PageViews:
    """The page views of the period. Raises `InvalidInput`."""
    from_ms = to_ms(from_iso(asked.since, "from")) if asked.since else None
    until_ms = to_ms(from_iso(asked.until, "to")) if asked.until else None
    return page_views(call.services.store, site, *period_of(from_ms, until_ms, call.services.clock()))
