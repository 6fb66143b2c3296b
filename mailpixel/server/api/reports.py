"""What became of a campaign: summary, timeline, links, recipients, events, and one message explained."""

import itertools
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from typing import Annotated, Literal

from msgspec import Meta
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from mailpixel.errors import InvalidInput, NotFound, StoreUnavailable
from mailpixel.model import Campaign, Event, Judged
from mailpixel.reading.shapes import Shape
from mailpixel.report.explanation import explanation
from mailpixel.report.export import columns, event_json, event_pages
from mailpixel.report.links import LinkRow, link_rows
from mailpixel.report.moments import iso
from mailpixel.report.recipients import recipient_row
from mailpixel.report.summary import summarise
from mailpixel.report.tables import csv_header, csv_rows, ndjson
from mailpixel.report.timeline import Bucket, timeline
from mailpixel.server.api.endpoint import Call
from mailpixel.server.api.query import page
from mailpixel.server.errors import NO_STORE
from mailpixel.server.threads import EXPORTS_AT_ONCE, Lane
from mailpixel.store.campaigns import LinkRevision
from mailpixel.store.projections import Figures

FORMATS = {"ndjson": "application/x-ndjson", "csv": "text/csv; charset=utf-8"}


class TimelineOptions(Shape, frozen=True):
    """How a timeline is cut."""

    bucket: Annotated[Bucket, Meta(description="`hour` by default.")] = "hour"
    tz: Annotated[
        str, Meta(max_length=100, description="An IANA time zone such as Europe/Berlin; UTC by default.")
    ] = "UTC"


class MessageOptions(Shape, frozen=True):
    """What is shown of a message."""

    addresses: Annotated[
        bool, Meta(description="Whether to include what is kept of clients' addresses; false by default.")
    ] = False


class EventOptions(MessageOptions, frozen=True):
    """How events are exported."""

    format: Annotated[Literal["ndjson", "csv"], Meta(description="`ndjson` by default.")] = "ndjson"


def summary(call: Call) -> object:
    """The summary of a campaign."""
    campaign = _campaign(call)
    return summarise(campaign, _figures(call), call.services.rules.version).to_json()


def timeline_rows(call: Call) -> object:
    """Counters by hour or day."""
    bucket, tz = call.query.bucket, call.query.tz
    quarters = call.services.store.timeline(_campaign(call).id)
    rows = timeline(quarters, bucket, tz)
    return {"bucket": bucket, "tz": tz, "items": [row.to_json() for row in rows]}


def links(call: Call) -> object:
    """One page of links, each with its clicks and its former destinations."""
    campaign = _campaign(call)
    former = call.services.registry.link_revisions(campaign.id)
    rows = link_rows(campaign, _figures(call))
    limit, after = call.query.limit, _number(call.query.after)
    remaining = [row for row in rows if row.number is None or row.number > after]
    return page(remaining, limit, lambda row: str(row.number), lambda row: _link_json(row, former))


def _number(after: str) -> int:
    if not after.isdecimal() and after:
        raise InvalidInput("cursor", "is of another list; give the `next` of the page before, or none")
    return int(after or 0)


def _link_json(row: LinkRow, former: Sequence[LinkRevision]) -> object:
    revisions = [
        {"url": each.url, "replaced_at": iso(each.replaced_at), "replaced_by": each.replaced_by}
        for each in former
        if each.number == row.number
    ]
    return {**row.to_json(), "trap": row.trap, "former": revisions}


def recipients(call: Call) -> object:
    """One page of messages in order of recipient."""
    limit = call.query.limit
    states = call.services.store.recipients(_campaign(call).id, call.query.after, limit + 1)
    return page(states, limit, lambda state: state.recipient, recipient_row)


def message(call: Call) -> object:
    """Every hit of one message with the reasons. Raises `NotFound` when nothing of it is logged."""
    campaign = _campaign(call)
    found = call.services.store.message(campaign.id, call.path["recipient"])
    if not found.events:
        raise NotFound("nothing is logged of this recipient in this campaign")
    return explanation(found, campaign, call.services.rules, call.query.addresses)


def events(call: Call) -> object:
    """All events of a campaign with their verdicts, as a stream. Raises `StoreUnavailable` beside too many others."""
    campaign, format, threads = _campaign(call), call.query.format, call.services.threads
    pages = event_pages(call.services.store, campaign, call.services.rules)
    headers = {
        "content-type": FORMATS[format],
        "content-disposition": f'attachment; filename="{campaign.id}-events.{format}"',
    }
    if not threads.exports.acquire(blocking=False):
        raise StoreUnavailable(
            f"{EXPORTS_AT_ONCE} exports are under way; try again when one of them has ended"
        )
    try:
        first = next(pages, ())
    except BaseException:
        threads.exports.release()
        raise
    stream = _chunks(itertools.chain([first], pages), format, call.query.addresses, threads.api_reads)
    return _Export(stream, threads.exports.release, NO_STORE | headers)


class _Export(StreamingResponse):
    """A stream; `ended` is called when it was read to its end or its client has gone."""

    def __init__(
        self, stream: AsyncIterator[bytes], ended: Callable[[], None], headers: Mapping[str, str]
    ) -> None:
        super().__init__(stream, headers=headers)
        self._ended = ended

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the request."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._ended()


async def _chunks(
    pages: Iterable[Sequence[Judged | Event]], format: str, addresses: bool, lane: Lane
) -> AsyncIterator[bytes]:
    """The bytes of an export, a page at a time, each made in a thread."""
    encode = csv_rows if format == "csv" else ndjson
    remaining = iter(pages)

    def following() -> bytes | None:
        found = next(remaining, None)
        return None if found is None else encode(event_json(each, addresses) for each in found)

    if format == "csv":
        yield csv_header(columns(addresses))
    while (chunk := await lane.run(following)) is not None:
        yield chunk


def _campaign(call: Call) -> Campaign:
    return call.services.registry.campaign(call.path["id"])


def _figures(call: Call) -> Figures:
    services = call.services
    return services.store.figures(call.path["id"], services.clock(), services.settings.settle_ms)
