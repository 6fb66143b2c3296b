"""Handlers for reports: summary, timeline, links, recipients, events, and one message explained."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType, field
from starlette.responses import Response

from mailpixel.claims import LAST_LINK
from mailpixel.errors import NotFound
from mailpixel.model import Campaign
from mailpixel.reading.shapes import Shape, Text
from mailpixel.report.explanation import explanation
from mailpixel.report.links import LinkRow
from mailpixel.report.moments import from_iso
from mailpixel.report.recipients import check_link, recipient_row
from mailpixel.report.rows import event_rows, recipient_rows
from mailpixel.report.timeline import Bucket, TimelineWindow
from mailpixel.server.api.endpoint import Call
from mailpixel.server.api.query import PageOptions, number_after, page
from mailpixel.server.exports import export, file_headers
from mailpixel.store.standing import Standing
from mailpixel.times import to_ms

Table = Annotated[Literal["json", "csv"], Meta(description="Default: `json`.")]
Bom = Annotated[
    bool, Meta(description="Start a CSV with a byte order mark, which Excel needs. Default: false.")
]


def _a_moment(text: str, name: str) -> str:
    from_iso(text, name)
    return text


class When(Text, check=_a_moment, format="date-time"):
    """A moment in ISO 8601, UTC without an offset."""

    @property
    def ms(self) -> int:
        """Milliseconds since 1970."""
        return to_ms(from_iso(self, ""))


class TimelineOptions(Shape, frozen=True):
    """The options of a timeline."""

    bucket: Annotated[Bucket, Meta(description="Default: `hour`.")] = "hour"
    tz: Annotated[
        str, Meta(max_length=100, description="An IANA time zone, such as Europe/Berlin. Default: UTC.")
    ] = "UTC"
    since: Annotated[
        When | UnsetType, Meta(description="Start with the hour or day that contains this time.")
    ] = field(name="from", default=UNSET)
    until: Annotated[
        When | UnsetType,
        Meta(description="Leave out hours or days that begin at this time or later."),
    ] = field(name="to", default=UNSET)
    format: Table = "json"

    @property
    def asked(self) -> TimelineWindow:
        """The timeline that is asked for."""
        return TimelineWindow(
            self.bucket, self.tz, self.since.ms if self.since else None, self.until.ms if self.until else None
        )


class RecipientOptions(PageOptions, frozen=True):
    """The recipients to list."""

    standing: Annotated[
        Standing | UnsetType,
        Meta(
            description="Only recipients with this standing. Those with `nothing` or `hidden` may have read the mail."
        ),
    ] = UNSET
    link: Annotated[
        Annotated[int, Meta(ge=1, le=LAST_LINK)] | UnsetType,
        Meta(description="Only recipients with a human click on this link number."),
    ] = UNSET
    format: Annotated[
        Literal["json", "csv", "ndjson", "parquet"],
        Meta(description="`json` is one page; the others are all recipients. Default: `json`."),
    ] = "json"
    bom: Bom = False


class MessageOptions(Shape, frozen=True):
    """The options of an explanation."""

    addresses: Annotated[
        bool, Meta(description="Include the stored IP addresses of clients. Default: false.")
    ] = False


class EventOptions(MessageOptions, frozen=True):
    """The options of an export of events."""

    format: Annotated[Literal["ndjson", "csv", "parquet"], Meta(description="Default: `ndjson`.")] = "ndjson"
    bom: Bom = False


def summary(call: Call) -> object:
    """The summary of a campaign."""
    campaign = _campaign(call)
    return call.services.summary(campaign).to_json()


def timeline(call: Call) -> object:
    """Counts by hour or day, as JSON or CSV."""
    campaign = _campaign(call)
    found = call.services.timeline(campaign, call.query.asked)
    if call.query.format == "json":
        return found.to_json()
    return Response(found.to_csv(), headers=file_headers(campaign, "timeline", "csv"))


def links(call: Call) -> object:
    """One page of links, each with its clicks and its former destinations."""
    campaign, services = _campaign(call), call.services
    revisions = services.registry.link_revisions(campaign.id)
    rows = services.reporting.links(campaign, services.figures(campaign.id), revisions)
    limit, after = call.query.limit, number_after(call.query.after)
    remaining = [row for row in rows if row.number is None or row.number > after]
    return page(remaining, limit, lambda row: str(row.number), LinkRow.to_json)


def recipients(call: Call) -> object:
    """One page of messages in order of recipient as JSON, or all of them in another format, streamed."""
    campaign, query, store = _campaign(call), call.query, call.services.store
    standing = query.standing or None
    link = query.link or None
    if query.format != "json":
        rows = recipient_rows(store, campaign, standing, link)
        return export(call.services, campaign, rows, query.format, query.bom)
    check_link(campaign, link)
    states = store.recipients(campaign.id, query.after, query.limit + 1, standing, link)
    return page(states, query.limit, lambda state: state.recipient, recipient_row)


def message(call: Call) -> object:
    """Every hit of one message with the reasons. Raises `NotFound` when nothing is logged for it."""
    campaign = _campaign(call)
    found = call.services.latest().message(campaign.id, call.path["recipient"])
    if not found.events:
        raise NotFound("nothing is logged for this recipient in this campaign")
    return explanation(found, campaign, call.services.rules, call.query.addresses).to_json()


def events(call: Call) -> object:
    """All events of a campaign with their verdicts, streamed. Raises `StoreUnavailable` while too many exports run."""
    campaign, services, query = _campaign(call), call.services, call.query
    rows = event_rows(services.settled(), campaign, services.rules, query.addresses)
    return export(services, campaign, rows, query.format, query.bom)


def _campaign(call: Call) -> Campaign:
    return call.services.registry.campaign(call.path["id"])
