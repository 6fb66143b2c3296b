"""Handlers for shares: list and add those of a campaign, and revoke one."""

from typing import Annotated

from msgspec import Meta
from starlette.responses import Response

from mailpixel.errors import NotFound
from mailpixel.folder.sign_in import pages_address
from mailpixel.reading.shapes import Shape
from mailpixel.report.shares import ShareRow, added_share_row, share_row
from mailpixel.server.api.endpoint import Call
from mailpixel.server.api.json_text import answer_json
from mailpixel.server.api.query import number_after, page
from mailpixel.server.errors import NO_STORE
from mailpixel.shares import DAYS, EVERYTHING, MOST_DAYS, Terms, add_share, share_urls
from mailpixel.store.shares import SharePart


class NewShare(Shape, frozen=True):
    """A share to add."""

    days: Annotated[
        int, Meta(ge=1, le=MOST_DAYS, description=f"End after this many days. Default: {DAYS}.")
    ] = DAYS
    parts: Annotated[
        tuple[SharePart, ...],
        Meta(
            min_length=1, max_length=len(SharePart), description="What it shows. Default: `page` and `csv`."
        ),
    ] = tuple(SharePart)

    def terms(self) -> Terms:
        """For how long it is open, and what it shows."""
        return Terms(self.days, frozenset(self.parts) or EVERYTHING)


def list_shares(call: Call) -> object:
    """One page of the shares of a campaign in order of number, also expired and revoked ones."""
    registry, query = call.services.registry, call.query
    campaign = registry.campaign(call.path["id"])
    shares = registry.shares(campaign.id, number_after(query.after), query.limit + 1)
    rows = [share_row(share, call.now) for share in shares]
    return page(rows, query.limit, lambda row: str(row.id), ShareRow.to_json)


def add(call: Call) -> object:
    """A new share with its addresses, which are not shown again."""
    body: NewShare = call.body
    registry, now = call.services.registry, call.now
    share, key = add_share(registry, call.path["id"], call.by, now, body.terms())
    settings = call.services.settings
    urls = share_urls(pages_address(settings.base_url, settings.web_hosts), share, key)
    return answer_json(
        added_share_row(share, now, urls).to_json(), 201, {"location": f"/api/shares/{share.id}"}
    )


def revoke(call: Call) -> object:
    """End a share; the answer is empty. Raises `NotFound`."""
    number = call.path["id"]
    if not (number.isascii() and number.isdecimal() and len(number) <= 18):
        raise NotFound("there is no such share; GET /api/campaigns/{id}/shares lists them by number")
    call.services.registry.revoke_share(int(number), call.now)
    return Response(status_code=204, headers=NO_STORE)
