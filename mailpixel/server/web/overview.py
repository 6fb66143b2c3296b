"""The overview of a campaign."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Annotated, Any

from msgspec import Meta, field
from starlette.responses import Response

from mailpixel.errors import InvalidInput
from mailpixel.model import Campaign
from mailpixel.pages.addresses import api_url, campaign_url
from mailpixel.pages.figures_table import figures_view
from mailpixel.pages.overview import overview
from mailpixel.pages.shared import shared_overview
from mailpixel.pages.when import SPANS, When, when
from mailpixel.privacy.small_cells import WHY
from mailpixel.reading.shapes import Shape
from mailpixel.report.moments import from_iso
from mailpixel.report.shared import shared_timeline
from mailpixel.report.summary import Summary
from mailpixel.report.timeline import Timeline, TimelineWindow
from mailpixel.server.before_sending import warnings_before
from mailpixel.server.web.page import PageCall
from mailpixel.server.web.site_reports import led_to
from mailpixel.store.measures import Step
from mailpixel.times import moment_of, to_ms

MOST_LINKS = 500
"""Most links on paper; the page says how many more there are."""
SHORTEST = timedelta(minutes=1)


class OverviewOptions(Shape, frozen=True):
    """What the charts of time show: steps of an hour or a day, a time zone, and the moment to begin at."""

    bucket: Annotated[str, Meta(max_length=10)] = "hour"
    tz: Annotated[str, Meta(max_length=100)] = "UTC"
    since: Annotated[str, Meta(max_length=40)] = field(name="from", default="")


def show_overview(call: PageCall) -> Response:
    """The figures of a campaign, and what happened when."""
    campaign = call.campaign()
    summary = call.services.summary(campaign)
    times, errors = times_of(call, campaign, call.query)
    registry = call.services.registry
    here = {"bucket": times.bucket, "tz": call.query.tz}
    return call.page(
        "overview.html",
        title="Overview",
        live=api_url(campaign.id, "stream"),
        campaign=campaign,
        summary=summary,
        as_of=as_of(summary),
        view=overview(summary, call.services.settings.settle_s, labels_of(campaign)),
        here=campaign_url(campaign.id),
        when=times,
        earlier=campaign_url(campaign.id, **here, from_=times.earlier),
        later=campaign_url(campaign.id, **here, from_=times.later),
        asked=call.query,
        errors=errors,
        warnings=() if summary.as_of else warnings_before(call.services, campaign),
        overrides=registry.overrides(campaign.id),
        **led_to(call, campaign),
    )


def without_recipients(call: PageCall, campaign: Campaign, asked: OverviewOptions) -> dict[str, Any]:
    """The same figures without a way to a recipient, for paper: the values of the template."""
    summary = call.services.summary(campaign)
    settle_s = call.services.settings.settle_s
    return {
        "campaign": campaign,
        "as_of": as_of(summary),
        "view": overview(summary, settle_s, labels_of(campaign), False, MOST_LINKS),
        "when": times_of(call, campaign, asked)[0],
        "figures": figures_view(summary),
        "overrides": call.services.registry.overrides(campaign.id),
    }


def for_strangers(call: PageCall, campaign: Campaign, asked: OverviewOptions) -> dict[str, Any]:
    """What a share shows: the values of its template."""
    summary = call.services.summary(campaign)
    return {
        "campaign": campaign,
        "as_of": as_of(summary),
        "view": shared_overview(summary, labels_of(campaign)),
        "when": times_of(call, campaign, asked, shared_timeline)[0],
        "small_cells": WHY,
    }


def labels_of(campaign: Campaign) -> dict[int, str]:
    """The texts of the places of links in the mail, by number."""
    return {link.number: link.label for link in campaign.links if link.label}


def as_of(summary: Summary) -> datetime | None:
    """Up to when the hits are counted; None before the first."""
    return from_iso(summary.as_of, "as_of") if summary.as_of else None


def itself(timeline: Timeline) -> Timeline:
    """The timeline as it is."""
    return timeline


def times_of(
    call: PageCall,
    campaign: Campaign,
    asked: OverviewOptions,
    shown: Callable[[Timeline], Timeline] = itself,
) -> tuple[When, dict[str, str]]:
    """The charts as asked for. A fault in the options is named, and the charts begin at the sending then.

    `shown` makes what is shown of a timeline.
    """
    try:
        since = from_iso(asked.since, "from") if asked.since else None
        timeline, begin = _timeline(call, campaign, asked, since)
        errors = {}
    except InvalidInput as error:
        timeline, begin = _timeline(call, campaign, OverviewOptions(), None)
        errors = {error.field: error.problem}
    return when(shown(timeline), begin), errors


def _timeline(
    call: PageCall, campaign: Campaign, asked: OverviewOptions, since: datetime | None
) -> tuple[Timeline, datetime]:
    """The timeline and when it begins."""
    begin = since or _first(call, campaign)
    span = SPANS.get(asked.bucket, SPANS["hour"])
    until = max(min(begin + span, call.now), begin + SHORTEST)
    window = TimelineWindow(asked.bucket, asked.tz, to_ms(begin), to_ms(until))
    return call.services.timeline(campaign, window), begin


def _first(call: PageCall, campaign: Campaign) -> datetime:
    """When the charts begin: with the sending, or with the first hit of a campaign without a time of sending."""
    if campaign.sent_at is not None:
        return campaign.sent_at
    days = call.services.store.timeline(campaign.id, step=Step.DAY)
    return moment_of(min(days)) if days else call.now
