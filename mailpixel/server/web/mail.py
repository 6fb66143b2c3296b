"""The click map of a campaign, and the mail in its frame."""

from typing import Annotated, Literal

from msgspec import Meta
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, Response

from mailpixel.claims import LAST_LINK
from mailpixel.pages.addresses import campaign_url
from mailpixel.pages.mail_map import MapStyle, mail_map
from mailpixel.pages.mails import left_rows, map_rows, not_registered, shares_of
from mailpixel.reading.shapes import Shape
from mailpixel.server.web.page import PageCall

_PICTURES = {True: "img-src https: http: data:", False: "img-src data:"}


class MapOptions(Shape, frozen=True):
    """Which link stands out, and whether pictures are loaded from their servers."""

    link: Annotated[int, Meta(ge=0, le=LAST_LINK)] = 0
    pictures: Literal["", "yes"] = ""


def mail_policy(pictures: bool) -> str:
    """The policy of the mail in its frame: it runs nothing, sends nothing, and only our pages may frame it."""
    return (
        "sandbox; default-src 'none'; style-src 'unsafe-inline'; "
        f"{_PICTURES[pictures]}; form-action 'none'; base-uri 'none'; frame-ancestors 'self'"
    )


def show_map(call: PageCall) -> Response:
    """The click map: the mail with shares on its links, and the same as a table."""
    return _map(call, call.query)


def remove_mail(call: PageCall) -> Response:
    """Ask whether to remove the kept mail, and remove it when the answer is yes."""
    id = call.campaign().id
    if call.form.get("sure") != "yes":
        return _map(call, MapOptions(), removes=True)
    call.services.registry.drop_mail(id)
    return call.redirect(campaign_url(id, "map"), "The mail is removed. Figures and links stay as they are.")


def _map(call: PageCall, asked: MapOptions, removes: bool = False) -> Response:
    campaign = call.campaign()
    mail = call.services.registry.kept_mail(campaign.id)
    summary = call.services.summary(campaign)
    link, pictures = asked.link or "", asked.pictures
    rows = map_rows(campaign, summary, mail)
    return call.page(
        "map.html",
        title="Click map",
        campaign=campaign,
        mail=mail,
        rows=rows,
        people=summary.clicks.unique_human,
        twice=mail is not None and not mail.by_place and any(row.places > 1 for row in rows),
        left=[*left_rows(mail.left_alone), *not_registered(campaign, mail)] if mail else [],
        asked=asked,
        removes=removes,
        here=campaign_url(campaign.id, "map"),
        shown=mail_map(mail.text, mail.places, MapStyle({})) if mail else None,
        frame_url=campaign_url(campaign.id, "mail", link=link, pictures=pictures),
        without_url=campaign_url(campaign.id, "map", link=link),
        pictures_url=campaign_url(campaign.id, "map", link=link, pictures="yes"),
        link_urls={
            row.number: campaign_url(campaign.id, "map", link=row.number, pictures=pictures) for row in rows
        },
        template_url=campaign_url(campaign.id, "template"),
    )


def show_mail(call: PageCall) -> Response:
    """The mail for the frame. Raises `HTTPException` 404 where none is kept."""
    campaign = call.campaign()
    mail = call.services.registry.kept_mail(campaign.id)
    if mail is None:
        raise HTTPException(404, "No mail is kept for this campaign.")
    asked: MapOptions = call.query
    pictures = asked.pictures == "yes"
    base_url = campaign.base_url or call.services.settings.base_url
    shares = shares_of(map_rows(campaign, call.services.summary(campaign), mail))
    style = MapStyle(shares, asked.link or None, pictures, f"{base_url.rstrip('/')}/")
    drawn = mail_map(mail.text, mail.places, style)
    return HTMLResponse(drawn.html, headers={"content-security-policy": mail_policy(pictures)})
