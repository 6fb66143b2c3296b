"""Pages of what web sites are measured by: the overview of a site, its funnel, and the quality of its events."""

from typing import Annotated, Any

from msgspec import Meta, field
from starlette.responses import Response

from mailpixel.errors import InvalidInput, NotFound
from mailpixel.ingest.site_seen import seen_now
from mailpixel.measure.funnel import STEPS_CHARS, Funnel, Funnels, read_question
from mailpixel.measure.lint import lint
from mailpixel.measure.overview import site_overview
from mailpixel.measure.reconciliation import reconcile
from mailpixel.measure.results import results_of
from mailpixel.measure.touches import visits_of
from mailpixel.measure.window import DAY
from mailpixel.model import Campaign
from mailpixel.pages.addresses import site_url
from mailpixel.pages.site_view import blind_spot_text, funnel_figure, led_to_lines, led_to_links, site_view
from mailpixel.reading.shapes import Shape
from mailpixel.report.moments import from_iso
from mailpixel.server.web.page import PageCall
from mailpixel.site_model import Site
from mailpixel.times import to_ms

STEPS = "view_item,add_to_cart,purchase"
Short = Annotated[str, Meta(max_length=128)]


class FunnelPageOptions(Shape, frozen=True):
    """What the funnel counts, as it was typed."""

    steps: Annotated[str, Meta(max_length=STEPS_CHARS)] = STEPS
    window: Short = DAY
    campaign: Short = ""
    since: Short = field(name="from", default="")
    until: Short = field(name="to", default="")


def show_site(call: PageCall) -> Response:
    """The overview of a site."""
    site = call.services.registry.site(call.path["id"])
    seen = site_overview(call.services.store, site, call.services.clock())
    return call.page(
        "site.html", title=f"Site {site.id}", site=site, url=site_url(site.id), view=site_view(seen)
    )


def show_funnel(call: PageCall) -> Response:
    """The funnel of a site, or what is wrong with the question."""
    site, asked = call.services.registry.site(call.path["id"]), call.query
    errors: dict[str, str] = {}
    found: Funnel | None = None
    try:
        found = _funnel(call, site, asked)
    except InvalidInput as error:
        errors[error.field] = error.problem
    except NotFound:
        errors["campaign"] = "there is no campaign with this id"
    return call.page(
        "site_funnel.html",
        title=f"Funnel of {site.id}",
        site=site,
        url=site_url(site.id),
        asked={
            "steps": asked.steps,
            "window": asked.window,
            "campaign": asked.campaign,
            "from": asked.since,
            "to": asked.until,
        },
        unseen=bool(errors.pop("site", "")),
        errors=errors,
        found=found,
        drawing=funnel_figure(found) if found else "",
        blind=blind_spot_text(found.blind_spot) if found else "",
    )


def show_lint(call: PageCall) -> Response:
    """Faults of a site's events, figures about them, and its orders compared."""
    services = call.services
    site = services.registry.site(call.path["id"])
    return call.page(
        "site_lint.html",
        title=f"Quality of {site.id}",
        site=site,
        url=site_url(site.id),
        found=lint(services.store, site, services.clock(), seen_now(services.settings.data, site.id)),
        orders=reconcile(services.settled(), site, None, None),
    )


def led_to(call: PageCall, campaign: Campaign) -> dict[str, Any]:
    """What a campaign led to on web sites: values of its template. Without a visit `led_to` is None."""
    found = results_of(call.services.store, call.services.registry, campaign, call.services.clock())
    if found is None:
        return {"led_to": None}
    return {"led_to": found, "led_to_lines": led_to_lines(found), "led_to_links": led_to_links(found)}


def _funnel(call: PageCall, site: Site, asked: FunnelPageOptions) -> Funnel:
    """The funnel that is asked for. Raises `InvalidInput`, and `NotFound` for the campaign."""
    from_ms = to_ms(from_iso(asked.since, "from")) if asked.since else None
    until_ms = to_ms(from_iso(asked.until, "to")) if asked.until else None
    question = read_question(site, asked.steps, asked.window, from_ms, until_ms)
    store = call.services.settled()
    if not asked.campaign:
        return Funnels(store, site).funnel(question)
    campaign = call.services.registry.campaign(asked.campaign)
    return Funnels(store, site, campaign.id, visits_of(campaign, store)).funnel(question)
