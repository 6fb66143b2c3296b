"""What can be downloaded of a campaign: the page, the files, the report for printing."""

from collections.abc import Mapping
from typing import Annotated, Any, NamedTuple

from msgspec import UNSET, Meta, UnsetType
from starlette.exceptions import HTTPException
from starlette.responses import Response

from mailpixel.claims import LAST_LINK
from mailpixel.model import Campaign
from mailpixel.pages.addresses import campaign_url
from mailpixel.pages.definitions import STANDING_NAMES
from mailpixel.reading.shapes import Shape
from mailpixel.report.rows import Rows, event_rows, recipient_rows
from mailpixel.report.shares import share_row
from mailpixel.report.timeline import TimelineWindow
from mailpixel.server.api.json_text import answer_json
from mailpixel.server.exports import FORMATS, export, file_headers
from mailpixel.server.web import shares
from mailpixel.server.web.overview import without_recipients
from mailpixel.server.web.page import PageCall
from mailpixel.shares import DAYS
from mailpixel.store.standing import Standing

MOST_SHARES = 50


class FileFormat(NamedTuple):
    """A format of a file: its words and the end of its URL."""

    words: str
    path: str


class FileKind(NamedTuple):
    """A kind of file: what is in it, and its formats."""

    title: str
    about: str
    formats: tuple[FileFormat, ...]


def _formats(name: str) -> tuple[FileFormat, ...]:
    return (
        FileFormat("CSV", f"{name}.csv"),
        FileFormat("CSV for Excel", f"{name}.csv?bom=true"),
        FileFormat("NDJSON", f"{name}.ndjson"),
        FileFormat("Parquet", f"{name}.parquet"),
    )


FILES = (
    FileKind(
        "Recipients",
        "One row per recipient with an event: what they did, and when they first did it.",
        _formats("recipients"),
    ),
    FileKind(
        "Events",
        "One row per hit with its verdict and rule, per delivery report and opt-out. For a large campaign, this is a "
        "large file; Parquet is the smallest.",
        _formats("events"),
    ),
    FileKind(
        "Hour by hour",
        "Opens and clicks of each hour, in UTC.",
        (FileFormat("CSV", "timeline.csv"), FileFormat("CSV for Excel", "timeline.csv?bom=true")),
    ),
    FileKind(
        "Summary",
        "All figures with their denominators and definitions, for programs.",
        (FileFormat("JSON", "summary.json"),),
    ),
)
"""The kinds of files, in the order of the page."""


class FileOptions(Shape, frozen=True):
    """Which rows a file has, and whether a CSV is for Excel."""

    standing: Annotated[Standing | UnsetType, Meta(description="Only recipients with this standing.")] = UNSET
    link: Annotated[
        Annotated[int, Meta(ge=1, le=LAST_LINK)] | UnsetType,
        Meta(description="Only recipients with a human click on this link."),
    ] = UNSET
    bom: Annotated[bool, Meta(description="Start a CSV with a byte order mark, which Excel needs.")] = False


def show(call: PageCall) -> Response:
    """All that can be downloaded."""
    return _page(call, {}, {})


def share(call: PageCall) -> Response:
    """Make a share, and show its addresses this once."""
    return _page(call, *shares.add(call))


def _page(call: PageCall, shown: Mapping[str, str], errors: Mapping[str, str]) -> Response:
    campaign = call.campaign()
    standing = call.services.summary(campaign).recipients.standing
    found = call.services.registry.latest_shares(campaign.id, MOST_SHARES + 1)
    return call.page(
        "download.html",
        title="Download",
        campaign=campaign,
        base=campaign_url(campaign.id),
        files=FILES,
        standings=[
            {"name": each, "words": words, "number": standing[each]} for each, words in STANDING_NAMES.items()
        ],
        shares=[share_row(each, call.now) for each in found[:MOST_SHARES]],
        has_more_shares=len(found) > MOST_SHARES,
        shown=shown,
        errors=errors,
        days=call.form.get("days", str(DAYS)),
    )


def report(call: PageCall) -> Response:
    """All figures on one page made for paper."""
    campaign = call.campaign()
    return call.page("report.html", title=campaign.name, **without_recipients(call, campaign, call.query))


def file(call: PageCall) -> Response:
    """One file. Raises `HTTPException` 404 for a file that there is not."""
    name, _, format = call.path["file"].rpartition(".")
    campaign = call.campaign()
    rows: Rows[Any]
    if name == "events" and format in FORMATS:
        rows = event_rows(call.services.settled(), campaign, call.services.rules)
    elif name == "recipients" and format in FORMATS:
        query = call.query
        rows = recipient_rows(call.services.store, campaign, query.standing or None, query.link or None)
    else:
        return _small_file(call, campaign)
    return export(call.services, campaign, rows, format, call.query.bom)


def _small_file(call: PageCall, campaign: Campaign) -> Response:
    headers = file_headers(campaign, *call.path["file"].split(".", 1)) if "." in call.path["file"] else {}
    if call.path["file"] == "summary.json":
        return answer_json(call.services.summary(campaign).to_json(), 200, headers)
    if call.path["file"] == "timeline.csv":
        text = call.services.timeline(campaign, TimelineWindow("hour")).to_csv()
        return Response(b"\xef\xbb\xbf" * call.query.bom + text, headers=headers)
    raise HTTPException(404)
