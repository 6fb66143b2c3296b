"""The list of campaigns."""

from collections.abc import Mapping, Sequence
from typing import Annotated

from msgspec import Meta
from starlette.responses import Response

from mailpixel.model import Campaign
from mailpixel.pages.addresses import with_query
from mailpixel.pages.campaign_list import SPARK_HOURS, by_hour, campaign_lines
from mailpixel.reading.shapes import Shape
from mailpixel.report.summary import Summary
from mailpixel.server.api.query import CURSOR_CHARS, from_cursor, to_cursor
from mailpixel.server.web.page import PageCall
from mailpixel.store.campaigns import SEARCH_CHARS, place_of
from mailpixel.store.projections import Window
from mailpixel.times import HOUR_MS

MOST_LINES = 50


class ListOptions(Shape, frozen=True):
    """The part of the list to show. `q` is a text in names or ids; `archived` shows the archived ones instead."""

    q: Annotated[str, Meta(max_length=SEARCH_CHARS)] = ""
    after: Annotated[str, Meta(max_length=CURSOR_CHARS)] = ""
    archived: bool = False


def campaign_list(call: PageCall) -> Response:
    """Campaigns with their figures: drafts, then the newest sending first, then those without a time of sending."""
    asked: ListOptions = call.query
    search = asked.q.strip()
    after = from_cursor(asked.after, "after")
    found = call.services.registry.outlines(after, MOST_LINES + 1, asked.archived, search)
    shown = found[:MOST_LINES]
    here = {"q": search, "archived": "true" if asked.archived else ""}
    return call.page(
        "campaigns.html",
        title="Archived campaigns" if asked.archived else "Campaigns",
        lines=campaign_lines(shown, _summaries(call, shown), _first_hours(call, shown)),
        search=search,
        archived=asked.archived,
        before=with_query("/campaigns", **here) if after else "",
        after=with_query("/campaigns", **here, after=_cursor(shown)) if len(found) > MOST_LINES else "",
    )


def _cursor(shown: Sequence[Campaign]) -> str:
    return to_cursor(place_of(shown[-1]))


def _summaries(call: PageCall, campaigns: Sequence[Campaign]) -> Mapping[str, Summary]:
    services = call.services
    ids = [each.id for each in campaigns]
    figures = services.store.figures_of(ids, services.clock(), services.settings.settle_ms)
    reporting = services.reporting
    return {each.id: reporting.summary(each, figures[each.id]) for each in campaigns}


def _first_hours(call: PageCall, campaigns: Sequence[Campaign]) -> Mapping[str, Sequence[int]]:
    """The human opens of each of the first hours after sending, by campaign."""
    sent = {each.id: each.sent_at_ms for each in campaigns if each.sent_at_ms is not None}
    windows = {id: Window(at_ms, at_ms + SPARK_HOURS * HOUR_MS) for id, at_ms in sent.items()}
    found = call.services.store.timelines(windows, ["opens.human"])
    return {id: by_hour(found[id], at_ms) for id, at_ms in sent.items()}
