"""Two campaigns side by side."""

from collections.abc import Sequence
from typing import Annotated

from msgspec import Meta
from starlette.responses import Response

from mailpixel.claims import CAMPAIGN_CHARS
from mailpixel.errors import NotFound
from mailpixel.model import Campaign
from mailpixel.pages.comparison import Comparison, comparison
from mailpixel.reading.shapes import Shape
from mailpixel.report.course import HOURS, Course, course
from mailpixel.report.wording import HOW
from mailpixel.server.web.page import PageCall
from mailpixel.times import HOUR_MS

CHOICES = 200
"""Most campaigns that are offered. Any other can be typed."""

Id = Annotated[str, Meta(max_length=2 * CAMPAIGN_CHARS)]


class CompareOptions(Shape, frozen=True):
    """The ids of two campaigns."""

    a: Id = ""
    b: Id = ""


def show_comparison(call: PageCall) -> Response:
    """Two campaigns on one scale, or the form that asks for them."""
    asked: CompareOptions = call.query
    ids = {"a": asked.a.strip(), "b": asked.b.strip()}
    errors: dict[str, str] = {}
    found = [_asked(call, name, id, errors) for name, id in ids.items()]
    campaigns = [each for each in found if each is not None]
    if len(campaigns) == 2 and campaigns[0].id == campaigns[1].id:
        errors["b"] = "is the first campaign again; choose another one"
    view = None if errors or len(campaigns) < 2 else _compared(call, campaigns)
    return call.page(
        "compare.html",
        title="Compare",
        asked=ids,
        errors=errors,
        view=view,
        choices=call.services.registry.outlines("", CHOICES, False),
        how=HOW,
    )


def _asked(call: PageCall, name: str, id: str, errors: dict[str, str]) -> Campaign | None:
    try:
        return call.services.registry.campaign(id) if id else None
    except NotFound:
        errors[name] = "there is no campaign with this id"
        return None


def _compared(call: PageCall, campaigns: Sequence[Campaign]) -> Comparison:
    summaries = [call.services.summary(each) for each in campaigns]
    bases = [each.recipients.tracked if each.has_hits else None for each in summaries]
    courses = [_course(call, each, base) for each, base in zip(campaigns, bases, strict=True)]
    return comparison(summaries, courses)


def _course(call: PageCall, campaign: Campaign, recipients: int | None) -> Course:
    if campaign.sent_at_ms is None or not recipients:
        return Course((), ())
    since_ms = campaign.sent_at_ms
    counters = call.services.store.timeline(campaign.id, since_ms, since_ms + HOURS * HOUR_MS)
    return course(counters, since_ms, recipients, call.services.clock())
