"""Handlers for the mail of a campaign as it was registered: keep it, give it back, drop it."""

from typing import Annotated

from msgspec import Meta
from starlette.responses import Response

from mailpixel.errors import InvalidInput, NotFound
from mailpixel.links.splicing.options import RewriteOptions
from mailpixel.reading.shapes import Shape
from mailpixel.report.mails import mail_row
from mailpixel.rewriting.keeping import Offered, keep_mail
from mailpixel.rewriting.rewriter import check_merge_tag
from mailpixel.server.api.endpoint import Call
from mailpixel.server.errors import NO_STORE

MAIL_TYPES = ("text/html", "message/rfc822")
"""The kinds of a mail: HTML, or a whole message."""

_AS_A_FILE = {
    "content-type": "application/octet-stream",
    "content-security-policy": "sandbox; default-src 'none'",
    "x-content-type-options": "nosniff",
}
"""A mail is others' HTML: no browser may show it under our address."""


class KeepOptions(Shape, frozen=True):
    """How the links of a kept mail are found: as they were rewritten."""

    by_place: Annotated[
        bool, Meta(description="The places of one destination have numbers of their own.")
    ] = False
    merge_tag: Annotated[
        str, Meta(max_length=200, description="The merge tag of the template, such as `*|MP|*`.")
    ] = ""


def keep(call: Call) -> object:
    """Keep the mail. Raises `InvalidInput` for one that is empty, not text, or without HTML."""
    asked: KeepOptions = call.query
    tag = check_merge_tag(asked.merge_tag) if asked.merge_tag else ""
    kind, _, rest = call.request.headers.get("content-type", "").partition(";")
    offered = Offered(
        call.body,
        kind.strip().lower() == "message/rfc822",
        call.by,
        call.now,
        _charset(rest),
    )
    options = RewriteOptions(call.services.settings.base_url, merge_tag=tag, by_place=asked.by_place)
    return mail_row(keep_mail(call.services.registry, call.path["id"], offered, options)).to_json()


def give(call: Call) -> object:
    """The bytes of the mail as a file. Raises `NotFound` where none is kept."""
    id = call.path["id"]
    mail = call.services.registry.kept_mail(id)
    if mail is None:
        raise NotFound(f"no mail is kept for campaign {id!r}; PUT one here")
    as_file = {"content-disposition": f'attachment; filename="{mail.campaign}.html"'}
    return Response(mail.html, headers={**NO_STORE, **_AS_A_FILE, **as_file})


def drop(call: Call) -> object:
    """Drop the mail; the answer is empty, also where none was kept."""
    call.services.registry.drop_mail(call.path["id"])
    return Response(status_code=204, headers=NO_STORE)


def _charset(parameters: str) -> str | None:
    """The charset that a content type declares. Raises `InvalidInput` for one of absurd length."""
    for parameter in parameters.split(";"):
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset":
            if len(value) > 60:
                raise InvalidInput("content-type", "names a charset of more than 60 characters")
            return value.strip().strip('"') or None
    return None
