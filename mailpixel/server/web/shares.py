"""Pages of shares: what a share shows to whoever has its address, and the list of all of them."""

from typing import Annotated

from msgspec import Meta
from starlette.exceptions import HTTPException
from starlette.responses import Response

from mailpixel.errors import InvalidInput
from mailpixel.folder.sign_in import pages_address
from mailpixel.pages.addresses import campaign_url
from mailpixel.reading.shapes import Shape
from mailpixel.report.shares import share_row
from mailpixel.report.sheet import sheet
from mailpixel.report.timeline import TimelineWindow
from mailpixel.server.exports import CSV
from mailpixel.server.live.frames import Kind
from mailpixel.server.live.listener import Listener
from mailpixel.server.live.permission import Permission
from mailpixel.server.live.stream import EventStream
from mailpixel.server.web.overview import for_strangers
from mailpixel.server.web.page import PageCall
from mailpixel.shares import DAYS, Terms, add_share, open_share, share_urls
from mailpixel.store.shares import Share, SharePart

PATH = "/settings/shares"
MOST_SHOWN = 200
SECRET = {"x-robots-tag": "noindex, nofollow, noarchive", "referrer-policy": "no-referrer"}
"""Headers of what a share shows: its address is in no index and in no referrer."""
CACHE_S = 60


class SheetOptions(Shape, frozen=True):
    """The options of a table for spreadsheets."""

    tz: Annotated[
        str, Meta(max_length=100, description="The time zone of the days, such as Europe/Berlin.")
    ] = "UTC"


class StreamOptions(Shape, frozen=True):
    """What a page asks of its stream. The stream of a share only says that figures changed, whatever is asked."""

    events: Annotated[str, Meta(max_length=100)] = "change"


def show_page(call: PageCall) -> Response:
    """The figures of a campaign for whoever has the address: no recipients, no agents."""
    share = _share(call, SharePart.PAGE)
    if share is None:
        response = call.page("share_gone.html", title="This address shows nothing", status=404)
    else:
        campaign = call.services.registry.campaign(share.campaign)
        values = for_strangers(call, campaign, call.query)
        response = call.page("share.html", title=campaign.name, live="stream", **values)
    response.headers.update(SECRET)
    return response


def stream(call: PageCall) -> Response:
    """Say when the figures that a share shows change, until it ends. Its listeners have at most half of all places."""
    share, services = _share(call, SharePart.PAGE), call.services
    if share is None:
        raise HTTPException(404)
    if not services.hub.has_room_for_share:
        raise HTTPException(503, "there are too many listeners; try again later", {"retry-after": "60"})
    key = call.path["share"]

    def is_open() -> bool:
        return open_share(services.registry, key, SharePart.PAGE, services.now) is not None

    listener = Listener({Kind.CHANGE}, Permission(share.digest, is_open), is_stranger=True)
    return EventStream(services.hub, share.campaign, listener)


def show_csv(call: PageCall) -> Response:
    """The same figures as a table for spreadsheets: totals, then a row a day."""
    share = _share(call, SharePart.CSV)
    if share is None:
        return _text("error\r\nthis address shows nothing: it is wrong, has expired or was revoked\r\n", 404)
    try:
        campaign = call.services.registry.campaign(share.campaign)
        days = call.services.timeline(campaign, TimelineWindow("day", call.query.tz))
    except InvalidInput as error:
        raise HTTPException(422, str(error)) from None
    summary = call.services.summary(campaign)
    response = Response(sheet(summary, days), media_type=CSV)
    response.headers.update({**SECRET, "cache-control": f"private, max-age={CACHE_S}"})
    return response


def _text(text: str, status: int) -> Response:
    return Response(text, status, {**SECRET, "cache-control": "no-store"}, CSV)


def _share(call: PageCall, part: SharePart) -> Share | None:
    """The share that the address opens; None for an unknown, expired or revoked one alike."""
    return open_share(call.services.registry, call.path["share"], part, call.now)


def show_shares(call: PageCall) -> Response:
    """The newest shares, the latest first."""
    found = call.services.registry.latest_shares(limit=MOST_SHOWN + 1)
    rows = [share_row(share, call.now) for share in found[:MOST_SHOWN]]
    return call.page("shares.html", title="Settings", shares=rows, has_more=len(found) > MOST_SHOWN)


def revoke(call: PageCall) -> Response:
    """End a share."""
    number = call.form["share"]
    if not (number.isascii() and number.isdecimal() and len(number) <= 18):
        raise HTTPException(404)
    share = call.services.registry.revoke_share(int(number), call.now)
    text = f"Share {share.id} of {share.campaign} is revoked. Its addresses show nothing from now on."
    back = PATH if call.form.get("from") != "download" else campaign_url(share.campaign, "download")
    return call.redirect(back, text)


def add(call: PageCall) -> tuple[dict[str, str], dict[str, str]]:
    """The addresses of a new share by what they show, and the problems of the form by field."""
    try:
        days = call.form.get("days", str(DAYS))
        if not (days.isascii() and days.isdecimal() and len(days) < 9):
            raise InvalidInput("days", "must be a whole number")
        parts = frozenset(SharePart(part) for part in call.form.all("part") if part in set(SharePart))
        share, key = add_share(
            call.services.registry, call.path["id"], call.name, call.now, Terms(int(days), parts)
        )
    except InvalidInput as error:
        return {}, {error.field: error.problem}
    settings = call.services.settings
    urls = share_urls(pages_address(settings.base_url, settings.web_hosts), share, key)
    return {part.value: url for part, url in urls.items()}, {}
