"""Handlers for what web sites are measured by."""

from typing import Annotated

from msgspec import UNSET, Meta, UnsetType, field

from mailpixel.claims import CAMPAIGN_CHARS
from mailpixel.errors import NotFound
from mailpixel.ingest.site_seen import seen_now
from mailpixel.measure.console import console_figures
from mailpixel.measure.funnel import STEPS_CHARS, Funnels, read_question
from mailpixel.measure.lint import lint
from mailpixel.measure.page_views import page_views, period_of
from mailpixel.measure.reconciliation import reconcile
from mailpixel.measure.results import results_of
from mailpixel.measure.touches import visits_of
from mailpixel.measure.window import DAY, PATTERN
from mailpixel.reading.shapes import Shape
from mailpixel.report.visits import VisitDays, visits_by_day
from mailpixel.server.api.endpoint import Call
from mailpixel.server.api.reports import When
from mailpixel.server.site_visits import explained_visit


class PeriodOptions(Shape, frozen=True):
    """The visits of a period."""

    since: Annotated[When | UnsetType, Meta(description="Count visits that begin at this time or later.")] = (
        field(name="from", default=UNSET)
    )
    until: Annotated[
        When | UnsetType, Meta(description="Leave out visits that begin at this time or later.")
    ] = field(name="to", default=UNSET)

    @property
    def from_ms(self) -> int | None:
        """Milliseconds since 1970, or None."""
        return self.since.ms if self.since else None

    @property
    def until_ms(self) -> int | None:
        """Milliseconds since 1970, or None."""
        return self.until.ms if self.until else None


class FunnelOptions(PeriodOptions, frozen=True):
    """The options of a funnel."""

    steps: Annotated[
        str,
        Meta(
            max_length=STEPS_CHARS,
            description="Names of events in their order, with commas between: `view_item,add_to_cart,purchase`.",
        ),
    ] = ""
    window: Annotated[
        str,
        Meta(
            max_length=10,
            description=f"Events within this time of the first count, such as 30m, 24h or 7d. Default: `{DAY}`.",
            extra_json_schema={"pattern": f"^{PATTERN}$"},
        ),
    ] = DAY
    campaign: Annotated[
        Annotated[str, Meta(max_length=CAMPAIGN_CHARS)] | UnsetType,
        Meta(description="Only visits that this campaign led to."),
    ] = UNSET


def funnel(call: Call) -> object:
    """How many visitors reached each step. Raises `InvalidInput`, and `NotFound` for the site and the campaign."""
    services, asked = call.services, call.query
    site = services.registry.site(call.path["id"])
    question = read_question(site, asked.steps, asked.window, asked.from_ms, asked.until_ms)
    if not asked.campaign:
        return Funnels(services.store, site).funnel(question).to_json()
    campaign = services.registry.campaign(asked.campaign)
    found = Funnels(services.store, site, campaign.id, visits_of(campaign, services.store))
    return found.funnel(question).to_json()


def show_lint(call: Call) -> object:
    """Faults of a site's events, and figures about them. Raises `NotFound`."""
    services = call.services
    site = services.registry.site(call.path["id"])
    seen = seen_now(services.settings.data, site.id)
    return lint(services.store, site, services.clock(), seen).to_json()


def visits(call: Call) -> object:
    """Visits by day. Raises `NotFound`."""
    services, asked = call.services, call.query
    site = services.registry.site(call.path["id"])
    days = visits_by_day(services.store, site.id, asked.from_ms or 0, asked.until_ms)
    return VisitDays(site.id, list(days)).to_json()


def visit(call: Call) -> object:
    """One visit, and why it has its verdict. Raises `NotFound`."""
    site = call.services.registry.site(call.path["id"])
    return explained_visit(call.services, site, call.path["visitor"]).to_json()


def pages(call: Call) -> object:
    """Page views by day and page. Raises `InvalidInput`, and `NotFound` for the site."""
    services, asked = call.services, call.query
    site = services.registry.site(call.path["id"])
    period = period_of(asked.from_ms, asked.until_ms, services.clock())
    return page_views(services.store, site, *period).to_json()


def show_figures(call: Call) -> object:
    """Figures about what pages send at the moment. Raises `NotFound`."""
    site = call.services.registry.site(call.path["id"])
    return console_figures(site, seen_now(call.services.settings.data, site.id)).to_json()


def orders(call: Call) -> object:
    """Orders of pages beside those of the server. Raises `NotFound`."""
    site = call.services.registry.site(call.path["id"])
    return reconcile(call.services.settled(), site, call.query.from_ms, call.query.until_ms).to_json()


def results(call: Call) -> object:
    """What a campaign led to on web sites. Raises `NotFound` also where no site has a visit."""
    services = call.services
    campaign = services.registry.campaign(call.path["id"])
    found = results_of(services.store, services.registry, campaign, services.clock())
    if found is None:
        raise NotFound("no web site has a visit yet, so nothing is known of what this campaign led to")
    return found.to_json()
